//! `run` while the program runs: signals go to it, its terminal is relayed, its end is this process's.

use std::os::fd::AsFd as _;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signalfd::SignalFd;

use super::container::Status;
use super::error::{Doing as _, Error};
use super::launch::{Made, hear_any};
use super::sync::Word;
use super::terminal::Relay;
use super::{hooks, namespaces};
use crate::sys::{self, Reaped};

/// Lets the program run to its end; gives its exit code, or 128 and the signal that ended it.
pub(super) fn to_the_end(made: Made) -> Result<i32, Error> {
    let Made { dir, saved, pid, sync, terminal, signals } = made;
    // Before the program, which may ask for the terminal's size at once.
    let mut relay = terminal.map(Relay::start);
    sync.say(&Word::Start);
    let failed = match hear_any(&sync, signals.as_ref()) {
        Ok(Word::Failed(text)) => Some(Error::Inside(text)),
        // Closed: it has become the program.
        Ok(_) => None,
        Err(error) => Some(error),
    };
    if let Some(error) = failed {
        namespaces::end(pid);
        drop(relay);
        hooks::run_all(&saved.poststop, &saved.for_hooks(Status::Stopped));
        dir.remove()?;
        return Err(error);
    }
    hooks::run_all(&saved.poststart, &saved.for_hooks(Status::Running));
    let end = match &signals {
        Some(signals) => watch(pid.as_raw(), signals, relay.as_mut()),
        None => Ok(Reaped::Running),
    };
    if signals.is_none() {
        // Detached: whoever made this process looks after the container now.
        return Ok(0);
    }
    drop(relay);
    hooks::run_all(&saved.poststop, &saved.for_hooks(Status::Stopped));
    dir.remove()?;
    end.map(Reaped::code)
}

fn watch(pid: i32, signals: &SignalFd, mut relay: Option<&mut Relay>) -> Result<Reaped, Error> {
    loop {
        // Asked before waiting: its end may have been signalled while this process waited for something else.
        let end = sys::wait_for_child(nix::unistd::Pid::from_raw(pid), false);
        match end.doing(|| "wait for the container".into())? {
            Reaped::Running => {}
            end => {
                drain(relay);
                return Ok(end);
            }
        }
        let sources = relay.as_ref().map_or([None; 2], |relay| relay.sources());
        let mut fds = vec![PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        fds.extend(sources.iter().flatten().map(|source| PollFd::new(*source, PollFlags::POLLIN)));
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            other => other.doing(|| "wait for the container".into())?,
        };
        let mut ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
        let signalled = ready.next().unwrap_or(false);
        let [input, output] = sources.map(|source| source.is_some() && ready.next().unwrap_or(false));
        if let Some(relay) = &mut relay {
            if output {
                relay.output();
            }
            if input {
                relay.input();
            }
        }
        if signalled {
            pass_on(pid, signals, relay.as_deref());
        }
    }
}

fn pass_on(pid: i32, signals: &SignalFd, relay: Option<&Relay>) {
    while let Ok(Some(info)) = signals.read_signal() {
        match i32::try_from(info.ssi_signo).unwrap_or_default() {
            libc::SIGCHLD => {}
            libc::SIGWINCH if relay.is_some() => {
                if let Some(relay) = relay {
                    relay.resize();
                }
            }
            // The program may have ended by now, which the next look shows.
            signal => drop(sys::send_signal(pid, signal)),
        }
    }
}

/// What the program wrote last. With the last process of a pid namespace its terminal is closed on that side, so there
/// is an end; without one, what others write later is not waited for.
fn drain(relay: Option<&mut Relay>) {
    let Some(relay) = relay else { return };
    loop {
        let [_, output] = relay.sources();
        let Some(output) = output else { return };
        let ready = poll(&mut [PollFd::new(output, PollFlags::POLLIN)], PollTimeout::ZERO);
        if !matches!(ready, Ok(1)) || !relay.output() {
            return;
        }
    }
}
