//! The command under the recorder: started, given each signal once, its streams copied, its end awaited.
//!
//! Signals to the task's process group must reach the command and all it starts as if the recorder were not there. So the
//! command stays in the group and the recorder leaves it; signals to the recorder's own pid are passed on. A session
//! leader cannot leave its group: there the command gets one of its own, in the foreground of the terminal.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpgrp, getpid, getsid, setpgid, tcgetpgrp, tcsetpgrp};

use super::args::Args;
use super::call::Stream;
use super::tee::{Tee, left_alone};
use crate::sys::{AtExec, at_exec, ended_child};

/// The shell's exit codes for a command that is not there, and for one that cannot be run.
const NOT_FOUND: i32 = 127;
const NOT_RUNNABLE: i32 = 126;

/// How the command ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself.
    Exit(i32),
    /// By a signal.
    Signal(i32),
    /// It never ran.
    NotStarted {
        /// What a shell would exit with.
        code: i32,
        /// Why.
        error: io::Error,
    },
}

/// How it ended, and what it wrote.
#[derive(Debug)]
pub(super) struct Outcome {
    pub ended: Ended,
    pub stdout: Stream,
    pub stderr: Stream,
}

/// Runs the command to its end; its output is copied unless there is a reason not to.
pub(super) fn watch(args: &Args, not_captured: Option<&str>) -> Outcome {
    match Watch::start(args, not_captured.is_none()) {
        Ok(watch) => watch.finish(not_captured.unwrap_or_default()),
        Err(error) => {
            let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUNNABLE };
            let stream = || left_alone("the command did not start");
            Outcome { ended: Ended::NotStarted { code, error }, stdout: stream(), stderr: stream() }
        }
    }
}

struct Watch {
    child: Child,
    signals: SignalFd,
    tees: Option<[Tee; 2]>,
    restore_foreground: bool,
}

impl Watch {
    fn start(args: &Args, capture: bool) -> io::Result<Self> {
        let mut forwarded = SigSet::all();
        // Ignored, not blocked: a reader that went away is seen as an error of the write.
        forwarded.remove(Signal::SIGPIPE);
        for fault in [Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGFPE, Signal::SIGILL, Signal::SIGTRAP] {
            forwarded.remove(fault);
        }
        let signals = SignalFd::with_flags(&forwarded, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let mask = SigSet::thread_get_mask()?;
        let session_leader = getsid(None)? == getpid();
        let mut command = Command::new(&args.command[0]);
        command.args(&args.command[1..]).envs(args.assignments.iter().map(|(name, value)| (name, value)));
        let tees = if capture {
            let (stdout, out_end) = Tee::new(io::stdout().as_fd())?;
            let (stderr, err_end) = Tee::new(io::stderr().as_fd())?;
            command.stdout(out_end).stderr(err_end);
            Some([stdout, stderr])
        } else {
            None
        };
        at_exec(&mut command, AtExec { mask, own_group: session_leader });
        forwarded.thread_block()?;
        let child = command.spawn()?;
        let mut watch = Self { child, signals, tees, restore_foreground: false };
        if session_leader {
            watch.restore_foreground = tcgetpgrp(io::stdin()).is_ok_and(|group| group == watch.pid());
        } else {
            // Where it fails, signals to the group arrive twice: no reason not to run.
            let _ = leave_group();
        }
        Ok(watch)
    }

    fn finish(mut self, not_captured: &str) -> Outcome {
        let mut status = None;
        while let Ok(ready) = self.wait(status.is_some()) {
            if ready == [false; 3] {
                break;
            }
            if ready[0] && self.take_signals(&mut status) {
                break;
            }
            for (tee, ready) in self.tees.iter_mut().flatten().zip(&ready[1..]) {
                if *ready {
                    tee.step();
                }
            }
        }
        if self.restore_foreground {
            let _ = tcsetpgrp(io::stdin(), getpgrp());
        }
        // The loop ends early only when the poll itself fails.
        let status = status.map_or_else(|| self.child.wait(), Ok);
        let [stdout, stderr] = match self.tees {
            Some(tees) => tees.map(Tee::note),
            None => [left_alone(not_captured), left_alone(not_captured)],
        };
        Outcome {
            ended: status.map_or_else(|error| Ended::NotStarted { code: 1, error }, ended),
            stdout,
            stderr,
        }
    }

    /// Waits until a signal, or a step of a stream, is there to be taken. Once the command has ended, only for what it
    /// wrote: whoever else holds its streams is not waited for.
    fn wait(&self, ended: bool) -> nix::Result<[bool; 3]> {
        let tees = self.tees.as_ref();
        let waits = [0, 1].map(|index| tees.and_then(|tees| tees[index].waits_for()));
        let holds = tees.is_some_and(|tees| tees.iter().any(Tee::holds));
        let timeout = if ended && !holds { PollTimeout::ZERO } else { PollTimeout::NONE };
        let mut fds = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        fds.extend(waits.iter().flatten().map(|(fd, flags): &(BorrowedFd<'_>, _)| PollFd::new(*fd, *flags)));
        match poll(&mut fds, timeout) {
            Err(nix::errno::Errno::EINTR) => return Ok([true, false, false]),
            other => other?,
        };
        let mut happened = fds.iter().map(|fd| fd.any().unwrap_or(false));
        let signal = happened.next().unwrap_or(false);
        let [out, err] = waits.map(|wait| wait.is_some() && happened.next().unwrap_or(false));
        Ok([signal, out, err])
    }

    /// Passes signals on and sees the command's end. Says whether this process is asked to end while it only waits for a
    /// reader to take what the command, ended already, has written.
    fn take_signals(&mut self, status: &mut Option<ExitStatus>) -> bool {
        let ended = status.is_some();
        let mut asked = false;
        while let Ok(Some(info)) = self.signals.read_signal() {
            let Ok(signal) = i32::try_from(info.ssi_signo) else { continue };
            if signal != libc::SIGCHLD {
                asked |=
                    ended && [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT].contains(&signal);
                // Real-time signals have no name in nix; Slurm sends none.
                if let Ok(signal) = Signal::try_from(signal)
                    && !ended
                {
                    let _ = kill(self.pid(), signal);
                }
            }
        }
        if !ended {
            *status = self.child.try_wait().ok().flatten();
        }
        asked
    }

    fn pid(&self) -> Pid {
        // Linux keeps pids far below i32::MAX.
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }
}

/// Leaves the process group for a new one. A leader cannot found another group, but can join one: that of a child which
/// lives just long enough.
fn leave_group() -> io::Result<()> {
    let here = Pid::from_raw(0);
    if getpgrp() != getpid() {
        return Ok(setpgid(here, here)?);
    }
    let helper = ended_child()?;
    let joined = setpgid(helper, helper).and_then(|()| setpgid(here, helper));
    waitpid(helper, None)?;
    Ok(joined?)
}

fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Exit(code),
        (None, signal) => Ended::Signal(signal.unwrap_or_default()),
    }
}
