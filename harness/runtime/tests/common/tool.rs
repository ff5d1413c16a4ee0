//! The runtimes under test: the built-in one, and the real ones beside it.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::{PROGRAM, Place, installed};

/// A busy machine of two cores needs far less for any single step here.
const PATIENCE: Duration = Duration::from_secs(20);

/// A runtime, and the words in which the guide calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Crun,
    Runc,
    /// The built-in one, called as crun is called.
    OursAsCrun,
    /// The built-in one, called as runc is called.
    OursAsRunc,
    /// The built-in one where [`Tool::Crun`] is: with private cgroups.
    OursIsolated,
}

impl Tool {
    pub const fn ours(self) -> bool {
        matches!(self, Tool::OursAsCrun | Tool::OursAsRunc | Tool::OursIsolated)
    }

    /// Its command, if it is installed.
    pub fn words(self) -> Option<Vec<String>> {
        let own = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        match self {
            Tool::Crun => installed("crun")
                .and_then(|path| own(&[PROGRAM, "isolate", path.to_str().unwrap_or_default()])),
            Tool::Runc => installed("runc").and_then(|path| own(&[path.to_str().unwrap_or_default()])),
            Tool::OursAsCrun | Tool::OursAsRunc => own(&[PROGRAM, "runtime"]),
            Tool::OursIsolated => own(&[PROGRAM, "isolate", PROGRAM, "runtime"]),
        }
    }
}

/// A runtime in a place.
pub struct Runtime<'a> {
    pub place: &'a Place,
    pub tool: Tool,
    words: Vec<String>,
}

impl<'a> Runtime<'a> {
    pub fn new(place: &'a Place, tool: Tool) -> Option<Self> {
        tool.words().map(|words| Self { place, tool, words })
    }

    pub fn command(&self, rest: &[&str]) -> Command {
        let mut words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let root = format!("--root={}/", self.place.state().display());
        words.extend(["--rootless=true", root.as_str()]);
        words.extend(rest);
        self.place.command(&words)
    }

    /// `create` or `run` as the guide writes it.
    pub fn launch(&self, verb: &str) -> Command {
        let bundle = self.place.bundle();
        let bundle = bundle.to_str().unwrap();
        match self.tool {
            Tool::Crun | Tool::OursAsCrun | Tool::OursIsolated => {
                self.command(&[verb, "--bundle", bundle, &self.place.id()])
            }
            Tool::Runc | Tool::OursAsRunc => self.command(&[verb, &self.place.id(), "-b", bundle]),
        }
    }

    /// Another operation on that container.
    pub fn operation(&self, words: &[&str]) -> Output {
        let id = self.place.id();
        let mut all = vec![words[0]];
        let (flags, rest): (Vec<&str>, Vec<&str>) = words[1..].iter().partition(|word| word.starts_with('-'));
        all.extend(flags);
        all.push(&id);
        all.extend(rest);
        self.command(&all).output().unwrap()
    }

    /// What `state` calls the container; none when it says nothing of it.
    pub fn status(&self) -> Option<String> {
        let output = self.operation(&["state"]);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        assert!(output.status.success(), "{output:?}");
        Some(answer["status"].as_str()?.to_owned())
    }

    pub fn wait_for(&self, status: Option<&str>) {
        wait_until(&format!("{:?}: {status:?}", self.tool), || self.status().as_deref() == status);
    }

    /// Nothing of any container is left.
    pub fn assert_clean(&self) {
        let left: Vec<_> =
            std::fs::read_dir(self.place.state()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Waits until something is so, as long as a slow machine may need.
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let late = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < late, "{what} did not happen");
        std::thread::yield_now();
    }
}
