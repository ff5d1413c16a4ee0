//! The three streams of a step.

mod streams;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[&streams::APART, &streams::STDIN];
