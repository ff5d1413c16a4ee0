//! Secrets taken out of evidence: a recorded call holds the whole environment of whoever started the daemons.
//!
//! Of the variables that have no part in starting a container the values go, wherever they stand: in the environment, in
//! what a program printed, in a command line. What is left is as good for judging as before, since claims change alike.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aho_corasick::{AhoCorasick, MatchKind};
use plimsoll_runtime::recorder::{Bytes, Call};
use serde_json::Value;

use crate::Event;
use crate::evidence::claims::{OutcomeNote, Says};

/// Variables whose values stay: what cases are about, and what says nothing of anybody.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "LANG",
    "LANGUAGE",
    "TZ",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
    "HOSTNAME",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "NO_COLOR",
    "COLUMNS",
    "LINES",
    "RUST_BACKTRACE",
    "container",
    "CUDA_VISIBLE_DEVICES",
    "CONTAINER",
    "LISTEN_FDS",
];

/// Beginnings of such names.
const KEPT_PREFIXES: &[&str] =
    &["SLURM", "PLIMSOLL", "SBATCH", "SALLOC", "SRUN", "PMI", "OMPI_", "LC_", "OCI_", "SCRUN"];

/// Members of a recorded call that are words of the recorder's own.
const CALL_WORDS: &[&str] = &["schema", "operation", "started", "stdio"];

/// Values that are shorter are taken out only behind their name: elsewhere they would be found in everything.
const SHORTEST: usize = 6;

/// What takes secrets out.
#[derive(Debug)]
pub struct Redactor {
    finder: Option<AhoCorasick>,
    replacements: Vec<String>,
    names: BTreeSet<String>,
}

impl Redactor {
    /// Of everything that these calls have in their environment.
    pub fn of<'a>(calls: impl Iterator<Item = &'a Call>) -> Self {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        let mut names = BTreeSet::new();
        for call in calls {
            let entries = call.env.iter().map(Bytes::to_text);
            let inside =
                call.config.iter().filter_map(|config| config["process"]["env"].as_array()).flatten();
            let inside = inside.filter_map(|entry| entry.as_str().map(str::to_owned));
            for entry in entries.chain(inside) {
                let Some((name, value)) = entry.split_once('=') else { continue };
                if value.is_empty() || is_kept(name) {
                    continue;
                }
                names.insert(name.to_owned());
                let sign = format!("[redacted {}]", plain(name));
                found.insert(entry.clone(), format!("{name}={sign}"));
                if value.len() >= SHORTEST {
                    found.insert(value.to_owned(), sign);
                }
            }
        }
        // A program may have printed it as JSON.
        let written: Vec<(String, String)> = found
            .iter()
            .map(|(text, sign)| (in_json(text), in_json(sign)))
            .filter(|(text, _)| !found.contains_key(text))
            .collect();
        found.extend(written);
        let (patterns, replacements): (Vec<String>, Vec<String>) = found.into_iter().unzip();
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns).ok();
        Self { finder: finder.filter(|_| !patterns.is_empty()), replacements, names }
    }

    /// Bytes without secrets.
    pub fn clean(&self, bytes: &[u8]) -> Vec<u8> {
        match &self.finder {
            Some(finder) => finder.replace_all_bytes(bytes, &self.replacements),
            None => bytes.to_vec(),
        }
    }

    /// A text without secrets.
    pub fn text(&self, text: &str) -> String {
        match &self.finder {
            Some(finder) => finder.replace_all(text, &self.replacements),
            None => text.to_owned(),
        }
    }

    /// An event without secrets. Ids, verdicts and the names of things stay: a secret may well be a common word.
    pub fn event(&self, event: &mut Event) {
        match event {
            Event::RunStarted { run, .. } => {
                run.command.iter_mut().for_each(|word| *word = self.text(word));
                run.folder.iter_mut().for_each(|folder| *folder = self.text(folder));
            }
            Event::CaseFinished { result } => {
                for text in [&mut result.reason, &mut result.expected, &mut result.seen].into_iter().flatten()
                {
                    *text = self.text(text);
                }
                result.repeat = self.text(&result.repeat);
            }
            Event::Note { text } => *text = self.text(text),
            _ => {}
        }
    }

    /// A file of the evidence without secrets.
    pub fn file(&self, path: &str, bytes: &[u8]) -> Vec<u8> {
        let cleaned = if path.ends_with("/outcome.json") {
            let note = serde_json::from_slice::<OutcomeNote>(bytes).ok();
            note.and_then(|note| serde_json::to_vec(&self.outcome(note)).ok())
        } else if Path::new(path).extension().is_some_and(|extension| extension == "json") {
            serde_json::from_slice::<Value>(bytes).ok().and_then(|mut value| {
                self.value(&mut value, if path.contains("/calls/") { CALL_WORDS } else { &[] });
                serde_json::to_vec(&value).ok()
            })
        } else {
            None
        };
        cleaned.unwrap_or_else(|| self.clean(bytes))
    }

    fn outcome(&self, mut note: OutcomeNote) -> OutcomeNote {
        note.reason = note.reason.map(|reason| self.text(&reason));
        for claim in &mut note.claims {
            match &mut claim.says {
                Says::Exits { .. } | Says::Fails => {}
                Says::StdoutIs { bytes } | Says::StderrIs { bytes } => {
                    *bytes = self.clean(bytes.as_bytes()).into();
                }
                Says::StdoutLines { lines } => lines.iter_mut().for_each(|line| *line = self.text(line)),
                Says::StdoutHas { text }
                | Says::StdoutLacks { text }
                | Says::StdoutLike { pattern: text }
                | Says::StderrHas { text }
                | Says::StderrLacks { text }
                | Says::Noted { expected: text } => *text = self.text(text),
            }
        }
        note
    }

    /// The texts in a value; its keys stay, and so do the members of the outermost object that are named.
    fn value(&self, value: &mut Value, kept: &[&str]) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, &[])),
            Value::Object(members) => {
                for (_, member) in members.iter_mut().filter(|(key, _)| !kept.contains(&key.as_str())) {
                    self.value(member, &[]);
                }
            }
            _ => {}
        }
    }

    /// Names of the variables whose values are taken out.
    pub fn names(&self) -> Vec<String> {
        self.names.iter().cloned().collect()
    }
}

fn is_kept(name: &str) -> bool {
    KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(env: &[&str]) -> Call {
        let json = serde_json::json!({
            "schema": "plimsoll.call/1.1", "operation": "run", "started": "", "pid": 1, "ppid": 1, "host": "n",
            "argv": [], "env": env, "uid": [0, 0], "gid": [0, 0], "groups": [], "umask": 0, "cwd": null,
            "stdio": ["null", "null", "null"], "bundle": null, "config": {"process": {"env": ["IN_CONFIG=hidden-too"]}},
            "environment": null, "spool": null, "end": null
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn values_go_wherever_they_stand_and_what_cases_are_about_stays() {
        let env = [
            "API_TOKEN=s3cr3t-\"value\"",
            "PIN=12",
            "NAME=schema",
            "SLURM_JOB_ID=1234567",
            "PATH=/usr/bin:/bin",
        ];
        let calls = [call(&env)];
        let redactor = Redactor::of(calls.iter());
        let clean =
            redactor.clean(b"said s3cr3t-\"value\" and s3cr3t-\\\"value\\\" and hidden-too, 12 times");
        let clean = String::from_utf8(clean).unwrap();
        assert_eq!(
            clean,
            "said [redacted API_TOKEN] and [redacted API_TOKEN] and [redacted IN_CONFIG], 12 times"
        );
        let file = redactor.file("evidence/p/c/calls/1.json", &serde_json::to_vec(&calls[0]).unwrap());
        let text = String::from_utf8(file.clone()).unwrap();
        assert!(
            !text.contains("s3cr3t") && !text.contains("hidden-too") && !text.contains("PIN=12"),
            "{text}"
        );
        assert!(text.contains("SLURM_JOB_ID=1234567") && text.contains("/usr/bin:/bin"), "{text}");
        // A word that is a key or a name in the format as well is still one there.
        assert_eq!(serde_json::from_slice::<Call>(&file).unwrap().schema, "plimsoll.call/1.1");
        assert_eq!(redactor.names(), ["API_TOKEN", "IN_CONFIG", "NAME", "PIN"]);
        assert_eq!(Redactor::of([].into_iter()).clean(b"x"), b"x");
    }
}
