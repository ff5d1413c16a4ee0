//! `sbatch`.

use std::ffi::OsString;

/// Runs `sbatch` with the arguments behind its name; gives its exit code.
pub fn run(_args: &[OsString]) -> i32 {
    eprintln!("sbatch: error: not built yet");
    1
}
