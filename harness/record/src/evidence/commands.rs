//! The commands of a case, `1-srun/{command.json,stdout,stderr}`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Excerpt;

/// The most commands that are read of a case.
const MOST: usize = 40;

/// Longest `command.json` that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// One command and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// A line for a shell that runs the same.
    pub line: String,
    /// How it ended: `exit code 3`, `signal 9`, `hung` …
    pub end: String,
    /// Wall time in milliseconds.
    pub millis: u64,
    /// Standard output.
    pub stdout: Excerpt,
    /// Standard error.
    pub stderr: Excerpt,
    /// The bundles that it names, by the last part of their path.
    pub bundles: Vec<String>,
}

/// A `command.json`.
#[derive(Deserialize)]
pub(crate) struct Note {
    #[serde(default)]
    pub argv: Vec<String>,
    #[serde(default)]
    pub env: Vec<(String, Option<String>)>,
    pub cwd: Option<PathBuf>,
    pub exit: Option<i32>,
    pub signal: Option<i32>,
    #[serde(default)]
    pub hung: bool,
    #[serde(default)]
    pub millis: u64,
}

/// The commands of a case in their order.
pub fn commands(dir: &Path) -> Vec<Command> {
    folders(dir).into_iter().map(|path| command(&path)).collect()
}

/// The notes of a case's commands in their order, each with its folder; what cannot be read is left out.
pub(crate) fn notes(dir: &Path) -> Vec<(PathBuf, Note)> {
    folders(dir).into_iter().filter_map(|path| note(&path).map(|note| (path, note))).collect()
}

/// The folders of a case's commands in their order.
fn folders(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let number = path.file_name()?.to_str()?.split_once('-')?.0.parse().ok()?;
            Some((number, path))
        })
        .collect();
    found.sort();
    found.truncate(MOST);
    found.into_iter().map(|(_, path)| path).collect()
}

/// The note of one command.
pub(crate) fn note(dir: &Path) -> Option<Note> {
    let path = dir.join("command.json");
    std::fs::metadata(&path).ok().filter(|data| data.len() <= LONGEST)?;
    serde_json::from_slice(&std::fs::read(&path).ok()?).ok()
}

fn command(dir: &Path) -> Command {
    let (stdout, stderr) = (Excerpt::of(&dir.join("stdout")), Excerpt::of(&dir.join("stderr")));
    let Some(note) = note(dir) else {
        let line = "# command.json cannot be read".to_owned();
        return Command { line, end: "unknown".to_owned(), millis: 0, stdout, stderr, bundles: vec![] };
    };
    let end = match (note.hung, note.exit, note.signal) {
        (true, ..) => "hung, and was ended".to_owned(),
        (false, Some(code), _) => format!("exit code {code}"),
        (false, None, Some(signal)) => format!("signal {signal}"),
        (false, None, None) => "no exit code".to_owned(),
    };
    Command { line: line(&note), end, millis: note.millis, stdout, stderr, bundles: bundles(&note) }
}

/// The command as a shell reads it.
fn line(note: &Note) -> String {
    let mut words = Vec::new();
    if let Some(cwd) = &note.cwd {
        words.push(format!("cd {} &&", quoted(&cwd.to_string_lossy())));
    }
    let (unset, set): (Vec<_>, Vec<_>) = note.env.iter().partition(|(_, value)| value.is_none());
    if !unset.is_empty() {
        words.push("env".to_owned());
        words.extend(unset.iter().map(|(name, _)| format!("-u {}", quoted(name))));
    }
    words.extend(
        set.iter().map(|(name, value)| format!("{name}={}", quoted(value.as_deref().unwrap_or_default()))),
    );
    words.extend(note.argv.iter().map(|word| quoted(word)));
    words.join(" ")
}

/// A word as a shell reads it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "%+,-./:=@_".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn bundles(note: &Note) -> Vec<String> {
    let mut words = note.argv.iter();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let path = match word.split_once('=') {
            Some(("--container", path)) => Some(path),
            _ if word == "--container" => words.next().map(String::as_str),
            _ => None,
        };
        found.extend(path.and_then(|path| path.rsplit('/').find(|part| !part.is_empty())).map(str::to_owned));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_come_in_their_order_as_a_shell_reads_them() {
        let dir = tempfile::tempdir().unwrap();
        for (name, json) in [
            (
                "10-squeue",
                r#"{"argv":["squeue","-h"],"env":[],"cwd":null,"exit":0,"signal":null,"hung":false,"millis":2}"#,
            ),
            (
                "2-srun",
                r#"{"argv":["srun","--container","/x/bundle-1","sh","-c","it's"],"env":[["A","b c"],["D",null]],
                "cwd":"/tmp/x","exit":null,"signal":9,"hung":false,"millis":7}"#,
            ),
            ("3-broken", "{"),
        ] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
            std::fs::write(dir.path().join(name).join("command.json"), json).unwrap();
        }
        let found = commands(dir.path());
        let lines: Vec<&str> = found.iter().map(|command| command.line.as_str()).collect();
        assert_eq!(
            lines,
            [
                "cd /tmp/x && env -u D A='b c' srun --container /x/bundle-1 sh -c 'it'\\''s'",
                "# command.json cannot be read",
                "squeue -h"
            ]
        );
        assert_eq!(
            (found[0].end.as_str(), found[0].bundles.as_slice()),
            ("signal 9", &["bundle-1".to_owned()][..])
        );
        assert_eq!(commands(&dir.path().join("none")), []);
    }
}
