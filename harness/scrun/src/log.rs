//! Log lines: as text or as JSON, to a file or to standard error, by levels that variables set (scrun(1), INPUT ENVIRONMENT
//! VARIABLES).

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::json;

/// `--log-format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One line of JSON each: what Docker and Podman ask for.
    Json,
    /// Plain text.
    #[default]
    Text,
}

impl Format {
    /// As the option and SCRUN_LOG_FORMAT write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
        }
    }
}

/// How loud a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Nothing at all.
    Quiet,
    /// What makes going on impossible.
    Fatal,
    /// What went wrong.
    Error,
    /// What a user may want to know.
    Info,
    /// More of it.
    Verbose,
    /// For whoever looks for a fault, 1 to 5.
    Debug(u8),
}

impl Level {
    /// `quiet`, `fatal`, `error`, `info`, `verbose`, `debug`, `debug2` … `debug5`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "quiet" => Self::Quiet,
            "fatal" => Self::Fatal,
            "error" => Self::Error,
            "info" => Self::Info,
            "verbose" => Self::Verbose,
            "debug" => Self::Debug(1),
            "debug2" => Self::Debug(2),
            "debug3" => Self::Debug(3),
            "debug4" => Self::Debug(4),
            "debug5" => Self::Debug(5),
            _ => return None,
        })
    }

    /// As runc's and crun's logs name it, for those who read them.
    const fn name(self) -> &'static str {
        match self {
            Self::Quiet | Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Info | Self::Verbose => "info",
            Self::Debug(_) => "debug",
        }
    }
}

/// A variable with a level that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}={1}: no log level; use quiet, fatal, error, info, verbose, debug or debug2 to debug5")]
pub struct LevelError(&'static str, String);

/// Where lines go, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The log file; none for standard error.
    pub file: Option<PathBuf>,
    /// Its form.
    pub format: Format,
    /// The loudest that goes to the file.
    pub file_level: Level,
    /// The loudest that goes to standard error.
    pub stderr_level: Level,
}

impl Settings {
    /// What the options and the variables ask for. An engine takes the whole file for one error, so that nothing else is
    /// written unless somebody asks.
    pub fn new(
        file: Option<PathBuf>,
        format: Format,
        debug: bool,
        verbose: u32,
        env: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, LevelError> {
        let level = |name: &'static str| -> Result<Option<Level>, LevelError> {
            let Some(value) = env(name).filter(|value| !value.is_empty()) else { return Ok(None) };
            let text = value.to_string_lossy().into_owned();
            Level::parse(&text).map(Some).ok_or(LevelError(name, text))
        };
        // There is no log of the system's here; a level that is none is said all the same.
        level("SCRUN_SYSLOG_DEBUG")?;
        let asked = match verbose {
            _ if debug => Level::Debug(1),
            0 => Level::Error,
            1 => Level::Verbose,
            more => Level::Debug(u8::try_from(more - 1).unwrap_or(5).min(5)),
        };
        let all = level("SCRUN_DEBUG")?.unwrap_or(asked);
        let file_level = level("SCRUN_FILE_DEBUG")?.unwrap_or(all);
        let stderr_level = level("SCRUN_STDERR_DEBUG")?.unwrap_or(all);
        Ok(Self { file, format, file_level, stderr_level })
    }

    /// Opens the log.
    pub fn open(&self) -> Log {
        let open = |path: &PathBuf| OpenOptions::new().create(true).append(true).open(path);
        let file = self.file.as_ref().and_then(|path| open(path).ok());
        Log { settings: self.clone(), file }
    }
}

/// An open log. A log that cannot be written is no reason to stop.
#[derive(Debug)]
pub struct Log {
    settings: Settings,
    file: Option<File>,
}

impl Log {
    /// What it was opened with.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// One line.
    pub fn line(&self, level: Level, text: &str) {
        if let Some(mut file) = self.file.as_ref().filter(|_| level <= self.settings.file_level) {
            let _ = file.write_all(shown(self.settings.format, level, text, &now()).as_bytes());
        }
        // Standard error is the container's once there is a log of its own.
        if self.settings.file.is_none() && level <= self.settings.stderr_level {
            let _ = std::io::stderr().write_all(plain(level, text).as_bytes());
        }
    }

    /// Something that went wrong.
    pub fn error(&self, text: &str) {
        self.line(Level::Error, text);
    }

    /// Something for whoever looks for a fault.
    pub fn debug(&self, text: &str) {
        self.line(Level::Debug(1), text);
    }
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// The line of a file, with its end.
fn shown(format: Format, level: Level, text: &str, time: &str) -> String {
    match format {
        Format::Json => format!("{}\n", json!({"level": level.name(), "msg": text, "time": time})),
        Format::Text => format!("[{time}] {}", plain(level, text)),
    }
}

fn plain(level: Level, text: &str) -> String {
    match level {
        Level::Quiet | Level::Fatal | Level::Error => format!("scrun: {}: {text}\n", level.name()),
        Level::Info | Level::Verbose | Level::Debug(_) => format!("scrun: {text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_two_forms() {
        let time = "2026-01-02T03:04:05.5Z";
        let line = shown(Format::Json, Level::Error, "it \"broke\"\n", time);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value, json!({"level": "error", "msg": "it \"broke\"\n", "time": time}));
        assert_eq!(line.lines().count(), 1);
        assert_eq!(
            shown(Format::Text, Level::Error, "it broke", time),
            format!("[{time}] scrun: error: it broke\n")
        );
        assert!(now().parse::<jiff::Timestamp>().is_ok());
    }

    #[test]
    fn variables_set_levels_and_nonsense_is_caught() {
        let env = |name: &str| match name {
            "SCRUN_DEBUG" => Some(OsString::from("debug3")),
            "SCRUN_FILE_DEBUG" => Some(OsString::from("quiet")),
            _ => None,
        };
        let settings = Settings::new(None, Format::Text, false, 0, &env).unwrap();
        assert_eq!((settings.file_level, settings.stderr_level), (Level::Quiet, Level::Debug(3)));
        let bad = |name: &str| (name == "SCRUN_FILE_DEBUG").then(|| OsString::from("loud"));
        let error = Settings::new(None, Format::Text, false, 0, &bad).unwrap_err();
        assert!(error.to_string().starts_with("SCRUN_FILE_DEBUG=loud: "));
    }

    #[test]
    fn an_error_alone_is_in_the_file_unless_more_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let settings = Settings::new(Some(path.clone()), Format::Json, false, 0, &|_| None).unwrap();
        let log = settings.open();
        log.debug("not this");
        log.error("but this");
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("but this"));
    }
}
