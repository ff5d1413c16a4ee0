//! The environment inside the container, and that of the runtime.

mod apart;
mod filter;
mod merge;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &merge::BUNDLE_WINS,
    &filter::TASK_VARIABLES,
    &filter::SLURM_CONTAINER,
    &filter::SLURM_CONF,
    &filter::EXCLUDE,
    &filter::RUNTIME_EXCLUDE,
    &filter::FILE_NEWLINE,
    &filter::FILE_NULL,
    &filter::FILE_MODE,
    &filter::EXPORT_NONE,
    &apart::RUNTIME,
    &apart::DAEMON,
];
