//! Runtimes that fail, lie or hang, and what is left of them.

mod ended;
mod runtime;

pub(crate) use ended::left_in;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &runtime::NEVER_STARTED,
    &runtime::ODD_STATUS,
    &runtime::START_FAILS,
    &runtime::WARNS,
    &runtime::GRANDCHILDREN,
    &runtime::KILL_REACHED,
    &ended::KILLED_UNTIL_STOPPED,
    &ended::NOTHING_LEFT,
];
