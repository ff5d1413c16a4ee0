//! What a node asks of the launcher: one step, its user, its tasks, its streams.
//!
//! Plain data, serialisable, so that it can cross a process boundary in any encoding. Arguments and environment are bytes
//! (`OsString`): Slurm passes them on unchanged, whatever they hold.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Release;
use crate::deviation::Deviation;

/// Which step of a job this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StepId {
    /// A step that srun made, counted from 0.
    Number(u32),
    /// The batch script's step.
    Batch,
    /// The interactive step of `salloc`.
    Interactive,
    /// The external step.
    Extern,
}

impl StepId {
    /// The number behind `%s`: special steps have the highest ones (source: oci-conf.md, patterns).
    pub const fn number(self) -> u32 {
        match self {
            StepId::Number(number) => number,
            StepId::Batch => 4_294_967_291,
            StepId::Interactive => 4_294_967_290,
            StepId::Extern => 4_294_967_292,
        }
    }
}

impl fmt::Display for StepId {
    /// As squeue prints it behind the job id: `0`, `batch`, `interactive`, `extern`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepId::Number(number) => write!(f, "{number}"),
            StepId::Batch => f.write_str("batch"),
            StepId::Interactive => f.write_str("interactive"),
            StepId::Extern => f.write_str("extern"),
        }
    }
}

/// The user whose step it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Login name (`%u`).
    pub name: String,
    /// Numeric user id (`%U`).
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Home directory.
    pub home: PathBuf,
}

/// One task of the step on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSpec {
    /// Index on this node, from 0 (`%t`, SLURM_LOCALID).
    pub local_id: u32,
    /// Rank in the whole step (SLURM_PROCID).
    pub global_id: u32,
    /// Command and arguments; for a batch step the script's own arguments stand behind the script's path.
    pub argv: Vec<OsString>,
    /// Variables of this task alone (SLURM_PROCID, SLURM_LOCALID …), laid over the step's.
    pub env: Vec<(OsString, OsString)>,
}

/// The files of a batch step, as they are bound into its container (rule L-TASK-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchFiles {
    /// The spooled batch script.
    pub script: PathBuf,
    /// The job's standard input, `/dev/null` where none was given.
    pub stdin: PathBuf,
    /// The job's standard output file.
    pub stdout: PathBuf,
    /// The job's standard error file (the output file where none was given).
    pub stderr: PathBuf,
}

/// A step as the node hands it to its step daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSpec {
    /// Whose behaviour is meant.
    pub release: Release,
    /// The folder of `slurm.conf`, where `oci.conf` may be.
    pub conf_dir: PathBuf,
    /// `SlurmdSpoolDir` with its own patterns expanded.
    pub spool_dir: PathBuf,
    /// The node's name (`%n`).
    pub node_name: String,
    /// Job id (`%j`).
    pub job_id: u32,
    /// Step id (`%s`).
    pub step: StepId,
    /// Whose step it is.
    pub user: User,
    /// The bundle as it was asked for, or none.
    pub container: Option<OsString>,
    /// The container id as it was asked for (`--container-id`).
    pub container_id: Option<String>,
    /// The job's working directory (`--chdir`, `%Z`).
    pub work_dir: PathBuf,
    /// The step's environment before the bundle's is merged in.
    pub env: Vec<(OsString, OsString)>,
    /// The step daemon's own environment: what runtime commands get (rule L-TASK-7).
    pub daemon_env: Vec<(OsString, OsString)>,
    /// Whether `srun --pty` was asked for.
    pub pty: bool,
    /// The tasks on this node, in order of their local id.
    pub tasks: Vec<TaskSpec>,
    /// Present for a batch step.
    pub batch: Option<BatchFiles>,
    /// What the launcher does wrong on purpose, where a suite is to prove that it notices; none in every other step.
    pub deviation: Option<Deviation>,
}
