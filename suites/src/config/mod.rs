//! The `config.json` that the launcher makes from the bundle's.

mod hooks;
mod members;
mod rewrite;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &rewrite::ARGS_AND_UNKNOWN,
    &members::ROOT,
    &members::MOUNT,
    &members::MOUNT_POINT,
    &members::HOOKS,
    &members::ENV,
    &members::FORM,
    &members::UNTOUCHED,
    &members::IGNORED,
    &hooks::RUN,
];
