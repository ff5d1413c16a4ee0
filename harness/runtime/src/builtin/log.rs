//! `--log` and `--log-format`: engines read from there why a container could not be made.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use super::error::Error;

/// Where errors go besides standard error.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    /// The file, if one was named.
    pub file: Option<PathBuf>,
    /// A line of JSON each, not text.
    pub json: bool,
}

impl Log {
    /// Adds an error. A log that cannot be written is no reason to fail: standard error has it too.
    pub(super) fn error(&self, error: &Error) {
        let Some(path) = &self.file else { return };
        let Ok(mut file) = OpenOptions::new().append(true).create(true).open(path) else { return };
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let text = error.to_string();
        let line = if self.json {
            serde_json::json!({"level": "error", "msg": text, "time": time}).to_string()
        } else {
            format!("{time} error: {text}")
        };
        let _ = writeln!(file, "{line}");
    }
}
