//! Controller, nodes and step daemons among themselves.
//!
//! Orders go down (controller, node, step daemon) and reports come up. Between controller and node they cross a channel
//! when both are one process and `ctld.sock` when each is its own; a step daemon has them on its file descriptor 0.

use std::path::PathBuf;

use plimsoll_launcher::step::{StepId, StepSpec};
use plimsoll_pmi::plan::Plan;
use serde::{Deserialize, Serialize};

use super::stream::InputFor;
use crate::view::ExitCode;

/// A step of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepKey {
    /// The job.
    pub job_id: u32,
    /// Its step.
    pub step: StepId,
}

/// Everything a step daemon must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLaunch {
    /// The step, for the launcher.
    pub spec: StepSpec,
    /// Where its tasks' streams go.
    pub io: StepIo,
    /// Which ranks get srun's standard input.
    pub input: InputFor,
    /// Columns and rows of the pty.
    pub window: Option<(u16, u16)>,
    /// The umask of the tasks.
    pub umask: u32,
    /// Milliseconds between SIGTERM and SIGKILL (KillWait).
    pub kill_wait_millis: u64,
    /// UnkillableStepTimeout, milliseconds.
    pub unkillable_millis: u64,
    /// How its ranks find one another, where MPI was asked for.
    pub mpi: Option<Plan>,
}

/// The other end of the tasks' streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepIo {
    /// srun listens on this socket, and wants to hear the cookie first.
    Srun {
        /// The socket.
        socket: PathBuf,
        /// The first words.
        cookie: [u8; 16],
    },
    /// Files, of a batch step; they are named in the step's [`plimsoll_launcher::step::BatchFiles`].
    Files {
        /// Append to the output files instead of starting them anew.
        append: bool,
        /// The batch script's text, spooled by the node.
        script: Vec<u8>,
    },
}

/// What a step daemon is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepOrder {
    /// First, once.
    Launch(Box<StepLaunch>),
    /// A signal for the tasks, or for everything that the step started.
    Signal {
        /// Which.
        signal: i32,
        /// The tasks' descendants too.
        full: bool,
    },
    /// End it: SIGCONT and SIGTERM, then SIGKILL after KillWait. `why` is empty or `DUE TO TIME LIMIT` …
    Terminate {
        /// What the message adds.
        why: String,
        /// SIGKILL at once, as the releases end a step whose job goes on.
        now: bool,
        /// Whether the whole job goes, or this step alone.
        job: bool,
    },
    /// For the step's MPI server, from another node's.
    Peer {
        /// Index of that node in the step.
        from: u32,
        /// What.
        bytes: Vec<u8>,
    },
    /// For the step's MPI server: nothing more will come from that node.
    PeerGone(u32),
    /// A rank of the step has aborted: end all of it, with this exit code.
    Abort {
        /// The rank.
        rank: u32,
        /// As a process hands it on.
        code: u8,
    },
}

/// What a step daemon tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepReport {
    /// The tasks run.
    Launched,
    /// They do not.
    LaunchFailed {
        /// As a client shows it.
        errno: i32,
        /// A sentence.
        message: String,
    },
    /// The tasks have ended; the highest of their wait statuses.
    Ended(ExitCode),
    /// From the step's MPI server, for another node's, or for all others.
    Peer {
        /// Index of that node in the step.
        to: Option<u32>,
        /// What.
        bytes: Vec<u8>,
    },
    /// A rank of the step wants all of it to end.
    Abort {
        /// The rank.
        rank: u32,
        /// As a process hands it on.
        code: u8,
    },
    /// Nothing of the step is left. The daemon said so itself, or was lost and its node cleaned up.
    Gone {
        /// Whether the daemon was lost.
        lost: bool,
    },
}

/// What a node is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeOrder {
    /// The node.
    pub node: String,
    /// The step.
    pub key: StepKey,
    /// For its daemon.
    pub order: StepOrder,
}

/// What a node tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeReport {
    /// The node.
    pub node: String,
    /// The step.
    pub key: StepKey,
    /// From its daemon.
    pub report: StepReport,
}
