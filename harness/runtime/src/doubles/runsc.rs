//! gVisor's runsc in rootless mode. Left out: its own kernel (containers have the node's), checkpoints, exec, events, networks of
//! its own.

use std::ffi::OsString;
use std::path::PathBuf;

use super::operations::{operate, operate_on, with_user_namespace};
use super::options::{Found, Grammar, Odd, read};
use crate::builtin::Failed;

const GLOBAL: Grammar = Grammar {
    valued: &[
        &["root"],
        &["network"],
        &["platform"],
        &["log"],
        &["log-format"],
        &["debug-log"],
        &["file-access"],
    ],
    flags: &[&["rootless"], &["ignore-cgroups"], &["debug"], &["version"], &["strace"], &["systemd-cgroup"]],
    anywhere: false,
};
const LAUNCH: Grammar = Grammar {
    valued: &[&["bundle"], &["console-socket"], &["pid-file"], &["user-log"]],
    flags: &[&["detach"]],
    anywhere: false,
};
const KILL: Grammar = Grammar { valued: &[&["pid"]], flags: &[&["all"]], anywhere: false };
const DELETE: Grammar = Grammar { valued: &[], flags: &[&["force"]], anywhere: false };
const PLAIN: Grammar = Grammar { valued: &[], flags: &[], anywhere: false };

/// The exit code of everything that failed.
const FAILED: i32 = 128;
/// That of a line that cannot be read.
const USAGE: i32 = 2;

/// Runs it; gives its exit code.
pub(super) fn run(args: &[OsString]) -> i32 {
    let found = match read(&GLOBAL, args) {
        Ok(found) => found,
        Err(odd) => return unread(&odd),
    };
    if found.has("version") {
        println!("runsc version 0.0~20221219.0\nspec: 1.0.2-dev");
        return 0;
    }
    let Some((command, rest)) = found.words.split_first() else {
        println!("Usage: runsc <flags> <subcommand> <subcommand args>");
        return USAGE;
    };
    let command = command.to_string_lossy();
    let grammar = match command.as_ref() {
        "create" | "run" => &LAUNCH,
        "kill" => &KILL,
        "delete" => &DELETE,
        "start" | "state" => &PLAIN,
        _ => {
            println!("Usage: runsc <flags> <subcommand> <subcommand args>");
            return USAGE;
        }
    };
    let own = match read(grammar, rest) {
        Ok(own) => own,
        Err(odd) => return unread(&odd),
    };
    if own.words.is_empty() {
        println!("{command} needs the id of a container");
        return USAGE;
    }
    if command == "create" && found.has("rootless") {
        return complain("Rootless mode not supported with \"create\"");
    }
    let root = found.value("root").map_or_else(|| "/var/run/runsc".into(), PathBuf::from);
    let done = match own.value("bundle").filter(|_| matches!(command.as_ref(), "create" | "run")) {
        Some(bundle) => {
            operate_on("runsc", &root, &words(&command, &own), &PathBuf::from(bundle), with_user_namespace)
        }
        None => operate("runsc", &root, &words(&command, &own)),
    };
    match done {
        Ok(code) => code,
        Err(Failed::Interrupted(signal)) => 128 + signal,
        Err(Failed::NoContainer(id)) if command == "delete" => {
            complain(&format!("loading container \"{id}\": file does not exist"))
        }
        Err(Failed::NoContainer(_)) => complain("loading container: file does not exist"),
        Err(Failed::Other(what)) if command == "run" => {
            complain(&format!("running container: creating container: {what}"))
        }
        Err(Failed::Other(what)) => complain(&what),
    }
}

/// The words of the built-in runtime; the bundle goes its own way.
fn words(command: &str, own: &Found) -> Vec<OsString> {
    let mut words = vec![OsString::from(command)];
    for name in ["console-socket", "pid-file"] {
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

fn unread(odd: &Odd) -> i32 {
    let (Odd::Unknown(option) | Odd::NoValue(option)) = odd;
    let name = option.trim_start_matches('-');
    match odd {
        Odd::Unknown(_) => eprintln!("flag provided but not defined: -{name}"),
        Odd::NoValue(_) => eprintln!("flag needs an argument: -{name}"),
    }
    USAGE
}

fn complain(what: &str) -> i32 {
    eprintln!("{what} (double)");
    FAILED
}
