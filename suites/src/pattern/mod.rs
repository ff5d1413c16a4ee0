//! The patterns of `oci.conf`, each expanded by the launcher of a running step.

mod letters;
mod paths;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &letters::IDS,
    &letters::COMMAND,
    &paths::BUNDLE,
    &paths::ROOTFS,
    &paths::SPOOL,
    &paths::NUMBERS,
    &paths::UNKNOWN,
    &paths::WORK_DIR,
    &paths::BATCH_ID,
];
