//! The forms in which a container is asked for.

mod forms;
mod nested;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &forms::SRUN,
    &forms::SBATCH,
    &nested::BATCH_STEP,
    &nested::BATCH_STEP_PRINTED,
    &nested::SALLOC,
    &nested::SALLOC_STEP,
    &nested::NESTED,
    &nested::NOT_INHERITED,
    &nested::VARIABLES,
    &nested::DIRECTIVE,
    &nested::REFUSED,
    &nested::RELATIVE,
    &nested::SHOWN,
    &nested::UNKNOWN_OPTION,
];
