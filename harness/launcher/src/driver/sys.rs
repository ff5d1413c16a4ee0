//! System calls of the driver that have no safe form, beside its one fork.
#![expect(
    unsafe_code,
    reason = "pidfd_open has no wrapper, and what runs between fork and exec is promised by hand"
)]

use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};

use crate::step::User;

/// A descriptor that becomes readable when the process ends; close-on-exec.
pub fn pidfd(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and gives a new descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0).ok_or_else(io::Error::last_os_error)?;
    // SAFETY: it was made just now and belongs to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Lets a command have these supplementary groups.
pub fn join_before_exec(command: &mut Command, groups: &[u32]) {
    let groups: Vec<Gid> = groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
    let change = move || setgroups(&groups).map_err(io::Error::from);
    // SAFETY: one system call on values that were made before the fork; nothing is allocated or locked.
    unsafe { command.pre_exec(change) };
}

/// Lets a command become `user` before it executes, the supplementary groups included: the standard library's own way
/// leaves it with none of them.
pub fn become_before_exec(command: &mut Command, user: &User) {
    let groups: Vec<Gid> = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
    let (gid, uid) = (Gid::from_raw(user.gid), Uid::from_raw(user.uid));
    let change = move || {
        setgroups(&groups)?;
        setgid(gid)?;
        setuid(uid)?;
        Ok(())
    };
    // SAFETY: three system calls on values that were made before the fork; nothing is allocated or locked.
    unsafe { command.pre_exec(change) };
}
