//! enroot 3.3: `import`, `create` and `start` as far as a start wrapper calls them. Left out: registries (an import fails as
//! without a network), hooks, configuration files, terminals of its own. A container is a folder of the data path.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::enter::{Bind, Container, Failed, Inside, at, lines, spelled, usual};
use super::options::{Found, Grammar, Odd, read};

const IMPORT: Grammar = Grammar { valued: &[&["output", "o"], &["arch", "a"]], flags: &[], anywhere: true };
const CREATE: Grammar = Grammar { valued: &[&["name", "n"]], flags: &[&["force", "f"]], anywhere: true };
const START: Grammar = Grammar {
    valued: &[&["conf", "rc", "c"], &["env", "e"], &["mount", "m"]],
    flags: &[&["root", "r"], &["rw", "w"]],
    anywhere: false,
};

/// Runs it; gives the exit code where it does not become the program.
pub(super) fn run(args: &[OsString]) -> i32 {
    let behind = args.get(1..).unwrap_or_default();
    match args.first().and_then(|word| word.to_str()) {
        Some("version") => {
            println!("3.3.0");
            0
        }
        Some("import") => with(&IMPORT, behind, import),
        Some("create") => with(&CREATE, behind, create),
        Some("start") => with(&START, behind, start),
        Some("help") | None => {
            println!("Usage: enroot COMMAND [ARG...]");
            i32::from(args.is_empty())
        }
        Some(other) => complain(&format!("Invalid argument: {other}")),
    }
}

fn with(grammar: &Grammar, args: &[OsString], command: fn(&Found) -> i32) -> i32 {
    match read(grammar, args) {
        Ok(found) => command(&found),
        Err(Odd::Unknown(option) | Odd::NoValue(option)) => complain(&format!("Invalid argument: {option}")),
    }
}

fn import(found: &Found) -> i32 {
    let uri = found.words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    if ["docker://", "dockerd://", "podman://"].iter().any(|scheme| uri.starts_with(scheme)) {
        return complain(&format!("Could not process {uri}: no registry can be reached"));
    }
    complain(&format!("Invalid argument: {uri}"))
}

fn create(found: &Found) -> i32 {
    let Some(image) = found.words.first().map(PathBuf::from) else { return complain("Invalid argument: ") };
    if !image.is_file() {
        return complain(&format!("No such file or directory: {}", image.display()));
    }
    let stem = image.file_stem().unwrap_or_default().to_owned();
    let rootfs = data_path().join(found.value("name").cloned().unwrap_or(stem));
    if rootfs.exists() && !found.has("force") {
        return complain(&format!("File already exists: {}", rootfs.display()));
    }
    let mut unpack = Command::new("unsquashfs");
    unpack.args(["-no-progress", "-user-xattrs", "-d"]).arg(&rootfs).arg(&image).stdout(Stdio::null());
    match unpack.status() {
        Ok(status) if status.success() => 0,
        Ok(_) => complain(&format!("Could not unpack {}", image.display())),
        Err(_) => complain("Command not found: unsquashfs"),
    }
}

fn start(found: &Found) -> i32 {
    let Some((name, argv)) = found.words.split_first() else { return complain("Invalid argument: ") };
    // A path is an image; the real one mounts it.
    if PathBuf::from(name).components().count() != 1 {
        let why =
            if PathBuf::from(name).is_file() { "Command not found: squashfuse" } else { "Invalid argument" };
        return complain(&format!("{why}: {}", name.display()));
    }
    let rootfs = data_path().join(name);
    if !rootfs.is_dir() {
        return complain(&format!("No such file or directory: {}", rootfs.display()));
    }
    let yes =
        |name: &str| std::env::var(name).is_ok_and(|value| matches!(value.as_str(), "y" | "yes" | "true"));
    let container = Container {
        writable: found.has("rw") || yes("ENROOT_ROOTFS_WRITABLE"),
        inside: if found.has("root") || yes("ENROOT_REMAP_ROOT") { Inside::Root } else { Inside::Same },
        binds: usual()
            .into_iter()
            .chain(
                ["/tmp", "/etc/hosts", "/etc/resolv.conf"]
                    .map(|path| Bind { if_there: true, ..at(path, path) }),
            )
            .chain(found.values("mount").map(spelled))
            .collect(),
        cwd: vec!["/".into()],
        env: environment(found),
        argv: if argv.is_empty() { vec!["/bin/sh".into()] } else { argv.to_vec() },
        rootfs,
    };
    complain(&match container.become_program() {
        Failed::NoSource(path) | Failed::NoTarget(path) => {
            format!("No such file or directory: {}", path.display())
        }
        Failed::Exec(name, cause) => format!("failed to execute: {}: {cause}", name.display()),
        Failed::Setup(what, path, cause) => format!("failed to {what}: {}: {cause}", path.display()),
    })
}

/// The environment inside is not the host's: a file's, and what options add.
fn environment(found: &Found) -> Vec<(OsString, OsString)> {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let mut env: Vec<(OsString, OsString)> = vec![("PATH".into(), path.into())];
    if let Some(text) = std::env::var_os("ENROOT_ENVIRON").and_then(|file| fs::read(file).ok()) {
        env.extend(lines(&text));
    }
    for variable in found.values("env") {
        let text = variable.to_string_lossy();
        match text.split_once('=') {
            Some((key, value)) => env.push((key.into(), value.into())),
            None => env.extend(std::env::var_os(variable).map(|value| (variable.clone(), value))),
        }
    }
    // The last of a name wins.
    let mut kept: Vec<(OsString, OsString)> = Vec::new();
    for (key, value) in env {
        kept.retain(|(known, _)| *known != key);
        kept.push((key, value));
    }
    kept
}

fn data_path() -> PathBuf {
    std::env::var_os("ENROOT_DATA_PATH").map_or_else(|| PathBuf::from("."), PathBuf::from)
}

fn complain(what: &str) -> i32 {
    eprintln!("[ERROR] {what} (double)");
    1
}
