//! The states of jobs and nodes, with their long and short names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a job or step stands (squeue(1), JOB STATE CODES).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum JobState {
    /// Waits for resources.
    Pending,
    /// Has its resources and runs.
    Running,
    /// Has its resources and is stopped.
    Suspended,
    /// Ended with exit code 0.
    Completed,
    /// Ended by its user or an administrator.
    Cancelled,
    /// Ended with another exit code.
    Failed,
    /// Ended by its time limit.
    Timeout,
    /// Ended by the loss of a node.
    NodeFail,
    /// Ended to make room.
    Preempted,
    /// Could not be launched.
    BootFail,
    /// Ended by its deadline.
    Deadline,
    /// Ended by its memory limit.
    OutOfMemory,
    /// Has ended, and its nodes are still cleaning up.
    Completing,
    /// Its nodes are being made ready.
    Configuring,
    /// Is held after a requeue.
    RequeueHold,
}

/// A state name that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid state specified: {0}")]
pub struct ParseStateError(pub String);

impl JobState {
    /// Every state with its long and its short name.
    const NAMES: [(JobState, &'static str, &'static str); 15] = [
        (JobState::Pending, "PENDING", "PD"),
        (JobState::Running, "RUNNING", "R"),
        (JobState::Suspended, "SUSPENDED", "S"),
        (JobState::Completed, "COMPLETED", "CD"),
        (JobState::Cancelled, "CANCELLED", "CA"),
        (JobState::Failed, "FAILED", "F"),
        (JobState::Timeout, "TIMEOUT", "TO"),
        (JobState::NodeFail, "NODE_FAIL", "NF"),
        (JobState::Preempted, "PREEMPTED", "PR"),
        (JobState::BootFail, "BOOT_FAIL", "BF"),
        (JobState::Deadline, "DEADLINE", "DL"),
        (JobState::OutOfMemory, "OUT_OF_MEMORY", "OOM"),
        (JobState::Completing, "COMPLETING", "CG"),
        (JobState::Configuring, "CONFIGURING", "CF"),
        (JobState::RequeueHold, "REQUEUE_HOLD", "RH"),
    ];

    fn names(self) -> (&'static str, &'static str) {
        let found = Self::NAMES.iter().find(|(state, ..)| *state == self);
        found.map_or(("UNKNOWN", "?"), |(_, long, short)| (long, short))
    }

    /// The long name: `RUNNING`.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// The short name: `R`.
    pub fn code(self) -> &'static str {
        self.names().1
    }

    /// Whether the job will do nothing more, its clean-up included.
    pub const fn is_over(self) -> bool {
        !matches!(
            self,
            Self::Pending
                | Self::Running
                | Self::Suspended
                | Self::Completing
                | Self::Configuring
                | Self::RequeueHold
        )
    }

    /// Whether it waits to be started.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Pending | Self::RequeueHold)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for JobState {
    type Err = ParseStateError;

    /// Reads a long or a short name in any case, as `squeue -t` does.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::NAMES
            .iter()
            .find(|(_, long, short)| long.eq_ignore_ascii_case(text) || short.eq_ignore_ascii_case(text))
            .map(|(state, ..)| *state)
            .ok_or_else(|| ParseStateError(text.to_owned()))
    }
}

/// What a node does, DRAIN and NOT_RESPONDING apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NodeState {
    /// Every CPU is given to jobs.
    Allocated,
    /// Some CPUs are given to jobs.
    Mixed,
    /// No CPU is given to jobs.
    Idle,
    /// Jobs have ended there and it is still cleaning up.
    Completing,
    /// Cannot be used.
    Down,
    /// Has not reported yet.
    Unknown,
}

impl NodeState {
    /// The long name: `IDLE`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allocated => "ALLOCATED",
            Self::Mixed => "MIXED",
            Self::Idle => "IDLE",
            Self::Completing => "COMPLETING",
            Self::Down => "DOWN",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// sinfo's short name: `idle`, `alloc`, `mix` …
    pub const fn code(self) -> &'static str {
        match self {
            Self::Allocated => "alloc",
            Self::Mixed => "mix",
            Self::Idle => "idle",
            Self::Completing => "comp",
            Self::Down => "down",
            Self::Unknown => "unk",
        }
    }

    /// Whether jobs have something of the node.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Allocated | Self::Mixed | Self::Completing)
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_in_both_spellings() {
        assert_eq!("pd".parse(), Ok(JobState::Pending));
        assert_eq!("OUT_OF_MEMORY".parse(), Ok(JobState::OutOfMemory));
        assert!("XX".parse::<JobState>().is_err());
        assert!(!JobState::Completing.is_over());
    }
}
