//! `plimsoll record --into DIR --operation OP -- CMD…`, read by hand: this is on the path of every runtime call.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use plimsoll_launcher::Operation;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Args {
    /// Where the notes go.
    pub into: PathBuf,
    /// Which operation the command is for.
    pub operation: Operation,
    /// Variables that stand before the command, as a shell takes them.
    pub assignments: Vec<(OsString, OsString)>,
    /// The command.
    pub command: Vec<OsString>,
}

/// A command line that is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}; use: plimsoll record --into DIR --operation create|start|run|kill|delete|query -- CMD…")]
pub(super) struct UsageError(String);

pub(super) fn parse(args: &[OsString]) -> Result<Args, UsageError> {
    let (mut into, mut operation) = (None, None);
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let (name, mut value) = split(arg);
        let mut take = || value.take().or_else(|| rest.next().cloned());
        match name.to_str() {
            Some("--into") => into = take().map(PathBuf::from),
            Some("--operation") => operation = Some(operation_of(take())?),
            Some("--") => break,
            _ => return Err(UsageError(format!("unexpected argument `{}`", arg.display()))),
        }
    }
    let mut command: Vec<OsString> = rest.cloned().collect();
    let assigned = command.iter().take_while(|word| assignment(word).is_some()).count();
    let assignments = command.drain(..assigned).filter_map(|word| assignment(&word)).collect();
    match (into, operation, command.is_empty()) {
        (Some(into), Some(operation), false) => Ok(Args { into, operation, assignments, command }),
        (None, ..) => Err(UsageError("--into is missing".into())),
        (_, None, _) => Err(UsageError("--operation is missing".into())),
        (.., true) => Err(UsageError("there is no command".into())),
    }
}

fn operation_of(value: Option<OsString>) -> Result<Operation, UsageError> {
    let value = value.unwrap_or_default();
    Operation::ALL
        .into_iter()
        .find(|operation| value == operation.name())
        .ok_or_else(|| UsageError(format!("`{}` is no operation", value.display())))
}

/// `--name=value` apart; anything else whole.
fn split(arg: &OsStr) -> (&OsStr, Option<OsString>) {
    let bytes = arg.as_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(at) if bytes.starts_with(b"--") => {
            (OsStr::from_bytes(&bytes[..at]), Some(OsStr::from_bytes(&bytes[at + 1..]).to_owned()))
        }
        _ => (arg, None),
    }
}

/// `NAME=value` as a shell takes it before a command.
fn assignment(word: &OsStr) -> Option<(OsString, OsString)> {
    let bytes = word.as_bytes();
    let at = bytes.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (&bytes[..at], &bytes[at + 1..]);
    let name_like = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let valid = name.first().is_some_and(|byte| !byte.is_ascii_digit()) && name.iter().all(name_like);
    valid.then(|| (OsStr::from_bytes(name).to_owned(), OsStr::from_bytes(value).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_command_line() {
        let args = parse(&words("--into=/d --operation query -- A=1 crun state --into x")).unwrap();
        assert_eq!(args.into, PathBuf::from("/d"));
        assert_eq!(args.operation, Operation::Query);
        assert_eq!(args.assignments, [("A".into(), "1".into())]);
        assert_eq!(args.command, words("crun state --into x"));
    }

    #[rstest::rstest]
    #[case("--into /d -- true", "--operation is missing")]
    #[case("--operation run -- true", "--into is missing")]
    #[case("--into /d --operation run --", "there is no command")]
    #[case("--into /d --operation stop -- true", "`stop` is no operation")]
    #[case("--into /d true", "unexpected argument `true`")]
    fn what_is_wrong_is_said(#[case] line: &str, #[case] what: &str) {
        let text = parse(&words(line)).unwrap_err().to_string();
        assert!(text.starts_with(what) && text.contains("plimsoll record --into DIR"), "{text}");
    }
}
