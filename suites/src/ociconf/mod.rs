//! `oci.conf` as a running step reads it.

mod printed;
mod text;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &text::ONE_LINE,
    &text::COMMENTS,
    &text::ESCAPES,
    &text::HALF_CREATE_START,
    &text::ANY_CASE,
    &text::LAST_WINS,
    &text::NEXT_STEP,
    &text::INCLUDE,
    &text::UNKNOWN_KEY,
    &text::BAD_BOOLEAN,
    &text::INCOMPLETE,
    &text::BOTH_MODES,
    &text::BAD_EXPRESSION,
    &text::IGNORE_WITHOUT_RUN,
    &text::OLD_NAMES,
    &printed::SINGULARITY_3,
];
