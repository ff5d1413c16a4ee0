//! Bundles that are broken or oddly named.

mod config;
mod paths;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &config::MISSING,
    &config::NO_CONFIG,
    &config::EMPTY,
    &config::CUT,
    &config::NOT_UTF8,
    &config::DEEP,
    &config::HUGE,
    &config::NOT_OBJECT,
    &config::NO_ROOT_PATH,
    &config::ENV_ENTRY,
    &config::MISSING_FOR_BATCH,
    &paths::SPACES,
    &paths::TRAILING_SLASH,
    &paths::SYMLINK,
];
