//! A step daemon and its srun: the tasks' streams and ends one way, input and signals the other.
//!
//! Back-pressure is the socket's: neither side reads faster than it can hand on, so a task that writes to a stalled
//! terminal stops, as it would on a pipe.

use serde::{Deserialize, Serialize};

use crate::view::ExitCode;

/// The most bytes of a stream in one message.
pub const CHUNK: usize = 64 << 10;

/// An output stream of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Standard output, and all of a pty.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a step daemon says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromStep {
    /// First: who this is.
    Hello {
        /// The cookie of the step request.
        cookie: [u8; 16],
        /// The node's name.
        node: String,
    },
    /// Every task of the node was started.
    Launched {
        /// Their pids, in the order of their local ids.
        pids: Vec<u32>,
    },
    /// The step, or one task of it, could not be launched on this node.
    LaunchFailed {
        /// The errno that srun shows as text.
        errno: i32,
        /// A sentence that names path and cause; empty for releases that hold it back.
        message: String,
    },
    /// Bytes of a task; no bytes: the stream's end.
    Output {
        /// Rank.
        task: u32,
        /// Which stream.
        stream: Stream,
        /// At most [`CHUNK`] bytes.
        #[serde(with = "super::bytes")]
        bytes: Vec<u8>,
    },
    /// A line for srun's standard error, already with `slurmstepd: error: ` in front.
    Message(String),
    /// A task ended.
    TaskExit {
        /// Rank.
        task: u32,
        /// How.
        exit_code: ExitCode,
        /// Whether it dumped core.
        core: bool,
    },
    /// The step was cancelled: what srun prints as `*** STEP 1.0 ON n1 CANCELLED AT … ***`.
    Cancelled {
        /// Why: empty, `DUE TO TIME LIMIT`, `DUE TO NODE FAILURE` …
        why: String,
    },
    /// Last: all tasks have ended and all their output was sent. Clean-up may still go on.
    Finished,
}

/// What srun says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToStep {
    /// Bytes for the standard input of one task, or of every task of the node; no bytes: its end.
    Input {
        /// Rank; none for all.
        task: Option<u32>,
        /// At most [`CHUNK`] bytes.
        #[serde(with = "super::bytes")]
        bytes: Vec<u8>,
    },
    /// A signal for every task of the node.
    Signal(i32),
    /// The pty's new size: columns and rows.
    Window(u16, u16),
    /// `srun` gives up the step: end it with SIGTERM, then SIGKILL.
    Abort,
}

/// What srun asks of the streams when it hands a task its input, for tasks that are not to get any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum InputFor {
    /// Every task (srun's default).
    #[default]
    All,
    /// No task: /dev/null.
    None,
    /// One rank.
    Task(u32),
}
