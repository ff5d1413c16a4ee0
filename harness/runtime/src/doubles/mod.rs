//! Doubles: programs with the command line of runtimes that cannot be had on every machine (arguments, exit codes, what they print,
//! the shape of their complaints), on what the built-in runtime can do. A test holds each against the real program where that is
//! installed.
//!
//! What the real ones do with images, registries, GPUs or privileges is not done here: each file says what is left out. A
//! double is never taken for the real thing: every report says which profile ran on one, and each complaint ends with
//! the word `double`.

mod charliecloud;
mod enroot;
mod enter;
mod operations;
mod options;
mod plugins;
mod runsc;
mod singularity;
mod youki;

use std::ffi::OsString;

/// The runtimes that there are doubles of, as profiles name them.
pub const NAMES: [&str; 11] = [
    "apptainer",
    "charliecloud",
    "enroot-3.3",
    "pyxis",
    "runsc",
    "sarus",
    "shifter",
    "singularity-3.8",
    "singularity-4.0",
    "singularity-4.1",
    "youki",
];

/// Runs the double that the first word names with the others as its command line; gives its exit code. `--state=DIR` may
/// stand between: where containers are noted by runtimes whose command line does not say it.
pub fn run(args: &[OsString]) -> i32 {
    let name = args.first().and_then(|word| word.to_str()).unwrap_or_default();
    let mut args = args.get(1..).unwrap_or_default();
    let mut state = None;
    if let Some(dir) = args.first().and_then(|word| word.to_str()?.strip_prefix("--state=")) {
        state = Some(dir.to_owned());
        args = &args[1..];
    }
    match name {
        "apptainer" => singularity::run(singularity::APPTAINER, state.as_deref(), args),
        "charliecloud" => charliecloud::run(args),
        "enroot-3.3" => enroot::run(args),
        "pyxis" => plugins::run(&plugins::PYXIS, args),
        "runsc" => runsc::run(args),
        "sarus" => plugins::sarus(args),
        "shifter" => plugins::run(&plugins::SHIFTER, args),
        "singularity-3.8" => singularity::run(singularity::V3_8, state.as_deref(), args),
        "singularity-4.0" => singularity::run(singularity::V4_0, state.as_deref(), args),
        "singularity-4.1" => singularity::run(singularity::V4_1, state.as_deref(), args),
        "youki" => youki::run(args),
        _ => {
            eprintln!("plimsoll double: there is no double of `{name}`; there are {}", NAMES.join(", "));
            2
        }
    }
}
