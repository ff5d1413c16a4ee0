//! The client commands: srun, sbatch, salloc, scancel, squeue, scontrol, sinfo and scrun.
//!
//! Each is a module with `run(args) -> exit code`; what they share is here beside them: the option tables
//! ([`options`]) and the way to the controller ([`connect`]).

use std::ffi::OsString;

pub mod allocate;
pub mod ask;
mod columns;
pub mod connect;
pub mod environment;
pub mod frames;
pub mod options;
pub mod place;
pub mod request;
pub mod salloc;
#[cfg(test)]
mod sample;
pub mod say;
pub mod sbatch;
pub mod scancel;
pub mod scontrol;
pub mod scrun;
pub mod signals;
pub mod sinfo;
pub mod squeue;
pub mod srun;
pub mod values;

/// Names under which the program is a client command.
pub const TOOLS: [&str; 8] = ["srun", "sbatch", "salloc", "scancel", "squeue", "scontrol", "sinfo", "scrun"];

/// Runs the client command `tool` with the arguments behind its name; gives its exit code.
pub fn run(tool: &str, args: &[OsString]) -> i32 {
    match tool {
        "srun" => srun::run(args),
        "sbatch" => sbatch::run(args),
        "salloc" => salloc::run(args),
        "scancel" => scancel::run(args),
        "squeue" => squeue::run(args),
        "scontrol" => scontrol::run(args),
        "sinfo" => sinfo::run(args),
        "scrun" => scrun::run(args),
        other => {
            eprintln!("{other}: error: no such client command; known are {}", TOOLS.join(", "));
            2
        }
    }
}
