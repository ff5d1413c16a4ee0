//! The rooms of this crate as a program of its own, for this crate's tests: `runtime …`, `faulty …`, `record …`, `isolate CMD…`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, exit};

use plimsoll_runtime::{builtin, faulty, isolate, recorder};

fn main() {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    exit(match args.first().and_then(|word| word.to_str()) {
        Some("runtime") => builtin::run("plimsoll runtime", rest),
        Some("double") => plimsoll_runtime::doubles::run(rest),
        Some("faulty") => faulty::run(rest),
        Some("record") => recorder::run(rest),
        Some("isolate") => isolated(rest),
        _ => 2,
    });
}

/// Becomes a command with private cgroups.
fn isolated(command: &[OsString]) -> i32 {
    let Some((program, args)) = command.split_first() else { return 2 };
    match isolate::private_cgroups() {
        Ok(_) => {
            eprintln!("{}: {}", program.display(), Command::new(program).args(args).exec());
            127
        }
        Err(error) => {
            eprintln!("{error}");
            1
        }
    }
}
