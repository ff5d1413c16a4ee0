//! The step daemon: one process a step and node, of one thread.
//!
//! It reads its orders from file descriptor 0, prepares the step with the launcher, carries the tasks' streams to srun or
//! to files, and leaves when nothing of the step is left.

mod finish;
mod io;
mod launch;
mod link;
mod mpi;
mod run;
mod tasks;
pub mod words;

use std::ffi::OsString;

pub use mpi::folder as mpi_folder;

/// What the name of a step daemon's process begins with as soon as it has a step.
pub const WITH_STEP: &str = "stepd-";

/// Runs one step; gives the exit code of the process.
pub fn run(_args: &[OsString]) -> i32 {
    run::main()
}
