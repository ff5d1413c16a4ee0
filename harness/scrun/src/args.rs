//! The command line of scrun(1), with every option that crun and runc have in front of it. Pure.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::log::Format;
use crate::signals;

/// What stands in front of the operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Global {
    /// `--root`
    pub root: Option<PathBuf>,
    /// `-f`
    pub conf: Option<PathBuf>,
    /// `--log`
    pub log: Option<PathBuf>,
    /// `--log-format`
    pub format: Format,
    /// `--debug`
    pub debug: bool,
    /// `-v`, how often.
    pub verbose: u32,
}

/// `create`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Create {
    /// The container.
    pub id: String,
    /// `--bundle`; none for the working directory.
    pub bundle: Option<PathBuf>,
    /// `--pid-file`
    pub pid_file: Option<PathBuf>,
    /// `--console-socket`
    pub console_socket: Option<PathBuf>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `create`
    Create(Create),
    /// `start`
    Start(String),
    /// `state`
    State(String),
    /// `kill`: the container and a signal's number.
    Kill(String, i32),
    /// `delete`, and whether `--force` was given, which makes no difference but for a container that is not there.
    Delete(String, bool),
    /// `version`, `-V`
    Version,
    /// `--help`, `--usage`
    Help,
    /// Something that other runtimes do: exec, pause, ps …
    Unsupported(String),
}

/// A command line that cannot be taken apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// No operation.
    #[error("no operation is given; use create, start, state, kill, delete or version")]
    Nothing,
    /// An operation that no OCI runtime has.
    #[error("unknown operation `{0}`; use create, start, state, kill, delete or version")]
    Operation(String),
    /// No container.
    #[error("{0}: the container's id is missing")]
    NoId(&'static str),
    /// An id that is no file's name.
    #[error("`{0}` is no container id: letters, digits, `_`, `+`, `-` and `.` make one")]
    Id(String),
    /// A signal that is none.
    #[error("`{0}` is no signal")]
    Signal(String),
    /// A word too many.
    #[error("{0}: unexpected argument `{1}`")]
    Extra(&'static str, String),
    /// Not `json` and not `text`.
    #[error("--log-format: `{0}` is neither json nor text")]
    Format(String),
    /// What the lexer says.
    #[error("{0}")]
    Option(String),
}

/// What crun and runc can do beside it; asked for, it is refused by name.
const OTHERS: [&str; 13] = [
    "exec",
    "pause",
    "resume",
    "ps",
    "events",
    "update",
    "checkpoint",
    "restore",
    "run",
    "list",
    "spec",
    "features",
    "mounts",
];

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self::Option(error.to_string())
    }
}

/// Takes a command line apart, the program's name left out.
pub fn parse(args: &[OsString]) -> Result<(Global, Operation), UsageError> {
    use lexopt::Arg::{Long, Short, Value};
    let mut lexer = lexopt::Parser::from_args(args.iter().cloned());
    let mut global = Global::default();
    while let Some(arg) = lexer.next()? {
        match arg {
            Long("root") => global.root = Some(lexer.value()?.into()),
            Long("log") => global.log = Some(lexer.value()?.into()),
            Long("log-format") => global.format = format(&lexer.value()?)?,
            Short('f') => global.conf = Some(lexer.value()?.into()),
            Long("debug") => global.debug = true,
            Long("verbose") | Short('v') => global.verbose += 1,
            // Ignored, as the manual says: every call is rootless, and cgroups are the job's.
            Long("rootless" | "systemd-cgroup") => drop(lexer.optional_value()),
            Long("cgroup-manager" | "criu") => drop(lexer.value()?),
            Long("version") | Short('V') => return Ok((global, Operation::Version)),
            Long("help" | "usage") | Short('h') => return Ok((global, Operation::Help)),
            Value(word) => {
                let operation = operation(&word, &mut lexer)?;
                return Ok((global, operation));
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Err(UsageError::Nothing)
}

fn operation(word: &OsStr, lexer: &mut lexopt::Parser) -> Result<Operation, UsageError> {
    match word.to_str() {
        Some("create") => create(lexer),
        Some("start") => Ok(Operation::Start(words(lexer, "start")?.0)),
        Some("state") => Ok(Operation::State(words(lexer, "state")?.0)),
        Some("kill") => {
            let (id, signal, _) = words(lexer, "kill")?;
            let signal = signal.unwrap_or_else(|| "SIGTERM".to_owned());
            Ok(Operation::Kill(id, signals::parse(&signal).ok_or(UsageError::Signal(signal))?))
        }
        Some("delete") => {
            let (id, _, force) = words(lexer, "delete")?;
            Ok(Operation::Delete(id, force))
        }
        Some("version") => Ok(Operation::Version),
        Some("help") => Ok(Operation::Help),
        Some(other) if OTHERS.contains(&other) => Ok(Operation::Unsupported(other.to_owned())),
        _ => Err(UsageError::Operation(word.to_string_lossy().into_owned())),
    }
}

fn create(lexer: &mut lexopt::Parser) -> Result<Operation, UsageError> {
    use lexopt::Arg::{Long, Short, Value};
    let mut create = Create::default();
    while let Some(arg) = lexer.next()? {
        match arg {
            Long("bundle") | Short('b') => create.bundle = Some(lexer.value()?.into()),
            Long("pid-file") => create.pid_file = Some(lexer.value()?.into()),
            Long("console-socket") => create.console_socket = Some(lexer.value()?.into()),
            Long("no-pivot" | "no-new-keyring" | "no-subreaper") => {}
            Long("preserve-fds") => drop(lexer.value()?),
            Value(word) if create.id.is_empty() => create.id = id(&word)?,
            Value(word) => return Err(UsageError::Extra("create", word.to_string_lossy().into_owned())),
            other => return Err(other.unexpected().into()),
        }
    }
    if create.id.is_empty() { Err(UsageError::NoId("create")) } else { Ok(Operation::Create(create)) }
}

/// The container, for `kill` a signal, and whether `--force` is there.
fn words(
    lexer: &mut lexopt::Parser,
    operation: &'static str,
) -> Result<(String, Option<String>, bool), UsageError> {
    use lexopt::Arg::{Long, Short, Value};
    let (mut container, mut signal, mut force) = (None, None, false);
    while let Some(arg) = lexer.next()? {
        match arg {
            Long("all") | Short('a') if operation == "kill" => {}
            Long("force") | Short('f') if operation == "delete" => force = true,
            Value(word) if container.is_none() => container = Some(id(&word)?),
            Value(word) if operation == "kill" && signal.is_none() => {
                signal = Some(word.to_string_lossy().into_owned());
            }
            Value(word) => return Err(UsageError::Extra(operation, word.to_string_lossy().into_owned())),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok((container.ok_or(UsageError::NoId(operation))?, signal, force))
}

fn id(word: &OsStr) -> Result<String, UsageError> {
    let fits = |text: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_+-.".contains(c);
        !text.is_empty() && text.chars().all(plain) && *text != "." && *text != ".."
    };
    let text = word.to_str().filter(fits);
    text.map(str::to_owned).ok_or_else(|| UsageError::Id(word.to_string_lossy().into_owned()))
}

fn format(word: &OsStr) -> Result<Format, UsageError> {
    match word.to_str() {
        Some("json") => Ok(Format::Json),
        Some("text") => Ok(Format::Text),
        _ => Err(UsageError::Format(word.to_string_lossy().into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn podmans_conmon_is_understood() {
        let text = "--log-format=json --log /l --cgroup-manager systemd --rootless=true create --bundle /b --no-pivot \
                    --preserve-fds 3 --pid-file /p --console-socket /c abc";
        let (global, operation) = parse(&words(text)).unwrap();
        assert_eq!((global.format, global.log), (Format::Json, Some("/l".into())));
        let create = Create {
            id: "abc".into(),
            bundle: Some("/b".into()),
            pid_file: Some("/p".into()),
            console_socket: Some("/c".into()),
        };
        assert_eq!(operation, Operation::Create(create));
    }

    #[rstest]
    #[case("--root /r state x", Operation::State("x".into()))]
    #[case("start x", Operation::Start("x".into()))]
    #[case("kill x", Operation::Kill("x".into(), 15))]
    #[case("kill --all x 9", Operation::Kill("x".into(), 9))]
    #[case("kill x SIGUSR1", Operation::Kill("x".into(), 10))]
    #[case("kill x hup", Operation::Kill("x".into(), 1))]
    #[case("delete --force x", Operation::Delete("x".into(), true))]
    #[case("-v -f /s.conf delete x", Operation::Delete("x".into(), false))]
    #[case("-V", Operation::Version)]
    #[case("version", Operation::Version)]
    #[case("--usage", Operation::Help)]
    #[case("pause x", Operation::Unsupported("pause".into()))]
    fn operations(#[case] text: &str, #[case] operation: Operation) {
        assert_eq!(parse(&words(text)).unwrap().1, operation);
    }

    #[rstest]
    #[case("", "no operation is given")]
    #[case("create", "create: the container's id is missing")]
    #[case("start ../x", "`../x` is no container id")]
    #[case("kill x SIGFOO", "`SIGFOO` is no signal")]
    #[case("state x y", "state: unexpected argument `y`")]
    #[case("--log-format=xml state x", "`xml` is neither json nor text")]
    #[case("launch x", "unknown operation `launch`")]
    #[case("--nonsense state x", "--nonsense")]
    fn what_does_not_fit_is_said(#[case] text: &str, #[case] message: &str) {
        let error = parse(&words(text)).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
