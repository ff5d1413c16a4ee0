//! The life of a step: its beginning, its end, its exit code.

mod exit;
mod polling;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[&exit::EXIT_CODE, &polling::NOT_POLLED];
