//! What there is to see before the command runs: who, where, with what streams, environment, bundle and spool directory.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, umask};
use nix::unistd::{getegid, geteuid, getgid, getgroups, getpid, getppid, getuid};
use plimsoll_launcher::Operation;

use super::args::Args;
use super::call::{Bytes, Call, Entry, SCHEMA, Spool, Stdio};

/// The most that is kept of a file: enough for any environment or config.json that a step has.
const FILE_KEPT: u64 = 1 << 20;

/// The most entries of a spool directory; Slurm's have five, a bundle of a user's own may hold a whole system.
const ENTRIES_KEPT: usize = 200;

/// How deep a spool directory is listed.
const DEPTH_KEPT: usize = 2;

/// All that is known before the command runs.
pub(super) fn before(args: &Args) -> Call {
    let cwd = std::env::current_dir().ok();
    let bundle = bundle(&args.command, cwd.as_deref());
    let file = |name: &str| bundle.as_ref().and_then(|dir| beginning(&dir.join(name)));
    Call {
        schema: SCHEMA.to_owned(),
        operation: args.operation,
        started: now(),
        pid: getpid().as_raw(),
        ppid: getppid().as_raw(),
        host: nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned(),
        argv: args.command.iter().map(|word| bytes(word)).collect(),
        env: environment(&args.assignments),
        uid: [getuid().as_raw(), geteuid().as_raw()],
        gid: [getgid().as_raw(), getegid().as_raw()],
        groups: getgroups().unwrap_or_default().into_iter().map(nix::unistd::Gid::as_raw).collect(),
        umask: read_umask(),
        stdio: [0, 1, 2].map(stdio),
        config: file("config.json").and_then(|text| serde_json::from_slice(&text).ok()),
        environment: file("environment").map(Bytes::from),
        spool: bundle.as_deref().map(spool),
        bundle: bundle.map(|dir| bytes(dir.as_os_str())),
        cwd: cwd.map(|dir| bytes(dir.as_os_str())),
        end: None,
    }
}

/// The present time: RFC 3339 with nine digits behind the point, so that texts sort as times do.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

/// What a file descriptor is.
pub(super) fn stdio(fd: u32) -> Stdio {
    let path = format!("/proc/self/fd/{fd}");
    let Ok(data) = fs::metadata(&path) else { return Stdio::Closed };
    let kind = data.file_type();
    if kind.is_fifo() {
        Stdio::Pipe
    } else if kind.is_socket() {
        Stdio::Socket
    } else if kind.is_file() {
        Stdio::File
    } else if kind.is_char_device() && is_terminal(fd) {
        Stdio::Tty
    } else if fs::read_link(&path).is_ok_and(|target| target == Path::new("/dev/null")) {
        Stdio::Null
    } else {
        Stdio::Other
    }
}

fn is_terminal(fd: u32) -> bool {
    use std::io::IsTerminal as _;
    match fd {
        0 => std::io::stdin().is_terminal(),
        1 => std::io::stdout().is_terminal(),
        _ => std::io::stderr().is_terminal(),
    }
}

/// The umask can only be read by setting it, which is no race in a process of one thread.
fn read_umask() -> u32 {
    let old = umask(Mode::empty());
    umask(old);
    old.bits()
}

/// The environment as it was handed over, with what the command line puts in front.
fn environment(assignments: &[(OsString, OsString)]) -> Vec<Bytes> {
    let mut entries: Vec<Bytes> = match fs::read("/proc/self/environ") {
        Ok(block) => {
            let entries = block.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
            entries.map(|entry| Bytes::from(entry.to_vec())).collect()
        }
        Err(_) => std::env::vars_os().map(|(name, value)| entry(&name, &value)).collect(),
    };
    entries.extend(assignments.iter().map(|(name, value)| entry(name, value)));
    entries
}

fn entry(name: &OsStr, value: &OsStr) -> Bytes {
    Bytes::from([name.as_bytes(), b"=", value.as_bytes()].concat())
}

fn bytes(text: &OsStr) -> Bytes {
    Bytes::from(text.to_os_string().into_vec())
}

/// The bundle that a command is about.
fn bundle(command: &[OsString], cwd: Option<&Path>) -> Option<PathBuf> {
    let mut words = command.iter();
    while let Some(word) = words.next() {
        let named = match word.as_bytes() {
            b"-b" | b"--bundle" => words.next().cloned(),
            other => other.strip_prefix(b"--bundle=").map(|rest| OsStr::from_bytes(rest).to_owned()),
        };
        if let Some(named) = named {
            return Some(cwd.map_or_else(|| PathBuf::from(&named), |dir| dir.join(&named)));
        }
    }
    let dir = cwd?;
    ["config.json", "environment"].iter().any(|name| dir.join(name).exists()).then(|| dir.to_owned())
}

fn beginning(path: &Path) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    fs::File::open(path).ok()?.take(FILE_KEPT).read_to_end(&mut text).ok()?;
    Some(text)
}

/// What is in a call's bundle now that its command has ended.
pub(super) fn spool_after(call: &Call) -> Option<Spool> {
    call.bundle.as_ref().map(|dir| spool(Path::new(OsStr::from_bytes(dir.as_bytes()))))
}

fn spool(dir: &Path) -> Spool {
    let mut spool = Spool { dir: bytes(dir.as_os_str()), entries: Vec::new(), truncated: false };
    for name in ["..", "."] {
        spool.entries.extend(describe(&dir.join(name), OsStr::new(name)));
    }
    list(dir, Path::new(""), 1, &mut spool);
    spool.entries.sort_by(|a, b| a.path.cmp(&b.path));
    spool
}

fn list(dir: &Path, below: &Path, depth: usize, spool: &mut Spool) {
    let Ok(listing) = fs::read_dir(dir.join(below)) else { return };
    for found in listing.flatten() {
        if spool.entries.len() >= ENTRIES_KEPT {
            spool.truncated = true;
            return;
        }
        let path = below.join(found.file_name());
        let Some(entry) = describe(&dir.join(&path), path.as_os_str()) else { continue };
        let folder = entry.kind == "dir";
        spool.entries.push(entry);
        if folder && depth < DEPTH_KEPT {
            list(dir, &path, depth + 1, spool);
        }
    }
}

fn describe(path: &Path, name: &OsStr) -> Option<Entry> {
    let data = fs::symlink_metadata(path).ok()?;
    let kind = data.file_type();
    let kind = match () {
        () if kind.is_dir() => "dir",
        () if kind.is_file() => "file",
        () if kind.is_symlink() => "link",
        () if kind.is_socket() => "socket",
        () if kind.is_fifo() => "fifo",
        () => "device",
    };
    Some(Entry {
        path: bytes(name),
        kind: kind.to_owned(),
        mode: format!("{:04o}", data.mode() & 0o7777),
        uid: data.uid(),
        gid: data.gid(),
        size: data.len(),
    })
}

/// Whether a stream of the command is copied on its way. The container inherits those of `create`, which would never see
/// their end; a terminal is not one any more when something stands between.
pub(super) fn not_captured(operation: Operation, stdio: [Stdio; 3]) -> Option<&'static str> {
    if operation == Operation::Create {
        Some("the container has the stream itself")
    } else if operation == Operation::Run && stdio[..2].contains(&Stdio::Tty) {
        Some("terminal")
    } else {
        None
    }
}
