//! One container of a cluster: the controller's, or a node's.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::docker::docker;
use super::end::remove_container;
use super::label::Label;
use super::order::{As, Process};
use super::remote::{self, Remote, Said};
use super::start::StartError;
use crate::real::wait;
use crate::world::Disturbance;

/// How long a short question to a node may take; one whose node is paused is never answered.
const ANSWER: Duration = Duration::from_secs(10);

/// A container.
#[derive(Debug)]
pub struct Container {
    /// Its host name.
    pub name: String,
    id: String,
    network: String,
    socket: PathBuf,
    /// The connection whose end is the container's.
    held: Mutex<Option<UnixStream>>,
    /// Slurm's daemon in it.
    daemon: Mutex<Option<Remote>>,
    /// What was done to it.
    state: Mutex<State>,
}

/// What a case did to a container.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    paused: bool,
    cut: bool,
    killed: bool,
}

impl Container {
    pub(super) fn new(label: &Label, network: &str, name: &str, socket: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            id: label.name(name),
            network: network.to_owned(),
            socket,
            held: Mutex::default(),
            daemon: Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// Starts it and waits for its agent.
    pub(super) fn run(
        &self,
        options: &[String],
        command: &[String],
        within: Duration,
    ) -> Result<(), StartError> {
        let own = ["run", "--detach", "--rm", "--init"].map(str::to_owned).into_iter().chain([
            format!("--name={}", self.id),
            format!("--hostname={}", self.name),
            format!("--network={}", self.network),
            format!("--network-alias={}", self.name),
        ]);
        docker(own.chain(options.iter().cloned()).chain(command.iter().cloned()))?;
        let ready = wait::until(within, || match remote::hold(&self.socket) {
            Ok(connection) => {
                *lock(&self.held) = Some(connection);
                true
            }
            Err(_) => false,
        });
        if ready {
            return Ok(());
        }
        let words = docker(["logs", "--tail=5", &self.id]).unwrap_or_else(|error| error.to_string());
        Err(StartError::Agent { node: self.name.clone(), words })
    }

    /// The agent's socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Runs a short program in it to its end.
    pub fn ask(&self, argv: &[&str], who: As) -> io::Result<Said> {
        remote::ask(&self.socket, argv, who, ANSWER)
    }

    /// Runs a line of shell in it as root, and gives its output whatever its exit code.
    pub fn shell(&self, script: &str) -> io::Result<String> {
        self.ask(&["/bin/sh", "-c", script], As::Root).map(|said| said.output)
    }

    /// The processes in it that do not belong to it, after an end to them where that is asked for.
    pub fn strays(&self, end: bool) -> io::Result<Vec<Process>> {
        remote::strays(&self.socket, end, ANSWER)
    }

    /// Starts Slurm's daemon in it; what it says before it has its log goes to a log of its own.
    pub(super) fn start_daemon(&self, dir: &Path, argv: &[&str]) -> io::Result<()> {
        let log = dir.join("log").join(format!("start-{}.log", self.name));
        *lock(&self.daemon) = Some(Remote::to_file(&self.socket, argv, As::Root, &log)?);
        Ok(())
    }

    /// Whether Slurm's daemon in it still runs.
    pub fn daemon_lives(&self) -> bool {
        let daemon = lock(&self.daemon);
        let Some(remote) = &*daemon else { return false };
        remote
            .wait_for(Duration::from_millis(1))
            .is_err_and(|error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
    }

    /// Kills Slurm's daemon in it.
    pub(super) fn kill_daemon(&self) -> io::Result<()> {
        let remote = lock(&self.daemon).take();
        let Some(remote) = remote else {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("no daemon runs on {}", self.name)));
        };
        remote.signal(nix::sys::signal::Signal::SIGKILL as i32)?;
        remote.wait_for(ANSWER).map(drop)
    }

    /// Does something to it as a whole.
    pub(super) fn disturb(&self, how: Disturbance) -> io::Result<()> {
        let alias = format!("--alias={}", self.name);
        let args: Vec<&str> = match how {
            Disturbance::Pause => vec!["pause", &self.id],
            Disturbance::Resume => vec!["unpause", &self.id],
            Disturbance::Cut => vec!["network", "disconnect", "--force", &self.network, &self.id],
            Disturbance::Join => vec!["network", "connect", &alias, &self.network, &self.id],
            Disturbance::Kill => vec!["kill", &self.id],
        };
        docker(args).map_err(io::Error::other)?;
        let mut state = lock(&self.state);
        match how {
            Disturbance::Pause => state.paused = true,
            Disturbance::Resume => state.paused = false,
            Disturbance::Cut => state.cut = true,
            Disturbance::Join => state.cut = false,
            Disturbance::Kill => state.killed = true,
        }
        Ok(())
    }

    /// Takes back what was done to it. One that was killed does not come back.
    pub fn undisturb(&self) -> io::Result<()> {
        let State { paused, cut, killed } = *lock(&self.state);
        if killed {
            return Err(io::Error::other(format!("the container of {} was killed", self.name)));
        }
        if paused {
            self.disturb(Disturbance::Resume)?;
        }
        if cut {
            self.disturb(Disturbance::Join)?;
        }
        Ok(())
    }

    /// Takes it away with everything in it.
    pub(super) fn remove(&self) -> Result<(), String> {
        *lock(&self.daemon) = None;
        *lock(&self.held) = None;
        remove_container(&self.id)
    }
}

/// Whether the engine's words mean that what should be removed is gone, or on its way.
pub(super) fn gone(words: &str) -> bool {
    ["No such container", "already in progress", "not found"].iter().any(|part| words.contains(part))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
