//! Several tasks, nodes, steps and jobs.

mod tasks;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &tasks::TWO_TASKS,
    &tasks::THREE_NODES,
    &tasks::HIGHEST_CODE,
    &tasks::BURST,
    &tasks::OWN_DIRECTORIES,
    &tasks::QUEUED,
    &tasks::TWO_STEPS,
];
