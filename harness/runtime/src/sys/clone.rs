//! Processes in namespaces of their own.
#![expect(unsafe_code, reason = "clone and the ioctls of a network device have no safe wrapper")]

use std::fs;
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use super::process::check;

/// Forks into new namespaces: none in the child, its pid in the parent. The process must have one thread, since the child
/// gets no other and goes on in this one's memory.
pub(crate) fn clone_process(flags: CloneFlags) -> io::Result<Option<Pid>> {
    // Without a stack of its own the child goes on with a copy of this one, as after fork.
    let flags = libc::c_long::from(flags.bits() | libc::SIGCHLD);
    // SAFETY: no memory is shared with the child (no CLONE_VM), and no pointer is passed.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    check(pid)?;
    Ok(i32::try_from(pid).ok().filter(|pid| *pid != 0).map(Pid::from_raw))
}

/// Sets the NIS domain name of this UTS namespace.
pub(crate) fn set_domain_name(name: &str) -> io::Result<()> {
    // SAFETY: the pointer and the length are those of a live string, which the kernel only reads.
    check(unsafe { libc::setdomainname(name.as_ptr().cast(), name.len()) }.into())
}

/// Has execve close every descriptor from a number on.
pub(crate) fn close_on_exec_from(first: u32) -> io::Result<()> {
    let (last, flags) = (libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
    // SAFETY: takes plain numbers; no descriptor is closed now, so none that is owned becomes invalid.
    if unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) } == 0 {
        return Ok(());
    }
    // Kernels before 5.11.
    for entry in fs::read_dir("/proc/self/fd")? {
        let Some(fd) = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        if i64::from(fd) >= i64::from(first) {
            // SAFETY: sets a flag on a descriptor; one that is gone by now is an error that harms nobody.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
    Ok(())
}

/// Brings up the loopback device of this network namespace.
pub(crate) fn bring_up_loopback() -> io::Result<()> {
    // SAFETY: takes plain numbers.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    check(fd.into())?;
    // SAFETY: the descriptor is new and nobody else's.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: all zeros is a valid value of this structure of numbers.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(*b"lo") {
        *to = libc::c_char::try_from(from).unwrap_or_default();
    }
    request.ifr_ifru.ifru_flags =
        libc::c_short::try_from(libc::IFF_UP | libc::IFF_RUNNING).unwrap_or_default();
    // SAFETY: the pointer is to a live request of the type that this ioctl reads.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) }.into())
}
