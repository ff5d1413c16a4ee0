//! Batch scripts in containers.

mod script;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &script::STARTUP,
    &script::ARGUMENTS,
    &script::STREAMS,
    &script::CANCELLED,
    &script::STATE,
    &script::ARRAY,
];
