//! What a case claimed of its commands, noted beside its evidence as `outcome.json`, so that its verdict can be judged again
//! from the evidence alone: the run and whoever checks it later ask the same function.

use std::path::Path;

use plimsoll_runtime::recorder::Bytes;
use serde::{Deserialize, Serialize};

use super::commands::note;
use crate::Verdict;

/// Name of the file.
pub const FILE: &str = "outcome.json";

/// Name and version of its format.
pub const SCHEMA: &str = "plimsoll.outcome/1.0";

/// Longest stream that is judged again, in bytes: of a longer one the evidence holds the beginning only.
pub const KEPT: usize = 1 << 20;

/// How one attempt at a case ended, and what it claimed on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeNote {
    /// [`SCHEMA`].
    pub schema: String,
    /// Id of the case.
    pub case: String,
    /// Profile.
    pub profile: String,
    /// What was said.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// What was claimed, in order.
    pub claims: Vec<Claim>,
}

/// One claim about one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Folder of the command in the evidence: `1-srun`.
    pub of: String,
    /// Name of the file that holds its standard output.
    pub stdout: String,
    /// What is claimed.
    #[serde(flatten)]
    pub says: Says,
    /// Whether it held.
    pub holds: bool,
}

/// What can be claimed of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "kebab-case")]
pub enum Says {
    /// It ended with this exit code.
    Exits {
        /// The code.
        code: i32,
    },
    /// It ended with an exit code other than 0.
    Fails,
    /// Standard output is exactly this.
    StdoutIs {
        /// The bytes.
        bytes: Bytes,
    },
    /// Standard output has these lines in any order, and no others.
    StdoutLines {
        /// The lines.
        lines: Vec<String>,
    },
    /// Standard output holds this.
    StdoutHas {
        /// The text.
        text: String,
    },
    /// Standard output does not hold this.
    StdoutLacks {
        /// The text.
        text: String,
    },
    /// Standard output matches this as a whole; `[..]` stands for any text without a line break.
    StdoutLike {
        /// The pattern.
        pattern: String,
    },
    /// Standard error is exactly this.
    StderrIs {
        /// The bytes.
        bytes: Bytes,
    },
    /// Standard error holds this.
    StderrHas {
        /// The text.
        text: String,
    },
    /// Standard error does not hold this.
    StderrLacks {
        /// The text.
        text: String,
    },
    /// Something that was looked at when it ran, and that the evidence does not show: a mount namespace, a time.
    Noted {
        /// What was expected.
        expected: String,
    },
}

impl Says {
    /// Whether it holds of a command that ended so; none where that cannot be told from these.
    pub fn judge(&self, exit: Option<i32>, stdout: &[u8], stderr: &[u8]) -> Option<bool> {
        Some(match self {
            Self::Exits { code } => exit == Some(*code),
            Self::Fails => exit.is_some_and(|code| code != 0),
            Self::StdoutIs { bytes } => stdout == bytes.as_bytes(),
            Self::StderrIs { bytes } => stderr == bytes.as_bytes(),
            Self::StdoutLines { lines } => {
                let text = String::from_utf8_lossy(stdout);
                let mut seen: Vec<&str> = text.lines().collect();
                let mut expected: Vec<&str> = lines.iter().map(String::as_str).collect();
                seen.sort_unstable();
                expected.sort_unstable();
                seen == expected
            }
            Self::StdoutHas { text } => holds(stdout, text),
            Self::StdoutLacks { text } => !holds(stdout, text),
            Self::StdoutLike { pattern } => like(&String::from_utf8_lossy(stdout), pattern),
            Self::StderrHas { text } => holds(stderr, text),
            Self::StderrLacks { text } => !holds(stderr, text),
            Self::Noted { .. } => return None,
        })
    }
}

impl Claim {
    /// Whether it holds by the evidence in `dir`, the case's folder; none where that cannot be told. An error says what of
    /// the evidence is missing.
    pub fn judge(&self, dir: &Path) -> Result<Option<bool>, String> {
        if matches!(self.says, Says::Noted { .. }) {
            return Ok(None);
        }
        let command = dir.join(&self.of);
        let note = note(&command).ok_or_else(|| format!("{}/command.json is missing", self.of))?;
        // A stream that stayed empty has no file.
        let read = |name: &str| std::fs::read(command.join(name)).unwrap_or_default();
        let (stdout, stderr) = (read(&self.stdout), read("stderr"));
        if stdout.len() >= KEPT || stderr.len() >= KEPT {
            return Ok(None);
        }
        Ok(self.says.judge(note.exit.filter(|_| !note.hung), &stdout, &stderr))
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

/// Whether a text matches a pattern in which `[..]` stands for any text without a line break.
fn like(text: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once("[..]") else { return text == pattern };
    let Some(rest) = text.strip_prefix(head) else { return false };
    let line_end = rest.find('\n').unwrap_or(rest.len());
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .take_while(|at| *at <= line_end)
        .any(|at| like(&rest[at..], tail))
}

/// The note in an evidence folder.
pub fn outcome(dir: &Path) -> Result<OutcomeNote, String> {
    let path = dir.join(FILE);
    let text = std::fs::read(&path).map_err(|cause| format!("{FILE} cannot be read: {cause}"))?;
    serde_json::from_slice(&text).map_err(|cause| format!("{FILE} is no outcome: {cause}"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("job 12 on n1\n", "job [..] on [..]\n", true)]
    #[case("job 12\non n1\n", "job [..] on [..]\n", false)]
    #[case("x", "[..]", true)]
    #[case("", "[..]", true)]
    #[case("abc", "a[..]d", false)]
    #[case("é1", "[..]1", true)]
    fn patterns_stay_on_their_line(#[case] text: &str, #[case] pattern: &str, #[case] matches: bool) {
        assert_eq!(like(text, pattern), matches);
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[rstest]
    #[case(Says::Exits { code: 3 }, true)]
    #[case(Says::Exits { code: 0 }, false)]
    #[case(Says::Fails, true)]
    #[case(Says::StdoutIs { bytes: "a\nb\n".into() }, true)]
    #[case(Says::StdoutIs { bytes: "a\nb".into() }, false)]
    #[case(Says::StdoutLines { lines: vec![text("b"), text("a")] }, true)]
    #[case(Says::StdoutLines { lines: vec![text("b")] }, false)]
    #[case(Says::StdoutHas { text: text("b") }, true)]
    #[case(Says::StdoutLacks { text: text("b") }, false)]
    #[case(Says::StdoutLike { pattern: text("a\n[..]\n") }, true)]
    #[case(Says::StderrIs { bytes: "e".into() }, true)]
    #[case(Says::StderrHas { text: text("f") }, false)]
    #[case(Says::StderrLacks { text: text("f") }, true)]
    fn a_claim_is_judged_from_the_evidence(#[case] says: Says, #[case] holds: bool) {
        assert_eq!(says.judge(Some(3), b"a\nb\n", b"e"), Some(holds));
        let dir = tempfile::tempdir().unwrap();
        let claim = Claim { of: text("1-srun"), stdout: text("stdout"), says, holds };
        assert!(claim.judge(dir.path()).unwrap_err().contains("command.json is missing"));
        std::fs::create_dir(dir.path().join("1-srun")).unwrap();
        for (name, bytes) in
            [("command.json", r#"{"argv":["srun"],"exit":3}"#), ("stdout", "a\nb\n"), ("stderr", "e")]
        {
            std::fs::write(dir.path().join("1-srun").join(name), bytes).unwrap();
        }
        assert_eq!(claim.judge(dir.path()), Ok(Some(holds)));
        let json = serde_json::to_string(&claim).unwrap();
        assert_eq!(serde_json::from_str::<Claim>(&json).unwrap(), claim, "{json}");
    }

    #[test]
    fn what_was_only_noted_is_not_judged_again() {
        let says = Says::Noted { expected: text("an end within 5 ms") };
        assert_eq!(says.judge(Some(0), b"", b""), None);
    }
}
