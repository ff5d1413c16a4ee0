//! Clients and the controller.

use std::ffi::OsString;
use std::path::PathBuf;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepId;
use serde::{Deserialize, Serialize};

use super::stream::InputFor;
use crate::array::ArraySpec;
use crate::slurm_env::Env;
use crate::view::{ConfigView, ExitCode, JobState, JobView, NodeView, PartitionView, UnixTime};

/// What a client asks. One request a connection, except that [`Request::CreateStep`] may follow on the connection of
/// [`Request::Allocate`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Answered by [`Reply::Config`].
    Config,
    /// Answered by [`Reply::Jobs`]: the jobs with these ids (array ids name all their jobs), or all that are known.
    Jobs(Vec<u32>),
    /// Answered by [`Reply::Nodes`] and then [`Reply::Partitions`].
    Nodes,
    /// sbatch. Answered by [`Reply::Submitted`]; with `wait`, by [`Reply::Ended`] when the job (all of an array) is over.
    Submit {
        /// The job.
        job: Box<JobRequest>,
        /// Its script.
        batch: BatchRequest,
        /// `--wait`
        wait: bool,
    },
    /// salloc, and srun outside a job. Answered by [`Reply::Queued`] when it has to wait, [`Reply::Granted`] when it has
    /// its nodes; then [`Reply::Ended`] when the job ends from elsewhere. The end of the connection ends the job.
    Allocate(Box<JobRequest>),
    /// srun. Answered by [`Reply::StepQueued`] when it has to wait, [`Reply::StepGranted`] when its daemons are being
    /// started, [`Reply::StepOver`] when every node has cleaned up. The end of the connection ends the step.
    CreateStep(Box<StepRequest>),
    /// Sent by the owner of an allocation, on the connection of [`Request::Allocate`], when its command or its step has
    /// ended; clean-up may still go on. Answered by [`Reply::Done`].
    Complete {
        /// The job.
        job_id: u32,
        /// Its exit code; none when its user gave it up.
        exit_code: Option<ExitCode>,
    },
    /// scancel. Answered by [`Reply::Done`] or [`Reply::Error`].
    Signal {
        /// What is meant.
        target: Target,
        /// None ends it: SIGCONT and SIGTERM, then SIGKILL after KillWait; a waiting job is taken from the queue.
        signal: Option<i32>,
        /// `--batch`: the batch script only.
        batch: bool,
        /// `--full`: the batch script and its children too.
        full: bool,
    },
    /// A node daemon of its own process: from here on the connection carries [`super::node::NodeOrder`]s to it and
    /// [`super::node::NodeReport`]s from it. Its end takes the node down.
    Register(String),
    /// scontrol update, hold, release, requeue, suspend, resume. Answered by [`Reply::Done`] or [`Reply::Error`].
    Update(Update),
}

/// What a signal goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A job, or all of an array when the id is the array's.
    Job(u32),
    /// One job of an array.
    ArrayTask(u32, u32),
    /// A step.
    Step(u32, StepId),
}

/// A change that scontrol asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Update {
    /// Node state: `DRAIN`, `RESUME`, `DOWN`, `IDLE` … with a reason.
    Node {
        /// Names of the nodes.
        names: Vec<String>,
        /// As written, upper case.
        state: String,
        /// Why.
        reason: Option<String>,
    },
    /// `hold`
    Hold(u32),
    /// `release`
    Release(u32),
    /// `requeue`, and whether it is held then
    Requeue(u32, bool),
    /// `suspend`: SIGSTOP to all of it
    Suspend(u32),
    /// `resume`
    Resume(u32),
    /// `update JobId=… TimeLimit=…`: minutes, none for no limit
    TimeLimit(u32, Option<u32>),
    /// `shutdown`
    Shutdown,
}

/// A job as a client asks for it. `None` is "nothing was said".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRequest {
    /// `--job-name`, or the name of the script or command.
    pub name: String,
    /// Least and most nodes (`-N`).
    pub nodes: Option<(u32, u32)>,
    /// `--ntasks`
    pub ntasks: Option<u32>,
    /// `--ntasks-per-node`
    pub ntasks_per_node: Option<u32>,
    /// `--cpus-per-task`
    pub cpus_per_task: Option<u32>,
    /// `--mem`, MiB a node
    pub mem_per_node: Option<u64>,
    /// `-w`, expanded.
    pub nodelist: Vec<String>,
    /// `-x`, expanded.
    pub exclude: Vec<String>,
    /// `--exclusive`
    pub exclusive: bool,
    /// `--time` in minutes; the inner none is no limit.
    pub time_limit: Option<Option<u32>>,
    /// `--partition`
    pub partition: Option<String>,
    /// `--account`
    pub account: Option<String>,
    /// `--qos`
    pub qos: Option<String>,
    /// `--comment`
    pub comment: Option<String>,
    /// `--constraint`
    pub features: Option<String>,
    /// `--dependency` as written: `afterok:5` …
    pub dependency: Option<String>,
    /// `--begin`
    pub begin: Option<UnixTime>,
    /// `--hold`
    pub hold: bool,
    /// `--requeue` and `--no-requeue`
    pub requeue: Option<bool>,
    /// `--immediate`: refuse rather than wait.
    pub immediate: bool,
    /// `--distribution` as written.
    pub distribution: Option<String>,
    /// `--chdir`, or where the client runs.
    pub work_dir: PathBuf,
    /// Where the client runs.
    pub submit_dir: PathBuf,
    /// The client's host.
    pub submit_host: String,
    /// The client's pid.
    pub client_pid: u32,
    /// `--container` as written.
    pub container: Option<OsString>,
    /// `--container-id` as written.
    pub container_id: Option<String>,
    /// The environment that the user exports to the job.
    pub env: Env,
    /// The script's path with its arguments, or the command; none for `--wrap`.
    pub command: Option<String>,
    /// How it was asked for: the client's own command line.
    pub submit_line: String,
    /// Whether this is salloc's or sbatch's job or one that srun made for its only step.
    pub for_srun: bool,
    /// `salloc --no-shell`: the job outlives the connection that asked for it.
    pub detached: bool,
}

/// The batch half of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRequest {
    /// The script's text, `#!` line and all.
    #[serde(with = "super::bytes")]
    pub script: Vec<u8>,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// `--input`, a pattern.
    pub stdin: Option<String>,
    /// `--output`, a pattern; none is `slurm-%j.out`, or `slurm-%A_%a.out` in an array.
    pub stdout: Option<String>,
    /// `--error`, a pattern; none is the output's file.
    pub stderr: Option<String>,
    /// `--open-mode=append`
    pub append: bool,
    /// `--array`
    pub array: Option<ArraySpec>,
    /// The client's umask.
    pub umask: u32,
    /// `--signal`: the signal, seconds before the end, and whether the batch script alone gets it (`B:`).
    pub warn: Option<(i32, u32, bool)>,
}

/// A step as srun asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRequest {
    /// The job.
    pub job_id: u32,
    /// salloc's interactive step.
    pub interactive: bool,
    /// Command and arguments.
    pub argv: Vec<OsString>,
    /// srun's own environment; the controller lays the job's, the step's and the tasks' variables over it.
    pub env: Env,
    /// `--chdir`, or where srun runs.
    pub work_dir: PathBuf,
    /// Name of the step.
    pub name: String,
    /// `-N`: least and most nodes.
    pub nodes: Option<(u32, u32)>,
    /// `-n`
    pub ntasks: Option<u32>,
    /// `--ntasks-per-node`
    pub ntasks_per_node: Option<u32>,
    /// `-c`
    pub cpus_per_task: Option<u32>,
    /// `-w`, expanded.
    pub nodelist: Vec<String>,
    /// `-x`, expanded.
    pub exclude: Vec<String>,
    /// `--distribution`: `block` (default) or `cyclic`, as written.
    pub distribution: Option<String>,
    /// `--overlap`: share CPUs with other steps of the job.
    pub overlap: bool,
    /// `--exclusive`: the step's CPUs only.
    pub exclusive: bool,
    /// `--immediate`
    pub immediate: bool,
    /// The step in whose task srun itself runs (SLURM_STEP_ID), for `srun srun`.
    pub inside: Option<u32>,
    /// `--time` in minutes.
    pub time_limit: Option<Option<u32>>,
    /// `--container` as written.
    pub container: Option<OsString>,
    /// `--container-id` as written.
    pub container_id: Option<String>,
    /// `--pty`: columns and rows of the window.
    pub pty: Option<(u16, u16)>,
    /// `--mpi` as written.
    pub mpi: Option<String>,
    /// `--label`
    pub label: bool,
    /// `--kill-on-bad-exit`
    pub kill_on_bad_exit: Option<bool>,
    /// `--cpu-bind` as written.
    pub cpu_bind: Option<String>,
    /// srun's umask.
    pub umask: u32,
    /// `--signal`: the signal and seconds before the end.
    pub warn: Option<(i32, u32)>,
    /// Where step daemons connect to: a socket that srun listens on.
    pub socket: PathBuf,
    /// What a step daemon must say first there.
    pub cookie: [u8; 16],
    /// Which tasks get srun's standard input.
    pub input: InputFor,
    /// srun's host.
    pub srun_host: String,
    /// srun's pid.
    pub srun_pid: u32,
}

/// What the controller answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// See [`Request::Config`].
    Config(Box<ConfigView>),
    /// See [`Request::Jobs`].
    Jobs(Vec<JobView>),
    /// See [`Request::Nodes`].
    Nodes(Vec<NodeView>),
    /// See [`Request::Nodes`].
    Partitions(Vec<PartitionView>),
    /// The job id that sbatch prints.
    Submitted(u32),
    /// The job waits.
    Queued(u32),
    /// The job has its nodes.
    Granted(Box<Allocation>),
    /// The step waits for CPUs of its job.
    StepQueued,
    /// The step is being launched.
    StepGranted(Box<StepGrant>),
    /// Every node of the step has cleaned up.
    StepOver,
    /// A job ended.
    Ended {
        /// Which.
        job_id: u32,
        /// How.
        state: JobState,
        /// With what.
        exit_code: ExitCode,
    },
    /// It was done.
    Done,
    /// It was refused. The text is what Slurm's client prints behind `error: …:`, such as `Invalid job id specified`.
    Error(Refusal),
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// No such job.
    #[error("Invalid job id specified")]
    InvalidJobId,
    /// The job is over.
    #[error("Job/step already completing or completed")]
    AlreadyDone,
    /// It is somebody else's.
    #[error("Access/permission denied")]
    Denied,
    /// More than the cluster has.
    #[error("Requested node configuration is not available")]
    Unsatisfiable,
    /// `--immediate` and nothing free.
    #[error("Unable to allocate resources: Requested nodes are busy")]
    Busy,
    /// A node that is not there.
    #[error("Invalid node name specified")]
    InvalidNode,
    /// A partition that is not there.
    #[error("Invalid partition name specified")]
    InvalidPartition,
    /// More nodes or tasks than the job has.
    #[error("More processors requested than permitted")]
    TooMany,
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// An allocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Job id.
    pub job_id: u32,
    /// Its nodes, in order.
    pub nodes: Vec<String>,
    /// The job's own variables ([`crate::slurm_env::job`]).
    pub env: Env,
    /// Whose behaviour is meant.
    pub release: Release,
}

/// A step that is being launched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepGrant {
    /// Job id.
    pub job_id: u32,
    /// Which step.
    pub step: StepId,
    /// Its nodes in order, each with the ranks of its tasks. One step daemon connects for each.
    pub layout: Vec<(String, Vec<u32>)>,
    /// Whose behaviour is meant.
    pub release: Release,
}
