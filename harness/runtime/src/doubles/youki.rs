//! youki 0.7. Left out: exec, checkpoints, events, statistics, pause and update; control groups.

use std::ffi::OsString;
use std::path::PathBuf;

use super::operations::operate;
use super::options::{Found, Grammar, Odd, read};
use crate::builtin::Failed;

const GLOBAL: Grammar = Grammar {
    valued: &[&["root", "r"], &["log", "l"], &["log-format"], &["log-level"]],
    flags: &[&["debug"], &["systemd-cgroup", "s"], &["systemd-log"], &["version", "v"], &["help", "h"]],
    anywhere: false,
};
const LAUNCH: Grammar = Grammar {
    valued: &[&["bundle", "b"], &["console-socket"], &["pid-file", "p"], &["preserve-fds"]],
    flags: &[&["no-pivot"], &["no-new-keyring"], &["detach", "d"], &["no-subreaper"], &["keep"]],
    anywhere: true,
};
const KILL: Grammar = Grammar { valued: &[], flags: &[&["all", "a"]], anywhere: true };
const DELETE: Grammar = Grammar { valued: &[], flags: &[&["force", "f"]], anywhere: true };
const PLAIN: Grammar = Grammar { valued: &[], flags: &[], anywhere: true };

/// The exit code of a line that cannot be read, clap's.
const USAGE: i32 = 2;
/// That of a container that `run` cannot make.
const RUN_FAILED: i32 = 255;

/// Runs it; gives its exit code.
pub(super) fn run(args: &[OsString]) -> i32 {
    let found = match read(&GLOBAL, args) {
        Ok(found) => found,
        Err(odd) => return unread(&odd),
    };
    if found.has("version") {
        println!("youki version: 0.7.0\ncommit: double\nspec: 1.1.0");
        return 0;
    }
    let Some((command, rest)) = found.words.split_first().filter(|_| !found.has("help")) else {
        println!("Usage: youki [OPTIONS] [COMMAND]");
        return 0;
    };
    let command = command.to_string_lossy();
    let grammar = match command.as_ref() {
        "create" | "run" => &LAUNCH,
        "kill" => &KILL,
        "delete" => &DELETE,
        "start" | "state" => &PLAIN,
        other => {
            eprintln!("error: unrecognized subcommand '{other}'\n\nUsage: youki [OPTIONS] [COMMAND]");
            return USAGE;
        }
    };
    let own = match read(grammar, rest) {
        Ok(own) => own,
        Err(odd) => return unread(&odd),
    };
    let wanted =
        if command == "kill" { ["<CONTAINER_ID>", "<SIGNAL>"].as_slice() } else { &["<CONTAINER_ID>"] };
    if let Some(missing) = wanted.get(own.words.len()..).filter(|missing| !missing.is_empty()) {
        let missing = missing.join("\n  ");
        eprintln!(
            "error: the following required arguments were not provided:\n  {missing}\n\nUsage: youki {command}"
        );
        return USAGE;
    }
    let root = found.value("root").map_or_else(usual_root, PathBuf::from);
    match operate("youki", &root, &words(&command, &own)) {
        Ok(code) => code,
        Err(Failed::Interrupted(signal)) => 128 + signal,
        Err(failed) => {
            let what = match failed {
                Failed::NoContainer(id) => format!("container {id} does not exist."),
                Failed::Other(what) if command == "run" || command == "create" => {
                    format!("failed to create container: {what}")
                }
                Failed::Other(what) => what,
                Failed::Interrupted(_) => return USAGE,
            };
            eprintln!("ERROR youki: error in executing command: {what}\nError: {what} (double)");
            if command == "run" { RUN_FAILED } else { 1 }
        }
    }
}

/// The words of the built-in runtime, whose commands have the same names.
fn words(command: &str, own: &Found) -> Vec<OsString> {
    let mut words = vec![OsString::from(command)];
    for name in ["bundle", "console-socket", "pid-file", "preserve-fds"] {
        if let Some(value) = own.value(name) {
            words.extend([format!("--{name}").into(), value.clone()]);
        }
    }
    for name in ["all", "force", "detach"] {
        if own.has(name) {
            words.push(format!("--{name}").into());
        }
    }
    words.extend(own.words.iter().cloned());
    words
}

fn usual_root() -> PathBuf {
    let uid = nix::unistd::getuid();
    if uid.is_root() { "/run/youki".into() } else { format!("/run/user/{uid}/youki").into() }
}

fn unread(odd: &Odd) -> i32 {
    match odd {
        Odd::Unknown(option) => eprintln!("error: unexpected argument '{option}' found"),
        Odd::NoValue(option) => eprintln!("error: a value is required for '{option}' but none was supplied"),
    }
    eprintln!("\nFor more information, try '--help'.");
    USAGE
}
