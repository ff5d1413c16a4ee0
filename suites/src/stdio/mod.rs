//! The three streams of a step.

mod files;
mod streams;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &streams::APART,
    &streams::STDIN,
    &files::LABEL,
    &files::FILES,
    &files::NO_INPUT,
    &files::MUCH,
    &files::READER_GONE,
    &files::TERMINAL,
    &files::NO_TERMINAL,
    &files::CONTROLLING,
];
