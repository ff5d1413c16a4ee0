//! The system calls that neither the standard library nor nix offers safely, each behind a safe function.
#![expect(unsafe_code, reason = "these calls have no safe wrapper; every block says why it is sound")]

use std::io;

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

fn check(result: libc::c_long) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
