//! The life of a step: its beginning, its end, its exit code.

mod command;
mod exit;
mod inside;
mod polling;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &exit::EXIT_CODE,
    &command::QUIET,
    &command::KILLED,
    &command::NOT_FOUND,
    &command::ARGUMENTS,
    &command::LOOKUP,
    &command::RUNTIME_CWD,
    &command::SHELL,
    &command::IGNORED,
    &command::NETWORK,
    &command::AS_USER,
    &command::RUN_CALLS,
    &command::CREATE_START_CALLS,
    &command::NO_RUNTIME,
    &command::NO_QUERY,
    &polling::NOT_POLLED,
    &inside::WORKING_DIRECTORY,
    &inside::READ_ONLY_ROOT,
];
