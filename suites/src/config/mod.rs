//! The `config.json` that the launcher makes from the bundle's.

mod rewrite;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[&rewrite::ARGS_AND_UNKNOWN];
