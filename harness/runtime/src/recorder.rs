//! The recorder: stands in front of a runtime command and notes all it sees.

use std::ffi::OsString;

/// Runs `plimsoll record` with the arguments behind that word; gives the recorded command's exit code.
pub fn run(_args: &[OsString]) -> i32 {
    2
}
