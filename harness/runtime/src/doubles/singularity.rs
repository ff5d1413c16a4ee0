//! Singularity 4.1 with its native runtime, 4.0 in OCI mode, 3.8 with its `oci` commands, and Apptainer. Left out: images (a
//! container is a root file system on disk), setuid, encryption, instances, GPUs, registries.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::enter::{Bind, Container, Failed, Inside, at, spelled, usual};
use super::operations::operate;
use super::options::{Found, Grammar, Odd, read};
use crate::builtin;

/// Which of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// The program's name.
    name: &'static str,
    version: &'static str,
    /// What its variables begin with.
    prefix: &'static str,
    /// Whether it has `oci` commands; 4.1 and Apptainer have them, and the guide does not use them.
    oci: bool,
}

pub(super) const V4_1: Kind =
    Kind { name: "singularity", version: "singularity-ce version 4.1.3", prefix: "SINGULARITY", oci: false };
pub(super) const V4_0: Kind =
    Kind { name: "singularity", version: "singularity-ce version 4.0.2", prefix: "SINGULARITY", oci: true };
pub(super) const V3_8: Kind =
    Kind { name: "singularity", version: "singularity version 3.8.0", prefix: "SINGULARITY", oci: true };
pub(super) const APPTAINER: Kind =
    Kind { name: "apptainer", version: "apptainer version 1.4.5", prefix: "APPTAINER", oci: false };

const GLOBAL: Grammar = Grammar {
    valued: &[&["config", "c"]],
    flags: &[
        &["version"],
        &["help", "h"],
        &["debug", "d"],
        &["quiet", "q"],
        &["silent", "s"],
        &["verbose", "v"],
    ],
    anywhere: false,
};
const EXEC: Grammar = Grammar {
    valued: &[&["bind", "B"], &["pwd", "cwd"], &["env"], &["home", "H"]],
    flags: &[
        &["userns", "u"],
        &["writable", "w"],
        &["cleanenv", "e"],
        &["contain", "c"],
        &["no-home"],
        &["fakeroot", "f"],
    ],
    anywhere: false,
};
const OCI: Grammar = Grammar {
    valued: &[
        &["bundle", "b"],
        &["pid-file"],
        &["signal", "s"],
        &["timeout", "t"],
        &["sync-socket"],
        &["log-path", "l"],
    ],
    flags: &[&["force", "f"]],
    anywhere: true,
};

/// The exit code of everything that failed at work.
const FATAL: i32 = 255;

/// Runs it; gives the exit code where it does not become the program.
pub(super) fn run(kind: Kind, state: Option<&str>, args: &[OsString]) -> i32 {
    let found = match read(&GLOBAL, args) {
        Ok(found) => found,
        Err(odd) => return unread(kind, kind.name, &odd),
    };
    if found.has("version") {
        println!("{}", kind.version);
        return 0;
    }
    let word = |at: usize| found.words.get(at).and_then(|word| word.to_str());
    match (word(0), word(1)) {
        (Some("version"), _) => println!("{}", kind.version.rsplit(' ').next().unwrap_or_default()),
        (Some("exec"), _) => return with(kind, "exec", &EXEC, &found.words[1..], |found| exec(kind, found)),
        (Some("oci"), Some(command)) if kind.oci => {
            return with(kind, command, &OCI, &found.words[2..], |found| oci(kind, state, command, found));
        }
        (Some(other), _) => {
            eprintln!("Error for command \"{}\": unknown command \"{other}\" for \"{0}\"", kind.name);
            return 1;
        }
        (None, _) => println!("Usage:\n  {} [global options...]", kind.name),
    }
    0
}

fn with(
    kind: Kind,
    command: &str,
    grammar: &Grammar,
    args: &[OsString],
    then: impl FnOnce(&Found) -> i32,
) -> i32 {
    match read(grammar, args) {
        Ok(found) => then(&found),
        Err(odd) => unread(kind, command, &odd),
    }
}

fn exec(kind: Kind, found: &Found) -> i32 {
    let Some((image, argv)) = found.words.split_first().filter(|(_, argv)| !argv.is_empty()) else {
        eprintln!("Error for command \"exec\": accepts at least 2 arg(s), received {}", found.words.len());
        return 1;
    };
    let Ok(rootfs) = std::fs::canonicalize(image) else {
        let image = image.display();
        return fatal(&format!(
            "could not open image {image}: failed to retrieve path for {image}: no such file or directory"
        ));
    };
    let mut binds = usual();
    let path = |path: &Path| Bind { if_there: true, ..at(path, path) };
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let here = std::env::current_dir().unwrap_or_else(|_| "/".into());
    if !found.has("contain") {
        binds.extend([path(Path::new("/tmp")), path(Path::new("/var/tmp"))]);
        binds.extend(home.as_deref().filter(|_| !found.has("no-home")).map(path));
        binds.push(path(&here));
    }
    binds.extend(
        ["/etc/hosts", "/etc/resolv.conf", "/etc/passwd", "/etc/group"].map(|file| path(Path::new(file))),
    );
    let variables = [format!("{}_BIND", kind.prefix), format!("{}_BINDPATH", kind.prefix)];
    let asked = variables.iter().filter_map(std::env::var_os).chain(found.values("bind").cloned());
    for list in asked {
        binds.extend(
            list.to_string_lossy().split(',').filter(|one| !one.is_empty()).map(|one| spelled(&one.into())),
        );
    }
    let container = Container {
        writable: found.has("writable"),
        inside: if found.has("fakeroot") { Inside::Root } else { Inside::Same },
        binds,
        cwd: found.value("pwd").map(PathBuf::from).into_iter().chain([here]).chain(home).collect(),
        env: environment(kind, found, &rootfs),
        argv: argv.to_vec(),
        rootfs,
    };
    fatal(&match container.become_program() {
        Failed::NoSource(path) | Failed::NoTarget(path) => {
            format!("container creation failed: mount {} error: no such file or directory", path.display())
        }
        Failed::Exec(name, cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            let name = name.display();
            if name.to_string().contains('/') {
                format!("stat {name}: no such file or directory")
            } else {
                format!("\"{name}\": executable file not found in $PATH")
            }
        }
        Failed::Exec(name, cause) => format!("exec {} failed: {cause}", name.display()),
        Failed::Setup(what, path, cause) => {
            format!("container creation failed: {what} {}: {cause}", path.display())
        }
    })
}

/// The host's environment goes in, but for the search path, which is the container's own, and what is the program's.
fn environment(kind: Kind, found: &Found, rootfs: &Path) -> Vec<(OsString, OsString)> {
    let own = |name: &str| name == "PATH" || name.starts_with(&format!("{}_", kind.prefix));
    let mut env: Vec<(OsString, OsString)> = std::env::vars_os()
        .filter(|(name, _)| !found.has("cleanenv") && !own(&name.to_string_lossy()))
        .collect();
    let mut add = |name: &str, value: OsString| env.push((name.into(), value));
    add("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into());
    add(&format!("{}_CONTAINER", kind.prefix), rootfs.into());
    add(&format!("{}_NAME", kind.prefix), rootfs.file_name().unwrap_or_default().into());
    add(&format!("{}_COMMAND", kind.prefix), "exec".into());
    for list in found.values("env") {
        let list = list.to_string_lossy().into_owned();
        for (name, value) in list.split(',').filter_map(|one| one.split_once('=')) {
            env.push((name.into(), value.into()));
        }
    }
    env
}

fn oci(kind: Kind, state: Option<&str>, command: &str, found: &Found) -> i32 {
    if !matches!(command, "run" | "create" | "start" | "state" | "kill" | "delete") {
        eprintln!("Error for command \"oci\": unknown command \"{command}\" for \"{} oci\"", kind.name);
        return 1;
    }
    if found.words.is_empty() {
        eprintln!("Error for command \"{command}\": accepts 1 arg(s), received 0");
        return 1;
    }
    let mut words = vec![OsString::from(command)];
    for name in ["bundle", "pid-file"] {
        if let Some(value) = found.value(name) {
            words.extend([format!("--{name}").into(), value.clone()]);
        }
    }
    words.extend(found.words.first().cloned());
    if command == "kill" {
        // A signal is an option or a second word; `--force` is SIGKILL.
        let signal = if found.has("force") { Some("KILL".into()) } else { found.value("signal").cloned() };
        words.extend(signal.or_else(|| found.words.get(1).cloned()));
    }
    let root = state.map_or_else(
        || PathBuf::from(format!("/run/user/{}/{}-oci", nix::unistd::getuid(), kind.name)),
        PathBuf::from,
    );
    match operate(kind.name, &root, &words) {
        Ok(code) => code,
        Err(builtin::Failed::Interrupted(signal)) => 128 + signal,
        Err(builtin::Failed::NoContainer(id)) => fatal(&format!("no instance found with name {id}")),
        Err(builtin::Failed::Other(what)) => fatal(&what),
    }
}

fn unread(kind: Kind, command: &str, odd: &Odd) -> i32 {
    let what = match odd {
        Odd::Unknown(option) if option.starts_with("--") => format!("unknown flag: {option}"),
        Odd::Unknown(option) => {
            format!("unknown shorthand flag: '{}' in {option}", option.trim_start_matches('-'))
        }
        Odd::NoValue(option) => format!("flag needs an argument: {option}"),
    };
    eprintln!(
        "Error for command \"{command}\": {what}\n\nRun '{} --help' for more detailed usage information.",
        kind.name
    );
    1
}

fn fatal(what: &str) -> i32 {
    eprintln!("FATAL:   {what} (double)");
    FATAL
}
