//! Runtimes and nodes with something the matter: what a user must see, and that it ends.

mod limits;
mod node;
mod operations;
mod program;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &program::NOT_EXECUTABLE,
    &program::NO_INTERPRETER,
    &program::KILLED,
    &program::CLOSES_STREAMS,
    &program::LEAVES_CHILDREN,
    &program::IGNORES_TERM,
    &program::TALKS_MUCH,
    &operations::ANSWERS_NOTHING,
    &operations::ANSWERS_HALF,
    &operations::ANSWERS_UNKNOWN,
    &operations::ANSWERS_UPPER_CASE,
    &operations::ANSWERS_HUGE,
    &operations::ANSWERS_LATE,
    &operations::CREATE_FAILS,
    &operations::RUNS_FOR_EVER,
    &node::CONFIG_THERE,
    &node::SPOOL_UNWRITABLE,
    &node::NO_RUNTIME_ROOT,
    &limits::DISK_FULL,
];
