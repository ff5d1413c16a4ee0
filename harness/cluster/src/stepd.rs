//! The step daemon: one process a step and node.

use std::ffi::OsString;

/// Runs one step; gives the exit code of the process.
pub fn run(_args: &[OsString]) -> i32 {
    2
}
