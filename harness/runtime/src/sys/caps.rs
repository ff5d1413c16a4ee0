//! Capabilities of this thread.
#![expect(unsafe_code, reason = "nix has no capabilities; every block says why it is sound")]

use std::io;

use super::process::check;

/// `capset(2)`, version 3: the kernel's layout of two words a set.
#[repr(C)]
struct CapHeader {
    version: u32,
    pid: libc::c_int,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct CapData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

const CAP_VERSION_3: u32 = 0x2008_0522;

/// Sets of capabilities as bit masks, bit n being capability n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CapSets {
    pub(crate) effective: u64,
    pub(crate) permitted: u64,
    pub(crate) inheritable: u64,
}

/// Sets this thread's capabilities.
pub(crate) fn set_capabilities(sets: CapSets) -> io::Result<()> {
    let header = CapHeader { version: CAP_VERSION_3, pid: 0 };
    let word = |shift: u32| CapData {
        effective: low_word(sets.effective >> shift),
        permitted: low_word(sets.permitted >> shift),
        inheritable: low_word(sets.inheritable >> shift),
    };
    let data = [word(0), word(32)];
    // SAFETY: both pointers are to live values with the layout that version 3 asks for; the kernel only reads them.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) })
}

/// Empties the ambient set. An error of a kernel without ambient capabilities is none: nothing is set there.
pub(crate) fn clear_ambient() {
    // SAFETY: this prctl takes plain numbers.
    unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) };
}

fn low_word(bits: u64) -> u32 {
    u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default()
}

/// Takes a capability out of the bounding set; false when the kernel knows none of that number.
pub(crate) fn drop_bounding(number: u32) -> io::Result<bool> {
    // SAFETY: this prctl takes plain numbers.
    let result = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(number), 0, 0, 0) };
    match check(result.into()) {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Has a capability survive execve without root. One that the other sets do not hold is passed over.
pub(crate) fn raise_ambient(number: u32) {
    // SAFETY: this prctl takes plain numbers.
    unsafe {
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE, libc::c_ulong::from(number), 0, 0);
    }
}

/// Whether the permitted set survives the change to another user.
pub(crate) fn keep_capabilities(keep: bool) -> io::Result<()> {
    // SAFETY: this prctl takes plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_KEEPCAPS, libc::c_ulong::from(keep), 0, 0, 0) }.into())
}
