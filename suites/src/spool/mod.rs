//! The generated directories: their place, their owner, their end.

mod clean;
mod place;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &place::MODES,
    &place::CONTAINER_PATH,
    &place::IN_THE_WAY,
    &clean::CLEANED,
    &clean::KEPT,
    &clean::FOREIGN,
];
