//! The runtime's own operations, called on a node with nothing of Slurm's in between.

mod operations;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] =
    &[&operations::SUCCEED, &operations::STATES, &operations::PID, &operations::SIGNAL, &operations::REMOVED];
