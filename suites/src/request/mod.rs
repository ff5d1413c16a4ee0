//! The forms in which a container is asked for.

mod forms;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[&forms::SRUN, &forms::SBATCH];
