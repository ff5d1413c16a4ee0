//! A command of salloc that runs where salloc does, beside the watch on its allocation.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::client::connect::Controller;
use crate::client::say::Voice;
use crate::client::signals::Signals;
use crate::proto::control::Target;
use crate::proto::{Reply, Request};
use crate::slurm_env::Env;
use crate::view::ExitCode;

/// A command that is to be run.
pub struct Local<'a> {
    /// Command and arguments; not empty.
    pub argv: &'a [OsString],
    /// Its whole environment.
    pub env: Env,
    /// Where it runs.
    pub dir: std::path::PathBuf,
    /// The job that it runs for.
    pub job_id: u32,
    /// What it gets when the job ends before it does.
    pub kill_command: Option<i32>,
}

/// How it ended, and whether the job had ended before.
pub struct LocalEnd {
    /// Of the command.
    pub exit_code: ExitCode,
    /// The job is over.
    pub revoked: bool,
}

impl Local<'_> {
    /// Runs it to its end. The terminal's Ctrl-C is the command's, not salloc's.
    pub fn run(
        &self,
        voice: Voice,
        controller: &mut Controller,
        signals: &mut Signals,
    ) -> io::Result<LocalEnd> {
        let (program, args) = self.argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(args).env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.dir);
        let mut child = plimsoll_launcher::driver::unmasked(&mut command).spawn()?;
        let mut watch = Watch { voice, job_id: self.job_id, kill_command: self.kill_command, revoked: false };
        let mut connected = true;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(LocalEnd { exit_code: exit_code(status), revoked: watch.revoked });
            }
            let mut fds = vec![PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
            if connected {
                fds.push(PollFd::new(controller.as_fd(), PollFlags::POLLIN));
            }
            // EINTR leaves no events, and the child is asked again.
            let _ = poll(&mut fds, PollTimeout::NONE);
            let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(false)).collect();
            if ready[0] {
                watch.on_signals(signals);
            }
            if ready.get(1) == Some(&true) {
                connected = watch.on_controller(controller, &child);
            }
        }
    }
}

/// What happens to the allocation meanwhile.
struct Watch {
    voice: Voice,
    job_id: u32,
    kill_command: Option<i32>,
    revoked: bool,
}

impl Watch {
    fn on_signals(&mut self, signals: &mut Signals) {
        while let Some(signal) = signals.take() {
            // The allocation ends, and the command is waited for all the same (salloc(1), SIGNALS).
            if matches!(signal, Signal::SIGTERM | Signal::SIGHUP) && !self.revoked {
                let target = Target::Job(self.job_id);
                let request = Request::Signal { target, signal: None, batch: false, full: false };
                let told = Controller::connect().and_then(|mut controller| controller.ask(&request));
                if let Err(error) = told {
                    self.voice.error(error);
                }
            }
        }
    }

    /// Whether the controller is still there.
    fn on_controller(&mut self, controller: &mut Controller, child: &Child) -> bool {
        let filled = controller.fill();
        while let Ok(Some(reply)) = controller.pending() {
            if matches!(reply, Reply::Ended { .. }) && !self.revoked {
                self.revoked = true;
                self.voice.info(format_args!("Job allocation {} has been revoked.", self.job_id));
                if let Some(signal) = self.kill_command {
                    kill(child, signal);
                }
            }
        }
        if filled.is_err() && !self.revoked {
            self.revoked = true;
            self.voice.error("Unable to contact slurm controller (connection lost)");
            // What the command was started for is gone, and nobody could end it later.
            kill(child, libc::SIGTERM);
        }
        filled.is_ok()
    }
}

fn kill(child: &Child, signal: i32) {
    if let (Ok(pid), Ok(signal)) = (i32::try_from(child.id()), Signal::try_from(signal)) {
        // It has not been waited for, so the id is still its own.
        let _ = nix::sys::signal::kill(Pid::from_raw(pid), signal);
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitCode::exited(u8::try_from(code & 0xff).unwrap_or(1)),
        (None, Some(signal)) => ExitCode::signaled(u8::try_from(signal).unwrap_or(0)),
        (None, None) => ExitCode::exited(1),
    }
}
