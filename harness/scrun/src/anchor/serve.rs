//! The anchor's side of the socket.

use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Anchor, BROKEN};
use crate::status::Status;
use crate::wire::{self, Reply, Request};
use crate::wrong::Wrong;

/// How long a step may take to end that was sent SIGKILL: clean-up of a container is a few calls of its runtime.
const ENDING: Duration = Duration::from_secs(60);
/// How long a step that has just been asked for may take to be there.
const APPEARING: Duration = Duration::from_secs(20);
/// How often it is looked for: nobody announces it.
const LOOK: Duration = Duration::from_millis(5);

/// Answers for as long as the process lives.
pub fn start(anchor: &Arc<Anchor>, listener: UnixListener) {
    let anchor = Arc::clone(anchor);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let anchor = Arc::clone(&anchor);
            // A start or an end takes its time, and meanwhile others ask for the state.
            std::thread::spawn(move || anchor.answer(stream));
        }
    });
}

impl Anchor {
    fn answer(&self, mut stream: UnixStream) {
        let Ok(Some(request)) = wire::receive::<Request>(&stream) else { return };
        let done = |result: Result<(), String>| result.map_or_else(Reply::Refused, |()| Reply::Done);
        let reply = match request {
            Request::State => Reply::State(Box::new(self.shared.state())),
            Request::Start => done(self.shared.start().map_err(|error| error.to_string())),
            Request::Kill(signal) => done(self.kill(signal)),
            Request::Delete => done(self.delete()),
        };
        // Whoever asked may have gone.
        let _ = wire::send(&mut stream, &reply);
    }

    /// Sends the container a signal.
    pub(super) fn kill(&self, signal: i32) -> Result<(), String> {
        let signal = if self.wrong == Some(Wrong::KillIsTerm) { nix::libc::SIGTERM } else { signal };
        match self.shared.status() {
            Status::Stopped => Err("the container is stopped, and nothing of it can be signalled".to_owned()),
            Status::Running => self.signal_step(signal),
            // There is no program yet that could do something about it.
            Status::Created => {
                if ends(signal) {
                    self.shared.end(signal);
                }
                Ok(())
            }
            Status::Creating => {
                self.shared.end(signal);
                if self.shared.state().job_id.is_none() {
                    // It waits in the queue; its job goes with the connection.
                    std::process::exit(128 + signal);
                }
                Ok(())
            }
        }
    }

    /// Signals the step. It may have been asked for a moment ago only.
    fn signal_step(&self, signal: i32) -> Result<(), String> {
        let Some(job) = self.shared.state().job_id else { return Ok(()) };
        let until = Instant::now() + APPEARING;
        while self.shared.status() == Status::Running {
            if self.cluster.signal(&self.order.conf, job, &self.order.id, signal)? {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(format!("no step of job {job} runs this container"));
            }
            self.shared.pause(LOOK);
        }
        Ok(())
    }

    fn delete(&self) -> Result<(), String> {
        if self.wrong == Some(Wrong::DeleteRefused) && self.shared.status() == Status::Running {
            return Err("the container runs".to_owned());
        }
        let sent = match self.shared.status() {
            Status::Stopped => Ok(()),
            _ => self.kill(nix::libc::SIGKILL),
        };
        if self.shared.wait_over(ENDING) {
            return Ok(());
        }
        self.log.error("the step does not end after SIGKILL; its job is given up");
        self.shared.change(|state| {
            state.status = Status::Stopped;
            state.exit_code = Some(128 + nix::libc::SIGKILL);
        });
        // The job ends with the connection of this process.
        sent.map_or_else(|_| std::process::exit(BROKEN), |()| std::process::exit(128 + nix::libc::SIGKILL))
    }
}

/// Whether a signal ends a process that does nothing about it (signal(7)).
const fn ends(signal: i32) -> bool {
    use nix::libc::{SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH};
    !matches!(signal, SIGCHLD | SIGCONT | SIGSTOP | SIGTSTP | SIGTTIN | SIGTTOU | SIGURG | SIGWINCH)
}
