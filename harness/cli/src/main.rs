//! The `plimsoll` program: argument parsing and wiring only.
//!
//! Called by the name of a Slurm client command or of a runtime it is that program; otherwise it is `plimsoll`.

mod face;

use std::ffi::OsString;
use std::path::Path;
use std::process::exit;

use plimsoll_cluster::containers::{agent, enter};
use plimsoll_cluster::{client, daemon, deviant, slurm, stepd};
use plimsoll_runtime::{builtin, doubles, faulty, recorder};

fn main() {
    let args: Vec<OsString> = std::env::args_os().collect();
    let name = args.first().and_then(|arg| Path::new(arg).file_name()?.to_str()).unwrap_or("plimsoll");
    let rest = args.get(1..).unwrap_or_default();
    exit(dispatch(name, rest));
}

/// Chooses the program by the name it was called by, then by its first argument. The hidden words come before any
/// argument parser is built: they are on the path of every container start.
fn dispatch(name: &str, args: &[OsString]) -> i32 {
    if client::TOOLS.contains(&name) {
        return client::run(name, args);
    }
    if matches!(name, "crun" | "runc") {
        return builtin::run(name, args);
    }
    let behind = args.get(1..).unwrap_or_default();
    match args.first().and_then(|word| word.to_str()) {
        // The recorder's help is part of the face; everything else of it is not.
        Some("record") if !asks_for_help(behind) => recorder::run(behind),
        Some("runtime") => builtin::run("plimsoll runtime", behind),
        Some("double") => doubles::run(behind),
        // Wrong on purpose: named by what `plimsoll selftest` writes, and by nothing else.
        Some("faulty") => faulty::run(behind),
        Some("deviant") => deviant::run(behind),
        Some("mockd") => daemon::run(behind),
        Some("enter") => enter::run(behind),
        Some("node") => agent::run(behind),
        Some("needs") => plimsoll_suites::need::print(behind),
        Some("keeper") => slurm::keep(behind),
        Some("daemon") => slurm::enter(behind),
        Some("stepd") => stepd::run(behind),
        Some("mpid") => plimsoll_pmi::server::run(behind),
        Some(tool) if client::TOOLS.contains(&tool) => client::run(tool, behind),
        _ => face::run(args),
    }
}

fn asks_for_help(args: &[OsString]) -> bool {
    args.first().is_some_and(|arg| arg == "--help" || arg == "-h")
}
