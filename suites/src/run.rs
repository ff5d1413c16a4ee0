//! A command that has ended, and what can be said of it. Assertions chain; [`Run::done`] gives the first that failed, with
//! everything that was seen.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use plimsoll_record::evidence::claims::Says;

use crate::bundle::Proof;
use crate::context::Context;
use crate::evidence::Claims;
use crate::outcome::{Failure, Mismatch, Outcome};
use crate::rules::Rule;

/// How much of a stream a message shows.
const SHOWN_LINES: usize = 12;
const SHOWN_BYTES: usize = 2000;
const SHOWN_RAW: usize = 120;

/// A command that has ended.
#[derive(Debug)]
#[must_use = "end the chain with .done() or .checked(), or its assertions say nothing"]
pub struct Run {
    /// Name of the program: `srun`.
    pub program: String,
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// How long it took.
    pub took: Duration,
    pub(crate) proof: Option<Proof>,
    pub(crate) rule: Option<&'static Rule>,
    pub(crate) mismatches: Vec<Mismatch>,
    pub(crate) claims: Claims,
}

impl Run {
    /// Names the rule that the assertions from here on check, where it is not the case's first one.
    pub fn rule(mut self, rule: &'static Rule) -> Self {
        self.rule = Some(rule);
        self
    }

    /// One more condition, with its words for a fail; what the command gave is added to what was seen.
    pub fn check(self, holds: bool, expected: impl Into<String>, seen: impl Into<String>) -> Self {
        let expected = expected.into();
        self.note(Says::Noted { expected: expected.clone() }, holds, expected, seen)
    }

    /// A condition that can be judged again from the evidence.
    fn claim(self, says: Says, expected: impl Into<String>, seen: impl Into<String>) -> Self {
        let holds = says.judge(self.status.code(), &self.stdout, &self.stderr).unwrap_or_default();
        let expected = expected.into();
        let says =
            if self.claims.has(&self.stdout) { says } else { Says::Noted { expected: expected.clone() } };
        self.note(says, holds, expected, seen)
    }

    fn note(mut self, says: Says, holds: bool, expected: String, seen: impl Into<String>) -> Self {
        self.claims.add(says, holds);
        if !holds {
            let seen = format!("{}\n{}", seen.into(), self.describe());
            self.mismatches.push(Mismatch { expected, seen, rule: self.rule, hung: false });
        }
        self
    }

    /// Ended with this exit code.
    pub fn exits(self, code: i32) -> Self {
        let seen = self.ended();
        self.claim(Says::Exits { code }, format!("exit code {code}"), seen)
    }

    /// Ended with an exit code other than 0.
    pub fn fails(self) -> Self {
        let seen = self.ended();
        self.claim(Says::Fails, "an exit code other than 0", seen)
    }

    /// Standard output is exactly this text.
    pub fn stdout_is(self, text: &str) -> Self {
        self.stdout_is_bytes(text.as_bytes())
    }

    /// Standard output is exactly these bytes.
    pub fn stdout_is_bytes(self, bytes: &[u8]) -> Self {
        let says = Says::StdoutIs { bytes: bytes.to_vec().into() };
        self.claim(says, format!("standard output {}", shown(bytes)), "another text")
    }

    /// Standard output has these lines in any order, and no others.
    pub fn stdout_has_lines(self, lines: &[&str]) -> Self {
        let mut seen: Vec<String> = self.stdout_text().lines().map(str::to_owned).collect();
        let mut lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        seen.sort();
        lines.sort();
        let expected = format!("in any order the lines {lines:?}");
        self.claim(Says::StdoutLines { lines }, expected, format!("the lines {seen:?}"))
    }

    /// Standard output holds a text.
    pub fn stdout_has(self, text: &str) -> Self {
        let says = Says::StdoutHas { text: text.to_owned() };
        self.claim(says, format!("standard output with {text:?} in it"), "none of it")
    }

    /// Standard output does not hold a text.
    pub fn stdout_lacks(self, text: &str) -> Self {
        let says = Says::StdoutLacks { text: text.to_owned() };
        self.claim(says, format!("standard output without {text:?}"), "it is there")
    }

    /// Standard output matches a pattern as a whole: `[..]` stands for any text without a line break.
    pub fn stdout_like(self, pattern: &str) -> Self {
        let says = Says::StdoutLike { pattern: pattern.to_owned() };
        self.claim(says, format!("standard output like {pattern:?}"), "another text")
    }

    /// Standard error is exactly this text.
    pub fn stderr_is(self, text: &str) -> Self {
        let says = Says::StderrIs { bytes: text.into() };
        self.claim(says, format!("standard error {}", shown(text.as_bytes())), "another text")
    }

    /// Standard error holds a text.
    pub fn stderr_has(self, text: &str) -> Self {
        let says = Says::StderrHas { text: text.to_owned() };
        self.claim(says, format!("standard error with {text:?} in it"), "none of it")
    }

    /// A text is on standard error, or in the log of a daemon: before a step's streams are there its daemon can say what is
    /// wrong nowhere else.
    pub fn complains(self, cx: &Context<'_>, text: &str) -> Self {
        let holds = holds(&self.stderr, text) || cx.logs_have(text);
        self.check(holds, format!("{text:?} on standard error or in a daemon's log"), "none of it")
    }

    /// Standard error does not hold a text.
    pub fn stderr_lacks(self, text: &str) -> Self {
        let says = Says::StderrLacks { text: text.to_owned() };
        self.claim(says, format!("standard error without {text:?}"), "it is there")
    }

    /// It took no longer than this.
    pub fn within(self, limit: Duration) -> Self {
        let (holds, seen) = (self.took <= limit, format!("{} ms", self.took.as_millis()));
        self.check(holds, format!("an end within {} ms", limit.as_millis()), seen)
    }

    /// Proof that every rank of the step ran inside the bundle that was asked for: each has left the bundle's nonce and a
    /// mount namespace that is not the host's.
    pub fn contained(self) -> Self {
        let expected = "every rank inside the container";
        match &self.proof {
            Some(proof) => {
                let verified = proof.verify();
                let seen = verified.as_ref().err().cloned().unwrap_or_default();
                self.check(verified.is_ok(), expected, seen)
            }
            None => self.check(false, expected, "the command asked for no container (a fault of the case)"),
        }
    }

    /// Proof of the contrary: no rank has ever run inside the bundle.
    pub fn not_contained(self) -> Self {
        let ranks = self.proof.as_ref().map_or(0, Proof::count);
        self.check(ranks == 0, "no rank inside the container", format!("{ranks} ranks inside"))
    }

    /// Standard output as text, whatever it holds.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text, whatever it holds.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Ends the chain: the first assertion that failed, the others named behind it.
    pub fn done(self) -> Outcome {
        self.checked().map(drop)
    }

    /// Ends the chain and keeps the command for what comes next.
    pub fn checked(mut self) -> Result<Self, Failure> {
        if self.mismatches.is_empty() {
            return Ok(self);
        }
        let mut first = self.mismatches.remove(0);
        for other in &self.mismatches {
            first.seen = format!("{}\nalso expected: {}", first.seen, other.expected.trim_start());
        }
        Err(Failure::Failed(first))
    }

    /// How it ended, in words.
    pub(crate) fn ended(&self) -> String {
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "no end".to_owned(),
        }
    }

    fn describe(&self) -> String {
        format!(
            "{}: {}\nstdout: {}\nstderr: {}",
            self.program,
            self.ended(),
            shown(&self.stdout),
            shown(&self.stderr)
        )
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

/// A stream for a message: quoted where it is one line, escaped where it is no text, cut where it is long.
pub(crate) fn shown(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "<empty>".to_owned();
    }
    let is_text = |text: &str| !text.contains(|letter: char| letter.is_control() && !"\n\t".contains(letter));
    if !std::str::from_utf8(bytes).is_ok_and(is_text) {
        let head = &bytes[..bytes.len().min(SHOWN_RAW)];
        let more = if head.len() < bytes.len() {
            format!("… ({} bytes in all)", bytes.len())
        } else {
            String::new()
        };
        return format!("b\"{}\"{more}", head.escape_ascii());
    }
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES)]);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.len() == 1 && bytes.len() <= SHOWN_BYTES {
        return format!("{text:?}");
    }
    let kept_lines = &lines[..lines.len().min(SHOWN_LINES)];
    let mut kept = String::new();
    for line in kept_lines {
        kept += "  | ";
        kept += line;
    }
    if kept_lines.iter().map(|line| line.len()).sum::<usize>() < bytes.len() {
        kept = format!("{}\n  | … ({} bytes in all)", kept.trim_end(), bytes.len());
    }
    format!("\n{}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn run(code: i32, stdout: &str) -> Run {
        Run {
            program: "srun".to_owned(),
            status: ExitStatus::from_raw(code << 8),
            stdout: stdout.as_bytes().to_vec(),
            stderr: b"srun: error: n1: task 0: Exited\n".to_vec(),
            took: Duration::from_millis(20),
            proof: None,
            rule: None,
            mismatches: vec![],
            claims: Claims::default(),
        }
    }

    #[test]
    fn what_holds_passes() {
        let run = run(3, "a\nb\n").exits(3).fails().stdout_is("a\nb\n").stdout_has("b").stdout_lacks("c");
        let run = run.stdout_has_lines(&["b", "a"]).stderr_has("task 0").within(Duration::from_secs(1));
        assert_eq!(run.stdout_like("a\n[..]\n").done(), Ok(()));
    }

    #[test]
    fn the_first_fail_is_told_with_all_that_was_seen() {
        let Err(Failure::Failed(mismatch)) = run(0, "a\n").exits(7).stdout_is("b\n").done() else { panic!() };
        assert_eq!(mismatch.expected, "exit code 7");
        insta::assert_snapshot!(mismatch.seen);
    }

    #[test]
    fn a_request_without_a_container_is_never_proof() {
        assert!(run(0, "").contained().done().is_err());
        assert!(run(0, "").not_contained().done().is_ok());
    }

    #[rstest]
    #[case(b"", "<empty>")]
    #[case(b"one\n", "\"one\\n\"")]
    #[case(b"one\ntwo\n", "\n  | one\n  | two")]
    #[case(b"\0\xff\x1b", r#"b"\x00\xff\x1b""#)]
    fn streams_are_shown_short(#[case] bytes: &[u8], #[case] expected: &str) {
        assert_eq!(shown(bytes), expected);
        assert!(shown(&vec![b'x'; 100_000]).len() < 3000);
    }
}
