//! What the controller tells a client about jobs, steps, nodes, partitions and itself.
//!
//! Plain data: whatever squeue, scontrol and sinfo print is derived from these, and nothing else crosses the wire for them.

mod state;

use std::ffi::OsString;
use std::path::PathBuf;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepId;
use serde::{Deserialize, Serialize};

pub use state::{JobState, NodeState, ParseStateError};

/// Seconds since 1970, UTC. 0 stands for "not known yet" and is printed as `Unknown` or `N/A`.
pub type UnixTime = i64;

/// The wait status of a job or step as Slurm shows it: `code:signal`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitCode {
    /// The exit code, 0 where a signal ended it.
    pub code: u8,
    /// The signal that ended it, 0 for none.
    pub signal: u8,
}

impl ExitCode {
    /// An ordinary end with `code`.
    pub const fn exited(code: u8) -> Self {
        Self { code, signal: 0 }
    }

    /// An end by `signal`.
    pub const fn signaled(signal: u8) -> Self {
        Self { code: 0, signal }
    }

    /// As a shell's `$?` shows it: the code, or 128 and the signal.
    pub fn shell_code(self) -> i32 {
        if self.signal == 0 { i32::from(self.code) } else { 128 + i32::from(self.signal & 0x7f) }
    }

    /// Whether it means success.
    pub const fn is_success(self) -> bool {
        self.code == 0 && self.signal == 0
    }
}

impl std::fmt::Display for ExitCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.code, self.signal)
    }
}

/// A job's place in a job array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrayTask {
    /// Id of the array, the `%A` of file names: the id that sbatch printed.
    pub job_id: u32,
    /// Index of this job in the array, the `%a` of file names.
    pub task_id: u32,
    /// How many of the array may run at a time (`%2`), none for all.
    pub max_running: Option<u32>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    /// Its own id. Each job of an array has one.
    pub id: u32,
    /// Its place in an array, if it has one.
    pub array: Option<ArrayTask>,
    /// `--job-name`, or the name of the script or command.
    pub name: String,
    /// Login name.
    pub user: String,
    /// Numeric user.
    pub uid: u32,
    /// Group name.
    pub group: String,
    /// Numeric group.
    pub gid: u32,
    /// `--account`.
    pub account: Option<String>,
    /// Where it stands.
    pub state: JobState,
    /// Why it waits or failed: `None`, `Resources`, `JobHeldUser`, `NonZeroExitCode` …
    pub reason: String,
    /// Scheduling priority; 0 for a held job.
    pub priority: u32,
    /// How often it was requeued (SLURM_RESTART_COUNT).
    pub restarts: u32,
    /// Whether it may be requeued.
    pub requeue: bool,
    /// Whether it is a batch job.
    pub batch: bool,
    /// When it was submitted.
    pub submit_time: UnixTime,
    /// From when on it may start.
    pub eligible_time: UnixTime,
    /// When it started, 0 before.
    pub start_time: UnixTime,
    /// When it ended, or would by its time limit; 0 when neither is known.
    pub end_time: UnixTime,
    /// Minutes, none for no limit.
    pub time_limit: Option<u32>,
    /// Nodes asked for or got.
    pub num_nodes: u32,
    /// The nodes it has, in order; empty while it waits.
    pub nodes: Vec<String>,
    /// The nodes that were asked for by name (`-w`).
    pub req_nodes: Vec<String>,
    /// The nodes to keep off (`-x`).
    pub exc_nodes: Vec<String>,
    /// CPUs in all.
    pub num_cpus: u32,
    /// Tasks in all.
    pub num_tasks: u32,
    /// `--cpus-per-task`.
    pub cpus_per_task: u32,
    /// MiB a node, none where nothing was asked.
    pub mem_per_node: Option<u64>,
    /// Whether the nodes are not shared with other jobs.
    pub exclusive: bool,
    /// Its partition.
    pub partition: String,
    /// `--constraint`.
    pub features: Option<String>,
    /// `--comment`.
    pub comment: Option<String>,
    /// `--dependency` as it was written.
    pub dependency: Option<String>,
    /// The script's path with its arguments, or the command; none for `--wrap`.
    pub command: Option<String>,
    /// How it was asked for: the client's own command line.
    pub submit_line: String,
    /// `--chdir`.
    pub work_dir: PathBuf,
    /// Where a batch job reads from.
    pub stdin: Option<PathBuf>,
    /// Where a batch job writes to, patterns expanded.
    pub stdout: Option<PathBuf>,
    /// Where a batch job's errors go.
    pub stderr: Option<PathBuf>,
    /// The wait status of the batch script or of the highest step.
    pub exit_code: ExitCode,
    /// The highest wait status of its steps.
    pub derived_exit_code: ExitCode,
    /// `--container` of the job.
    pub container: Option<OsString>,
    /// `--container-id` of the job.
    pub container_id: Option<String>,
    /// The host that asked for it.
    pub alloc_host: String,
    /// The pid that asked for it.
    pub alloc_pid: u32,
    /// The host of the batch step.
    pub batch_host: Option<String>,
    /// The batch script's text, for `scontrol write batch_script`; given to its owner and to root.
    pub script: Option<Vec<u8>>,
    /// Its steps, oldest first.
    pub steps: Vec<StepView>,
}

impl JobView {
    /// As squeue prints it: `12`, or `12_3` in an array.
    pub fn display_id(&self) -> String {
        match &self.array {
            Some(array) => format!("{}_{}", array.job_id, array.task_id),
            None => self.id.to_string(),
        }
    }

    /// Seconds that it has run up to `now`, or ran in all.
    pub fn run_time(&self, now: UnixTime) -> u64 {
        run_time(self.start_time, if self.state.is_over() { self.end_time } else { now })
    }
}

/// A step of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// The job it belongs to.
    pub job_id: u32,
    /// The job's place in an array, if it has one.
    pub array: Option<ArrayTask>,
    /// Which step of the job.
    pub id: StepId,
    /// `--job-name` of srun, or its command.
    pub name: String,
    /// Login name.
    pub user: String,
    /// Numeric user.
    pub uid: u32,
    /// Where it stands.
    pub state: JobState,
    /// Partition of the job.
    pub partition: String,
    /// When it started.
    pub start_time: UnixTime,
    /// When it ended, 0 before.
    pub end_time: UnixTime,
    /// Minutes, none for no limit.
    pub time_limit: Option<u32>,
    /// Its nodes, in order.
    pub nodes: Vec<String>,
    /// CPUs in all.
    pub num_cpus: u32,
    /// Tasks in all.
    pub num_tasks: u32,
    /// `--container` of the step.
    pub container: Option<OsString>,
    /// `--container-id` of the step.
    pub container_id: Option<String>,
    /// The highest wait status of its tasks.
    pub exit_code: ExitCode,
    /// The host of its srun.
    pub srun_host: String,
    /// The pid of its srun.
    pub srun_pid: u32,
}

impl StepView {
    /// As squeue prints it: `12.0`, `12_3.batch`.
    pub fn display_id(&self) -> String {
        match &self.array {
            Some(array) => format!("{}_{}.{}", array.job_id, array.task_id, self.id),
            None => format!("{}.{}", self.job_id, self.id),
        }
    }

    /// Seconds that it has run up to `now`, or ran in all.
    pub fn run_time(&self, now: UnixTime) -> u64 {
        run_time(self.start_time, if self.state.is_over() { self.end_time } else { now })
    }
}

fn run_time(start: UnixTime, end: UnixTime) -> u64 {
    if start == 0 { 0 } else { u64::try_from(end - start).unwrap_or(0) }
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeView {
    /// NodeName.
    pub name: String,
    /// NodeHostName.
    pub hostname: String,
    /// NodeAddr.
    pub address: String,
    /// Its state, without the flags below.
    pub state: NodeState,
    /// DRAIN: no new job goes there.
    pub drain: bool,
    /// NOT_RESPONDING.
    pub not_responding: bool,
    /// Why it is drained or down.
    pub reason: Option<String>,
    /// Who said so.
    pub reason_user: Option<String>,
    /// When they said so.
    pub reason_time: UnixTime,
    /// CPUs it has.
    pub cpus: u32,
    /// CPUs that jobs have.
    pub alloc_cpus: u32,
    /// MiB it has.
    pub real_memory: u64,
    /// MiB that jobs have.
    pub alloc_memory: u64,
    /// Features.
    pub features: Vec<String>,
    /// Its partitions.
    pub partitions: Vec<String>,
    /// SlurmdSpoolDir, expanded.
    pub spool_dir: PathBuf,
    /// When the node daemon started.
    pub slurmd_start_time: UnixTime,
    /// When the machine started.
    pub boot_time: UnixTime,
    /// Kernel name and release, as `OS=` shows them.
    pub os: String,
    /// Machine type, as `Arch=` shows it.
    pub arch: String,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionView {
    /// PartitionName.
    pub name: String,
    /// Whether it is the default (a star behind its name).
    pub default: bool,
    /// Whether jobs start in it.
    pub up: bool,
    /// Minutes, none for no limit.
    pub max_time: Option<u32>,
    /// Minutes a job gets that asks for none; none for the highest.
    pub default_time: Option<u32>,
    /// Its nodes, in order.
    pub nodes: Vec<String>,
    /// CPUs in all.
    pub total_cpus: u32,
}

/// The controller and its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigView {
    /// Whose behaviour is meant.
    pub release: Release,
    /// ClusterName.
    pub cluster_name: String,
    /// Host of the controller.
    pub control_host: String,
    /// The file, or the folder's `slurm.conf` that it would be.
    pub slurm_conf: PathBuf,
    /// When the controller started.
    pub boot_time: UnixTime,
    /// The next job id.
    pub next_job_id: u32,
    /// Whether LaunchParameters holds use_interactive_step (rule L-REQ-3).
    pub use_interactive_step: bool,
    /// MaxArraySize: array indices stay below it.
    pub max_array_size: u32,
    /// Further `Key = Value` pairs of `scontrol show config`, in any order.
    pub settings: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_prints_code_and_signal() {
        assert_eq!(ExitCode::exited(3).to_string(), "3:0");
        assert_eq!(ExitCode::signaled(15).to_string(), "0:15");
        assert_eq!(ExitCode::signaled(15).shell_code(), 143);
    }
}
