//! The system calls that neither the standard library nor nix offers safely, each behind a safe function.
#![expect(unsafe_code, reason = "these calls have no safe wrapper; every block says why it is sound")]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, raise, sigaction, sigprocmask,
};
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid, setpgid};

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
