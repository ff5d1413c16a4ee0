//! The one fork: a process for a task, made ready for the launcher's code to go on in it.
#![expect(unsafe_code, reason = "fork, close_range and TIOCSCTTY have no safe form")]

use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{
    ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, fork, pipe2, read, setpgid, setsid,
};

use super::types::{Task, TaskStdio};

/// The descriptor under which a task's process finds its report.
const REPORT: i32 = 3;

/// Forks; the child calls `child` with its end of the report and ends with the code that it gives.
pub fn task(stdio: &TaskStdio, child: impl FnOnce(OwnedFd) -> i32) -> io::Result<Task> {
    let (report, own_report) = pipe2(OFlag::O_CLOEXEC)?;
    let (settled, settling) = pipe2(OFlag::O_CLOEXEC)?;
    // SAFETY: the step daemon has one thread (as the module says), so the child may go on with ordinary code.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => {
            if stdio.controlling_terminal {
                // A process that leads a group already can open no session: the child has to come first. It closes its
                // end of this pipe when it has, or ends.
                drop(settling);
                let _ = read(&settled, &mut [0]);
            } else {
                // Done by the child too: whoever comes first, a signal to the group finds it.
                let _ = setpgid(child, child);
            }
            Ok(Task { pid: child.as_raw(), report })
        }
        ForkResult::Child => {
            let code = match settle(stdio, &own_report) {
                Ok(report) => child(report),
                Err(error) => {
                    let line = format!("cannot set up a task: {error}\n");
                    let _ = nix::unistd::write(&own_report, line.as_bytes());
                    1
                }
            };
            // SAFETY: ends this process at once; the parent's exit handlers and buffers are not its own.
            unsafe { libc::_exit(code) }
        }
    }
}

/// Puts streams, process group and signals of a new process in order, and closes everything else of its parent's.
fn settle(streams: &TaskStdio, report: &OwnedFd) -> io::Result<OwnedFd> {
    if streams.controlling_terminal {
        setsid()?;
        // SAFETY: the descriptor is open; 0 asks for no terminal of another session.
        if unsafe { libc::ioctl(streams.stdin.as_raw_fd(), libc::TIOCSCTTY, 0) } < 0 {
            return Err(io::Error::last_os_error());
        }
    } else {
        setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    }
    // Out of the way of the numbers that are about to be taken.
    let report: OwnedFd = move_up(report)?;
    let stdin = move_up(&streams.stdin)?;
    let stdout = move_up(&streams.stdout)?;
    let stderr = move_up(&streams.stderr)?;
    dup2_stdin(&stdin)?;
    dup2_stdout(&stdout)?;
    dup2_stderr(&stderr)?;
    // SAFETY: number 3 belongs to a descriptor of the parent's that this process does not use.
    let own = unsafe {
        if libc::dup3(report.as_raw_fd(), REPORT, libc::O_CLOEXEC) < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(REPORT)
    };
    // Their numbers are closed below; closing them twice could close somebody else's.
    for fd in [report, stdin, stdout, stderr] {
        std::mem::forget(fd);
    }
    // SAFETY: everything above 3 is the parent's: ends of other tasks' streams, which would keep them open.
    if unsafe { libc::close_range(4, libc::c_uint::MAX, 0) } < 0 {
        return Err(io::Error::last_os_error());
    }
    default_signals();
    Ok(own)
}

fn move_up(fd: &OwnedFd) -> io::Result<OwnedFd> {
    let number = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(10))?;
    // SAFETY: it was made just now and belongs to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Rust ignores SIGPIPE and the daemon's runtime handles SIGCHLD; a task starts with nothing changed and nothing blocked.
fn default_signals() {
    let action = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    for signal in Signal::iterator().filter(|signal| !matches!(signal, Signal::SIGKILL | Signal::SIGSTOP)) {
        // SAFETY: the default action runs no code of ours.
        let _ = unsafe { sigaction(signal, &action) };
    }
    let _ = SigSet::empty().thread_set_mask();
}

/// Lets a command start with nothing blocked: the standard library hands the parent's signal mask on, and a shell that
/// cannot hear SIGCHLD waits for ever.
pub fn unmasked(command: &mut Command) -> &mut Command {
    // SAFETY: setting the signal mask is all that is done between fork and exec, and is allowed there.
    unsafe { command.pre_exec(|| SigSet::empty().thread_set_mask().map_err(io::Error::from)) }
}
