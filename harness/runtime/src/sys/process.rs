//! This process and its children: ties, signals, ends.
#![expect(
    unsafe_code,
    reason = "fork, prctl and signal actions have no safe wrapper; every block says why it is sound"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, raise, sigaction, sigprocmask,
};
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid, setpgid};

/// What a command's process does before it becomes the command.
#[derive(Clone, Copy)]
pub(crate) struct AtExec {
    /// Signals that stay blocked.
    pub(crate) mask: SigSet,
    /// Whether it leads a process group of its own, in the foreground where standard input is the session's terminal.
    pub(crate) own_group: bool,
}

/// Ties a command to this process: when this process dies, so does the command.
pub(crate) fn at_exec(command: &mut Command, what: AtExec) {
    let parent = getpid();
    let prepare = move || {
        die_with_parent()?;
        if getppid() != parent {
            // The parent died before the tie was made.
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        if what.own_group {
            setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
            // From the background this would stop the process, unless the signal for that is blocked.
            sigprocmask(SigmaskHow::SIG_BLOCK, Some(&SigSet::from(Signal::SIGTTOU)), None)?;
            // Fails where there is no terminal, which is as good.
            // SAFETY: takes plain numbers.
            unsafe { libc::tcsetpgrp(libc::STDIN_FILENO, libc::getpid()) };
        }
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&what.mask), None)?;
        Ok(())
    };
    // SAFETY: the closure makes system calls only, all of them allowed between fork and exec; it allocates nothing.
    unsafe { command.pre_exec(prepare) };
}

/// Has the kernel kill this process when its parent dies. Lost when the ids of the process change.
pub(crate) fn die_with_parent() -> io::Result<()> {
    // SAFETY: this prctl takes plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) }.into())
}

/// A child that has ended already and is still to be waited for: a pid to name a process group by.
pub(crate) fn ended_child() -> nix::Result<Pid> {
    // SAFETY: the child calls nothing but _exit.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        // SAFETY: ends the child without running anything of the parent's.
        ForkResult::Child => unsafe { libc::_exit(0) },
    }
}

/// Ends this process by a signal, without a core file. Comes back where the signal does not end it, as in the first
/// process of a pid namespace.
pub(crate) fn die_by(signal: Signal) {
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action is no handler: there is nothing that could be called.
    let _ = unsafe { sigaction(signal, &default) };
    let mut set = SigSet::empty();
    set.add(signal);
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&set), None);
    let _ = raise(signal);
}

/// Ends this process with nothing of its parent's run again: no destructors, no buffers written twice.
pub(crate) fn exit_at_once(code: i32) -> ! {
    // SAFETY: does not come back, and touches no memory.
    unsafe { libc::_exit(code) }
}

/// Undoes [`die_with_parent`].
pub(crate) fn live_without_parent() -> io::Result<()> {
    // SAFETY: this prctl takes plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, 0) }.into())
}

/// Keeps this process's own files in /proc its own after its ids have changed.
pub(crate) fn stay_dumpable() -> io::Result<()> {
    // SAFETY: this prctl takes plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1) }.into())
}

/// Default actions and no blocked signal, as a program expects to find them.
pub(crate) fn reset_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: the default action is no handler. SIGKILL, SIGSTOP and the C library's own refuse, which is right.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
}

/// Sends a signal by its number, real-time ones included.
pub(crate) fn send_signal(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: takes plain numbers.
    check(unsafe { libc::kill(pid, signal) }.into())
}

/// A descriptor that becomes readable when a process ends (Linux 5.3).
pub(crate) fn process_fd(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: takes plain numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    check(fd)?;
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Locks an open file for this opening of it, waiting until no other opening has it locked. The lock goes with the last
/// descriptor, in whatever process; an exec closes most.
pub(crate) fn lock(file: impl AsFd) -> io::Result<()> {
    loop {
        // SAFETY: takes an open descriptor and a plain number.
        match check(unsafe { libc::flock(file.as_fd().as_raw_fd(), libc::LOCK_EX) }.into()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A descriptor that came over a socket.
pub(crate) fn own_received(fd: RawFd) -> OwnedFd {
    // SAFETY: the kernel made it for this process when the message was received; nobody else knows of it.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// What became of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaped {
    /// It runs.
    Running,
    /// It ended by itself.
    Exit(i32),
    /// A signal ended it, whatever its number.
    Signal(i32),
}

impl Reaped {
    /// As a shell says it: the exit code, or 128 and the signal.
    pub(crate) fn code(self) -> i32 {
        match self {
            Reaped::Running => 0,
            Reaped::Exit(code) => code,
            Reaped::Signal(signal) => 128 + signal,
        }
    }
}

/// Looks after a child, waiting for its end if asked to.
pub(crate) fn wait_for_child(pid: Pid, block: bool) -> io::Result<Reaped> {
    let mut status = 0;
    let options = if block { 0 } else { libc::WNOHANG };
    loop {
        // SAFETY: the pointer is to a live integer, which the kernel writes.
        match unsafe { libc::waitpid(pid.as_raw(), &raw mut status, options) } {
            -1 => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error => return Err(error),
            },
            0 => return Ok(Reaped::Running),
            _ if libc::WIFEXITED(status) => return Ok(Reaped::Exit(libc::WEXITSTATUS(status))),
            _ => return Ok(Reaped::Signal(libc::WTERMSIG(status))),
        }
    }
}

/// The last error where a call says -1.
pub(super) fn check(result: libc::c_long) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
