//! One container of a cluster: the controller's, or a node's.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::disturb::State;
use super::docker::docker;
use super::end::remove_container;
use super::label::Label;
use super::order::{As, Process};
use super::remote::{self, Remote, Said};
use super::start::StartError;
use crate::real::wait;

/// How long an engine may take to start it: a second here, more where several start on a busy machine.
pub(super) const START: Duration = Duration::from_secs(30);
/// How long a short question to a node may take; one whose node is paused is never answered.
const ANSWER: Duration = Duration::from_secs(10);

/// A container.
#[derive(Debug)]
pub struct Container {
    /// Its host name.
    pub name: String,
    pub(super) id: String,
    pub(super) network: String,
    /// What stands behind the options that are its own, to start it again.
    launch: OnceLock<Vec<String>>,
    socket: PathBuf,
    /// The connection whose end is the container's.
    held: Mutex<Option<UnixStream>>,
    /// Slurm's daemon in it.
    daemon: Mutex<Option<Remote>>,
    /// What was done to it.
    pub(super) state: Mutex<State>,
}

impl Container {
    pub(super) fn new(label: &Label, network: &str, name: &str, socket: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            id: label.name(name),
            network: network.to_owned(),
            socket,
            launch: OnceLock::new(),
            held: Mutex::default(),
            daemon: Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// Starts it and waits for its agent.
    pub(super) fn run(&self, options: &[String], command: &[String]) -> Result<(), StartError> {
        let rest = self.launch.get_or_init(|| options.iter().chain(command).cloned().collect());
        let own = ["run", "--detach", "--rm", "--init"].map(str::to_owned).into_iter().chain([
            format!("--name={}", self.id),
            format!("--hostname={}", self.name),
            format!("--network={}", self.network),
            format!("--network-alias={}", self.name),
        ]);
        docker(own.chain(rest.iter().cloned()))?;
        let ready = wait::until(START, || match remote::hold(&self.socket) {
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

    /// Lets go of everything that was held in it.
    pub(super) fn forget(&self) {
        *lock(&self.daemon) = None;
        *lock(&self.held) = None;
    }

    /// Takes it away with everything in it.
    pub(super) fn remove(&self) -> Result<(), String> {
        self.forget();
        remove_container(&self.id)
    }
}

/// Whether the engine's words mean that what should be removed is gone, or on its way.
pub(super) fn gone(words: &str) -> bool {
    ["No such container", "already in progress", "not found"].iter().any(|part| words.contains(part))
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
