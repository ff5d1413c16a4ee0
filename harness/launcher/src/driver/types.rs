//! What the driver takes and gives.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::OciConf;
use crate::env::Env;
use crate::layout::Layout;
use crate::step::StepSpec;

/// Why a step or a task could not be launched. The text is one sentence that names path and cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LaunchError {
    /// What Slurm's clients would call it: an errno such as `ENOENT`.
    pub errno: i32,
    /// The sentence.
    pub message: String,
}

impl LaunchError {
    /// Something about a path went wrong.
    pub(super) fn at(what: &str, path: &Path, error: &io::Error) -> Self {
        let errno = error.raw_os_error().unwrap_or(libc::EIO);
        let words = nix::errno::Errno::from_raw(errno).desc();
        Self { errno, message: format!("{what} {}: {words}", path.display()) }
    }
}

/// The streams of a task. Each end belongs to the task; the step daemon holds the others.
#[derive(Debug)]
pub struct TaskStdio {
    /// Standard input.
    pub stdin: OwnedFd,
    /// Standard output.
    pub stdout: OwnedFd,
    /// Standard error.
    pub stderr: OwnedFd,
    /// Whether standard input is a terminal that becomes the task's controlling one (`--pty`).
    pub controlling_terminal: bool,
}

/// A task's process.
#[derive(Debug)]
pub struct Task {
    /// Its pid, which leads a process group of its own.
    pub pid: i32,
    /// Errors of the launcher in the task's process, a line each, until it execs or ends: what Slurm prints to the step's
    /// standard error behind `slurmstepd: error: `.
    pub report: OwnedFd,
}

/// The container half of a step after set-up.
#[derive(Debug)]
pub(super) struct Container {
    /// The site's `oci.conf`.
    pub conf: OciConf,
    /// The bundle as it was asked for.
    pub bundle: PathBuf,
    /// Its `config.json`; none when it is ignored.
    pub config: Option<Value>,
    /// The absolute root file system.
    pub rootfs: PathBuf,
    /// The step's directories.
    pub layout: Layout,
    /// Where the spool directory appears inside.
    pub mount_spool_dir: PathBuf,
}

/// A step after set-up.
#[derive(Debug)]
pub struct Prepared {
    /// The step.
    pub spec: StepSpec,
    /// The per-step spool directory; none when the step runs on the host.
    pub spool_dir: Option<PathBuf>,
    /// The step's environment with the bundle's merged in.
    pub(super) env: Env,
    /// None when the step runs on the host.
    pub(super) container: Option<Container>,
    /// The tasks that were started: local id and pid.
    pub(super) started: RefCell<Vec<(u32, i32)>>,
    /// Whether a task was ended by force, so that its runtime could not clean up after itself.
    pub(super) forced: Cell<bool>,
}

impl Prepared {
    /// Whether its tasks run in containers: asked for, and an `oci.conf` is there (rule L-SET-1).
    pub const fn contained(&self) -> bool {
        self.container.is_some()
    }

    /// To be called when a task died of a signal: its runtime had no chance to take its container down, which clean-up
    /// then does as the guide promises.
    pub fn note_forced_end(&self) {
        self.forced.set(true);
    }
}
