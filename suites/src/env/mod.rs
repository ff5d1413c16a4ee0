//! The environment inside the container, and that of the runtime.

mod merge;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[&merge::BUNDLE_WINS];
