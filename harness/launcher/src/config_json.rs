//! The bundle's `config.json`: read with a name for everything that can be wrong, and rewritten for a task.
//!
//! Worked on as JSON and not as oci-spec's types: members that those do not know must survive (rule L-TASK-4), and what is
//! no valid configuration is the runtime's to refuse, as it would with Slurm.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::Release;
use crate::env::{self, Env};
use crate::step::BatchFiles;

/// The longest file that is read: a thousand times what image tools write.
pub const MAX_BYTES: u64 = 16 << 20;

/// A `config.json` that a step cannot be launched with. Each text names the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {}: {}", .0.display(), errno(.1).desc())]
    Unreadable(PathBuf, io::Error),
    /// A directory, a FIFO, a device.
    #[error("{} is no regular file", .0.display())]
    NotFile(PathBuf),
    /// Longer than [`MAX_BYTES`].
    #[error("{} is longer than {MAX_BYTES} bytes", .0.display())]
    Huge(PathBuf),
    /// It holds nothing.
    #[error("{} is empty", .0.display())]
    Empty(PathBuf),
    /// Bytes that are no text.
    #[error("{} is not UTF-8: byte {} is no text", .0.display(), .1)]
    NotText(PathBuf, usize),
    /// Text that is no JSON.
    #[error("{} is not JSON: {}", .0.display(), .1)]
    NotJson(PathBuf, serde_json::Error),
    /// JSON of another kind.
    #[error("{} holds no JSON object", .0.display())]
    NotObject(PathBuf),
    /// A member of another kind than it must be, or a missing one.
    #[error("{}: {}", .0.display(), .1)]
    Member(PathBuf, String),
}

fn errno(error: &io::Error) -> nix::errno::Errno {
    nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

impl ConfigError {
    /// The errno that Slurm's clients show; -1 is Slurm's own, without a number.
    pub fn errno(&self, release: Release) -> i32 {
        let old = !release.at_least(Release::V23_02);
        match self {
            _ if release.is_later() => -1,
            Self::Unreadable(_, error) => error.raw_os_error().unwrap_or(libc::EIO),
            // 22.05 maps the file into memory.
            Self::NotFile(path) if old && path.is_dir() => libc::ENODEV,
            Self::NotJson(..) | Self::NotText(..) | Self::NotObject(_) | Self::Member(..) if old => -1,
            Self::NotFile(path) if path.is_dir() => libc::EISDIR,
            Self::Huge(_) => libc::EFBIG,
            _ => libc::EINVAL,
        }
    }
}

/// Reads `BUNDLE/config.json` (rule L-SET-3).
pub fn load(bundle: &Path) -> Result<Value, ConfigError> {
    let path = bundle.join("config.json");
    let unreadable = |error| ConfigError::Unreadable(path.clone(), error);
    let mut bytes = Vec::new();
    // Not to be held up by a FIFO that nobody writes to.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(&path)
        .map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(ConfigError::NotFile(path));
    }
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    parse(path, bytes)
}

fn parse(path: PathBuf, bytes: Vec<u8>) -> Result<Value, ConfigError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ConfigError::Huge(path));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(ConfigError::NotText(path, error.utf8_error().valid_up_to())),
    };
    if text.trim().is_empty() {
        return Err(ConfigError::Empty(path));
    }
    match serde_json::from_str(&text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(ConfigError::NotObject(path)),
        Err(error) => Err(ConfigError::NotJson(path, error)),
    }
}

/// The root file system, absolute (rule L-SET-5). 22.05 looks at no `root.path`.
pub fn rootfs(config: &Value, bundle: &Path, release: Release) -> Result<PathBuf, ConfigError> {
    if !release.at_least(Release::V23_02) {
        return Ok(bundle.join("rootfs"));
    }
    match config.pointer("/root/path").and_then(Value::as_str) {
        // Put together, whatever the bundle's path ends with.
        Some(path) if release.is_later() && !path.starts_with('/') => {
            let mut whole = bundle.as_os_str().to_owned();
            whole.push("/");
            whole.push(path);
            Ok(whole.into())
        }
        Some(path) if !path.is_empty() => Ok(bundle.join(path)),
        _ => Err(ConfigError::Member(
            bundle.join("config.json"),
            "root.path is missing or no string".to_owned(),
        )),
    }
}

/// What a task's `config.json` is made from, beside the bundle's.
#[derive(Debug)]
pub struct Task<'a> {
    /// Whether a pty was asked for.
    pub pty: bool,
    /// Absolute root file system.
    pub rootfs: &'a Path,
    /// Where the spool directory appears inside, and what appears there. 22.05 has no such mount.
    pub spool: Option<(PathBuf, &'a Path)>,
    /// Of a batch step: its files.
    pub batch: Option<&'a BatchFiles>,
    /// Kinds of hooks to remove.
    pub disable_hooks: &'a [String],
    /// The final environment.
    pub env: &'a Env,
    /// Command and arguments.
    pub argv: &'a [OsString],
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn bind(source: &Path, destination: &str, options: &[&str]) -> Value {
    json!({ "destination": destination, "type": "none", "source": text(source), "options": options })
}

/// The member of an object, made where it is missing or of another kind.
fn object<'a>(value: &'a mut Value, name: &str) -> &'a mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    // Just made sure of.
    let member = value.as_object_mut().map(|map| map.entry(name).or_insert_with(|| json!({})));
    match member {
        Some(member) => {
            if !member.is_object() {
                *member = json!({});
            }
            member.as_object_mut().unwrap_or_else(|| unreachable!("it was just made an object"))
        }
        None => unreachable!("it was just made an object"),
    }
}

/// The environment as `process.env` holds it. 22.05 keeps the bundle's own entries, whatever they are, before the step's.
fn process_env(config: &Value, env: &Env, release: Release) -> Vec<Value> {
    let own = config.pointer("/process/env").and_then(Value::as_array);
    let kept = own.filter(|_| !release.at_least(Release::V23_02)).cloned().unwrap_or_default();
    let text = |entry: OsString| Value::from(entry.to_string_lossy().into_owned());
    kept.into_iter().chain(env::strings(env).map(text)).collect()
}

/// Makes a task's `config.json` by the changes of rule L-TASK-4 and no others. JSON is text: bytes of the environment or the
/// arguments that are none are replaced.
pub fn rewrite(mut config: Value, task: &Task<'_>, release: Release) -> Value {
    let terminal = task.pty && release.at_least(Release::V23_11);
    let strings = |strings: &mut dyn Iterator<Item = OsString>| -> Value {
        strings.map(|text| Value::from(text.to_string_lossy().into_owned())).collect()
    };
    object(&mut config, "process").insert("terminal".to_owned(), Value::Bool(terminal));
    object(&mut config, "root").insert("path".to_owned(), Value::from(text(task.rootfs)));
    let mut mounts = match config.get_mut("mounts").map(Value::take) {
        Some(Value::Array(mounts)) => mounts,
        _ => Vec::new(),
    };
    if let Some((destination, source)) = &task.spool {
        mounts.push(bind(source, &text(destination), &["bind"]));
    }
    if let Some(batch) = task.batch {
        let streams = [(&batch.stdin, "stdin"), (&batch.stdout, "stdout"), (&batch.stderr, "stderr")];
        for (file, name) in streams.into_iter().filter(|(file, _)| *file != Path::new("/dev/null")) {
            mounts.push(bind(file, &format!("/tmp/slurm/{name}"), &["bind"]));
        }
        mounts.push(bind(&batch.script, STARTUP, &["bind", "ro"]));
    }
    if let Some(map) = config.as_object_mut() {
        map.insert("mounts".to_owned(), Value::Array(mounts));
    }
    // Parsed and of no effect in the releases that have it: R-OPEN-1.
    if !release.has_open_defects()
        && let Some(hooks) = config.get_mut("hooks").and_then(Value::as_object_mut)
    {
        hooks
            .retain(|kind, _| !task.disable_hooks.iter().any(|disabled| disabled.eq_ignore_ascii_case(kind)));
    }
    let args = match task.batch {
        Some(_) => {
            strings(&mut std::iter::once(OsString::from(STARTUP)).chain(task.argv.iter().skip(1).cloned()))
        }
        None => strings(&mut task.argv.iter().cloned()),
    };
    let env = process_env(&config, task.env, release);
    let process = object(&mut config, "process");
    process.insert("env".to_owned(), Value::Array(env));
    process.insert("args".to_owned(), args);
    config
}

/// Where a batch script appears inside its container.
pub const STARTUP: &str = "/tmp/slurm/startup";

/// The bytes of the file: pretty up to 24.11, compact from 25.05 on.
pub fn bytes(config: &Value, release: Release) -> Vec<u8> {
    let written = if release.at_least(Release::V25_05) {
        serde_json::to_vec(config)
    } else {
        serde_json::to_vec_pretty(config)
    };
    // A `Value` has string keys and finite numbers only, which is all that can fail.
    written.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn parsed(bytes: &[u8]) -> Result<Value, ConfigError> {
        parse("/b/config.json".into(), bytes.to_vec())
    }

    #[rstest]
    #[case(b"", "/b/config.json is empty")]
    #[case(b" \n", "/b/config.json is empty")]
    #[case(b"{\"a\":", "/b/config.json is not JSON: EOF while parsing a value at line 1 column 5")]
    #[case(b"[]", "/b/config.json holds no JSON object")]
    #[case(b"{\"a\":\"\xff\"}", "/b/config.json is not UTF-8: byte 6 is no text")]
    fn what_is_wrong_is_named(#[case] bytes: &[u8], #[case] message: &str) {
        assert_eq!(parsed(bytes).unwrap_err().to_string(), message);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parsed(deep.as_bytes()).unwrap_err().to_string().contains("recursion limit exceeded"));
        let huge = vec![b' '; usize::try_from(MAX_BYTES).unwrap() + 1];
        assert_eq!(parsed(&huge).unwrap_err().errno(Release::Guide), libc::EFBIG);
    }

    fn batch() -> BatchFiles {
        BatchFiles {
            script: "/spool/job00007/slurm_script".into(),
            stdin: "/dev/null".into(),
            stdout: "/home/o".into(),
            stderr: "/home/e".into(),
        }
    }

    fn rewritten(config: Value, batch: Option<&BatchFiles>, release: Release) -> Value {
        let env: Env = vec![("A".into(), "1".into())];
        let task = Task {
            pty: true,
            rootfs: Path::new("/b/rootfs"),
            spool: release
                .at_least(Release::V23_02)
                .then(|| ("/var/run/slurm/".into(), Path::new("/spool/t0"))),
            batch,
            disable_hooks: &["prestart".to_owned()],
            env: &env,
            argv: &["cmd".into(), "arg".into()],
        };
        rewrite(config, &task, release)
    }

    #[rstest]
    fn a_rewritten_config(
        #[values(Release::V22_05, Release::V23_02, Release::V24_11, Release::Guide)] release: Release,
    ) {
        let config = json!({
            "ociVersion": "1.0.0",
            "x-unknown": [1, {"y": null}],
            "root": { "path": "rootfs", "readonly": true },
            "mounts": [{ "destination": "/proc" }],
            "hooks": { "prestart": [{ "path": "/a" }], "poststop": [{ "path": "/b" }] },
            "process": { "args": ["sh"], "cwd": "/w", "env": ["OLD=1"] },
        });
        insta::assert_json_snapshot!(format!("rewritten_{release}"), rewritten(config, None, release));
    }

    #[test]
    fn a_batch_step_sees_its_files() {
        let config = rewritten(json!({ "mounts": "none" }), Some(&batch()), Release::Guide);
        insta::assert_json_snapshot!(config);
    }

    #[test]
    fn the_root_is_made_absolute() {
        let config = json!({ "root": { "path": "fs" } });
        assert_eq!(rootfs(&config, Path::new("/b"), Release::Guide).unwrap(), Path::new("/b/fs"));
        assert_eq!(rootfs(&config, Path::new("/b"), Release::V22_05).unwrap(), Path::new("/b/rootfs"));
        let absolute = json!({ "root": { "path": "/fs" } });
        assert_eq!(rootfs(&absolute, Path::new("/b"), Release::Guide).unwrap(), Path::new("/fs"));
        assert!(rootfs(&json!({}), Path::new("/b"), Release::Guide).is_err());
    }
}
