//! The patterns of `oci.conf`, each expanded by the launcher of a running step.

mod letters;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[&letters::IDS];
