//! The trace of a case: its evidence without what differs from one run to the next and means nothing, so that two traces
//! that are equal saw the same. `plimsoll diff` sets them against each other.
//!
//! Left out are names of temporary folders, numbers (jobs, processes, ports, times), long hexadecimal words (nonces, hashes),
//! the order of lines (ranks speak side by side), terminal colours, how often the runtime was asked for a state, the
//! environment of the runtime, and files that are neither a command's nor a call's.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use plimsoll_runtime::recorder::{Call, Stream, read_calls};
use regex::{Captures, Regex};

use super::commands::{notes, quoted};
use crate::{digest, text};

/// The most of one stream that goes into a trace, in bytes.
const LONGEST: usize = 64 << 10;

/// What is replaced, the first that fits.
static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let parts = [
        r"(?P<colour>\x1b\[[0-9;]*m)",
        r"(?P<folder>(?:/[\w.-]+)*/(?:plimsoll-[A-Za-z0-9-]+|tmp\.[A-Za-z0-9]+|\.tmp[A-Za-z0-9]+))",
        r"(?P<dir>OLDPWD=[^\s,]*)",
        r"(?P<hex>\b(?:0x)?[0-9a-f]{12,}\b)",
        r"(?P<number>\d+)",
    ];
    // The pattern is constant, and a test reads it.
    Regex::new(&parts.join("|")).ok()
});

/// The trace of an evidence folder as a text, a line a thing; empty where nothing was run.
pub fn trace(dir: &Path) -> String {
    let mut trace = String::new();
    for (path, note) in notes(dir) {
        let words: Vec<String> = note.argv.iter().map(|word| quoted(word)).collect();
        let _ = writeln!(trace, "$ {}", same(&words.join(" ")));
        let end = match (note.hung, note.exit, note.signal) {
            (true, ..) => "hung".to_owned(),
            (false, Some(code), _) => format!("exit code {code}"),
            (false, None, signal) => format!("signal {}", signal.unwrap_or_default()),
        };
        let _ = writeln!(trace, "  {end}");
        for name in ["stdout", "stderr", "job-output"] {
            let bytes = std::fs::read(path.join(name)).unwrap_or_default();
            push_lines(&mut trace, name, &bytes[..bytes.len().min(LONGEST)]);
        }
    }
    match read_calls(&dir.join("calls")) {
        Ok(calls) => {
            // Tasks run side by side, and a state is asked for as often as it takes.
            let told: BTreeSet<String> = calls.iter().map(call).collect();
            trace.extend(told);
        }
        Err(error) => {
            let _ = writeln!(trace, "calls cannot be read: {}", same(&error.to_string()));
        }
    }
    trace
}

/// The trace of an evidence folder as a hash: `sha256:` and 32 hexadecimal digits, which is half of it.
pub fn trace_hash(dir: &Path) -> String {
    hash(&trace(dir))
}

fn hash(trace: &str) -> String {
    let digits = digest::of(trace.as_bytes());
    format!("sha256:{}", digits.get(..32).unwrap_or(&digits))
}

fn push_lines(trace: &mut String, name: &str, bytes: &[u8]) {
    let said = text::from_bytes(bytes);
    let mut lines: Vec<String> = said.lines().map(same).collect();
    lines.sort_unstable();
    for line in lines {
        let _ = writeln!(trace, "  {name}: {line}");
    }
}

/// One call of the runtime. A call that was killed is as good as one whose end was not noted.
fn call(call: &Call) -> String {
    let words: Vec<String> = call.words().iter().map(|word| quoted(word)).collect();
    let mut told = format!("{} $ {}\n", call.operation.name(), same(&words.join(" ")));
    if let Some(config) = config(call) {
        let _ = writeln!(told, "  config.json {}", hash(&same(&config)));
    }
    if let Some(end) = &call.end {
        let said = |stream: &Stream| same(&stream.data.to_text());
        let end_text = match (&end.error, end.exit) {
            (Some(error), _) => format!("not started: {error}"),
            (None, Some(code)) => format!("exit code {code}"),
            (None, None) => String::new(),
        };
        // What a contained program writes is in the streams of its command already.
        if call.operation.name() != "query" && !end_text.is_empty() {
            let _ = writeln!(told, "  {end_text}");
        }
        if matches!(call.operation.name(), "kill" | "delete" | "create") {
            let _ = writeln!(told, "  says {}", quoted(&said(&end.stderr)));
        }
    }
    told
}

/// Its `config.json` without the environment, which is whatever the caller happened to have.
fn config(call: &Call) -> Option<String> {
    let mut config = call.config.clone()?;
    if let Some(process) = config.get_mut("process").and_then(|process| process.as_object_mut()) {
        process.remove("env");
    }
    serde_json::to_string(&config).ok()
}

/// A text without what differs from run to run.
fn same(text: &str) -> String {
    let Some(variable) = VARIABLE.as_ref() else { return text.to_owned() };
    let replaced = |found: &Captures<'_>| {
        let is = |name: &str| found.name(name).is_some();
        match () {
            () if is("colour") => "",
            () if is("folder") => "{folder}",
            () if is("dir") => "OLDPWD={folder}",
            () if is("hex") => "{hex}",
            () => "{n}",
        }
    };
    variable.replace_all(text, replaced).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(
        "--container /dev/shm/plimsoll-ATYj7RUs/shared/bundle-1",
        "--container {folder}/shared/bundle-{n}"
    )]
    #[case("0ee1beac5f6d7fd8adbf9b0b1\n", "{hex}\n")]
    #[case("job 12 on n1 at 10:20:30.5", "job {n} on n{n} at {n}:{n}:{n}.{n}")]
    #[case("\u{1b}[31mred\u{1b}[0m", "red")]
    #[case("OLDPWD=/a/b HOME=/root", "OLDPWD={folder} HOME=/root")]
    #[case("a plain text", "a plain text")]
    fn what_differs_from_run_to_run_is_left_out(#[case] text: &str, #[case] left: &str) {
        assert_eq!(same(text), left);
    }

    fn evidence(folder: &str, stdout: &str, exit: i32) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let command = dir.path().join("1-srun");
        std::fs::create_dir(&command).unwrap();
        let json = format!(
            r#"{{"argv":["srun","--container","{folder}/b"],"exit":{exit},"millis":{}}}"#,
            stdout.len()
        );
        std::fs::write(command.join("command.json"), json).unwrap();
        std::fs::write(command.join("stdout"), stdout).unwrap();
        dir
    }

    #[test]
    fn the_same_again_has_the_same_hash_and_another_end_or_word_has_not() {
        let one = evidence("/dev/shm/plimsoll-abc", "rank 0\nrank 1 of job 7\n", 0);
        let hashed = trace_hash(one.path());
        let again = evidence("/tmp/plimsoll-xyz", "rank 1 of job 9\nrank 0\n", 0);
        assert_eq!(trace_hash(again.path()), hashed, "{}", trace(again.path()));
        assert_ne!(trace_hash(evidence("/tmp/plimsoll-x", "rank 1 of job 9\nrank 0\n", 1).path()), hashed);
        assert_ne!(trace_hash(evidence("/tmp/plimsoll-x", "rank 1\nrank 0\n", 0).path()), hashed);
        assert_eq!(trace(Path::new("/nonexistent")), "");
    }
}
