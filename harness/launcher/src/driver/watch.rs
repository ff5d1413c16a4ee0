//! Waiting for a container's own process, and handing signals on to it: the guide's promise in create/start mode.

use std::io;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::{sys, wait};

/// Signals that a task hands on to its container.
const FORWARDED: [Signal; 9] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGCONT,
    Signal::SIGTSTP,
    Signal::SIGWINCH,
];

/// Takes the signals of a task, from its making on. Commands are started with nothing blocked all the same
/// ([`super::fork::unmasked`]).
#[derive(Debug)]
pub struct Watch(SignalFd);

impl Watch {
    /// Blocks the signals, which wait until they are handed on.
    pub fn new() -> io::Result<Self> {
        let mut set = SigSet::empty();
        for signal in FORWARDED {
            set.add(signal);
        }
        set.thread_block()?;
        Ok(Self(SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?))
    }

    /// Waits for the end of a container's process; gives its exit code, 128 and the signal where one ended it, as a
    /// runtime's own run does. None when it is no child of this process, so that its code cannot be seen.
    pub fn container(&self, pid: i32) -> Option<i32> {
        let end = sys::pidfd(pid).ok()?;
        let pid = Pid::from_raw(pid);
        // Whether it is ours is known before it is waited for; a foreign one is the polling's business.
        let mut status = waitpid(pid, Some(WaitPidFlag::WNOHANG)).ok()?;
        loop {
            match status {
                WaitStatus::Exited(_, code) => return Some(code),
                WaitStatus::Signaled(_, signal, _) => return Some(128 + signal as i32),
                _ => {}
            }
            let [signals, _] = wait::readable([self.0.as_fd(), end.as_fd()], None).ok()??;
            if signals {
                self.hand_on(pid);
            }
            status = match waitpid(pid, Some(WaitPidFlag::WNOHANG)) {
                Ok(status) => status,
                Err(Errno::EINTR) => WaitStatus::StillAlive,
                Err(_) => return None,
            };
        }
    }

    /// Lets time pass between two questions to a runtime, and hands signals on meanwhile.
    pub fn pause(&self, time: Duration, container: Option<i32>) {
        let until = Instant::now() + time;
        let Some(pid) = container else { return std::thread::sleep(time) };
        while let Ok(Some(_)) = wait::readable([self.0.as_fd()], Some(until)) {
            self.hand_on(Pid::from_raw(pid));
        }
    }

    fn hand_on(&self, container: Pid) {
        while let Ok(Some(taken)) = self.0.read_signal() {
            let number = i32::try_from(taken.ssi_signo).unwrap_or(0);
            if let Ok(signal) = Signal::try_from(number) {
                // A container that has just ended needs none.
                let _ = kill(container, signal);
            }
        }
    }
}
