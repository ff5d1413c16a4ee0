//! The evidence of one call of a runtime, as it is written and read: schema `plimsoll.call/1.1`. 1.1 added [`End::spool`].

use std::fs;
use std::path::{Path, PathBuf};

use plimsoll_launcher::Operation;
use serde::{Deserialize, Serialize};

/// Name and version of the format; a reader takes every minor version of its major one.
pub const SCHEMA: &str = "plimsoll.call/1.1";

const SCHEMA_MAJOR: &str = "plimsoll.call/1.";

/// Bytes that are mostly text: a JSON string where they are UTF-8, else `{"bytes": […]}`, so that nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bytes {
    /// They are UTF-8.
    Text(String),
    /// They are not.
    Raw {
        /// One by one.
        bytes: Vec<u8>,
    },
}

impl Bytes {
    /// As they are.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Bytes::Text(text) => text.as_bytes(),
            Bytes::Raw { bytes } => bytes,
        }
    }

    /// As text, what is not UTF-8 replaced.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(self.as_bytes()).into_owned()
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Bytes::Text(text),
            Err(error) => Bytes::Raw { bytes: error.into_bytes() },
        }
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Bytes::Text(text.to_owned())
    }
}

/// One call. What was there before the command ran; [`Self::end`] is added when it has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// [`SCHEMA`].
    pub schema: String,
    /// What the command was for.
    pub operation: Operation,
    /// When it began: RFC 3339 in UTC, to the nanosecond.
    pub started: String,
    /// Pid that the command's parent sees: the recorder's.
    pub pid: i32,
    /// Pid of that parent.
    pub ppid: i32,
    /// Node name as the kernel says it.
    pub host: String,
    /// The command line.
    pub argv: Vec<Bytes>,
    /// The environment: `NAME=value` entries in their order, doubled ones doubled.
    pub env: Vec<Bytes>,
    /// Real and effective user.
    pub uid: [u32; 2],
    /// Real and effective group.
    pub gid: [u32; 2],
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// File creation mask.
    pub umask: u32,
    /// Working directory; none where it cannot be told.
    pub cwd: Option<Bytes>,
    /// What standard input, output and error are.
    pub stdio: [Stdio; 3],
    /// The bundle in the command line (behind `-b` or `--bundle`), else the working directory where it holds a
    /// `config.json` or an `environment`.
    pub bundle: Option<Bytes>,
    /// `config.json` of the bundle, where it is there and JSON.
    pub config: Option<serde_json::Value>,
    /// The file `environment` of the bundle, its beginning where it is long.
    pub environment: Option<Bytes>,
    /// What is in the bundle.
    pub spool: Option<Spool>,
    /// How it ended; none while it runs, and when the recorder was killed.
    pub end: Option<End>,
}

/// What a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stdio {
    /// A terminal.
    Tty,
    /// A pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A regular file.
    File,
    /// `/dev/null`.
    Null,
    /// Something else.
    Other,
    /// Nothing.
    Closed,
}

/// The folder of the bundle: in Slurm's steps the task's spool directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spool {
    /// Where it is.
    pub dir: Bytes,
    /// What is in it, by path; `.` is the folder and `..` the one above.
    pub entries: Vec<Entry>,
    /// Whether there was more than is listed.
    pub truncated: bool,
}

/// One file of the spool directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Path below the folder.
    pub path: Bytes,
    /// `file`, `dir`, `link`, `socket`, `fifo` or `device`.
    pub kind: String,
    /// Permission bits, written in octal: `0750`.
    pub mode: String,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Length in bytes.
    pub size: u64,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// When: RFC 3339 in UTC.
    pub ended: String,
    /// Wall time in microseconds, by the monotonic clock.
    pub micros: u64,
    /// Exit code; none when a signal ended it.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Why the command could not be started.
    pub error: Option<String>,
    /// What it wrote to standard output.
    pub stdout: Stream,
    /// What it wrote to standard error.
    pub stderr: Stream,
    /// What was in the bundle then; [`Call::spool`] says what was there before.
    #[serde(default)]
    pub spool: Option<Spool>,
}

/// What went through a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Its beginning.
    pub data: Bytes,
    /// How many bytes there were in all.
    pub total: u64,
    /// Whether `data` is only the beginning.
    pub truncated: bool,
    /// Why nothing was captured: `terminal`, or that the container has the stream itself.
    pub not_captured: Option<String>,
}

impl Call {
    /// The value of a variable in its environment; of a doubled one the last, as most programs take it.
    pub fn var(&self, name: &str) -> Option<String> {
        let value = |entry: &Bytes| {
            let text = entry.to_text();
            text.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).map(str::to_owned)
        };
        self.env.iter().rev().find_map(value)
    }

    /// The command line as text.
    pub fn words(&self) -> Vec<String> {
        self.argv.iter().map(Bytes::to_text).collect()
    }

    /// Exit code, where it ended with one.
    pub fn exit(&self) -> Option<i32> {
        self.end.as_ref().and_then(|end| end.exit)
    }
}

/// Why calls could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The folder or a file in it.
    #[error("cannot read the recorded calls in {}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file that is no call.
    #[error("{} is no recorded call: {source}", path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// A newer major version.
    #[error("{} has the format `{schema}`, this program reads `{SCHEMA}`; use a newer plimsoll", path.display())]
    Version {
        /// Which.
        path: PathBuf,
        /// Its schema.
        schema: String,
    },
}

/// Every call that was noted in a folder, in the order in which they began; unfinished ones too. A folder that is not
/// there holds none: nothing was called.
pub fn read_calls(dir: &Path) -> Result<Vec<Call>, ReadError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| ReadError::Io { path, source }
    };
    let listing = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(io(dir))?,
    };
    let mut calls = Vec::new();
    for entry in listing {
        let path = entry.map_err(io(dir))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = fs::read(&path).map_err(io(&path))?;
        let call: Call = serde_json::from_slice(&text)
            .map_err(|source| ReadError::Format { path: path.clone(), source })?;
        if !call.schema.starts_with(SCHEMA_MAJOR) {
            return Err(ReadError::Version { path, schema: call.schema });
        }
        calls.push(call);
    }
    calls.sort_by(|a, b| (&a.started, a.pid).cmp(&(&b.started, b.pid)));
    Ok(calls)
}
