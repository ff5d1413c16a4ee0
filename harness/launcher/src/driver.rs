//! What acts: set-up, the tasks' processes, clean-up. A thin layer that forks, execs, waits and sleeps as the rules say.
//!
//! Called by a step daemon of one thread. A task is a process of its own from the start: in run mode it becomes the shell
//! that runs `RunTimeRun`, in create/start mode it steps the state machine until the container has ended.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

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

/// A step after set-up.
#[derive(Debug)]
pub struct Prepared {
    /// The step.
    pub spec: StepSpec,
    /// The per-step spool directory; none when the step runs on the host.
    pub spool_dir: Option<PathBuf>,
}

impl Prepared {
    /// Whether its tasks run in containers: asked for, and an `oci.conf` is there (rule L-SET-1).
    pub const fn contained(&self) -> bool {
        self.spool_dir.is_some()
    }

    /// Starts a task; returns at once. Its end is seen by waiting for its pid, and its wait status is the task's.
    pub fn spawn_task(&self, local_id: u32, stdio: TaskStdio) -> Result<Task, LaunchError> {
        let _ = (local_id, stdio);
        Err(LaunchError { errno: libc::ENOSYS, message: "not built yet".into() })
    }

    /// Section 7: kill and delete with no task meant, then remove the generated files. Blocks; every failure goes to
    /// `log`, none stops it. To be called after the tasks have ended, also when a launch failed.
    pub fn clean_up(&self, log: &mut dyn FnMut(String)) {
        log("not built yet".into());
    }
}

/// Section 1: everything before the first task exists. With no container asked for, or no `oci.conf`, the step runs on
/// the host. `log` takes what Slurm logs and nobody sees (an ignored container, warnings about the file).
pub fn set_up(spec: StepSpec, log: &mut dyn FnMut(String)) -> Result<Prepared, LaunchError> {
    log("not built yet".into());
    Ok(Prepared { spec, spool_dir: None })
}
