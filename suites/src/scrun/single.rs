//! scrun called by hand, as an engine calls it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bundle::{BundleBuilder, Fixture};
use crate::context::Context;
use crate::invoke::quoted;
use crate::need::Need;
use crate::outcome::{Failure, expect};
use crate::run::Run;

/// Where the containers of a case are, below its shared folder.
const ROOT: &str = "scrun";
/// How long a container may take to get from one state to the next.
const WITHIN: std::time::Duration = std::time::Duration::from_secs(20);
/// How often its state is asked for.
const LOOK: std::time::Duration = std::time::Duration::from_millis(20);

/// A container of scrun's.
pub struct Single<'c> {
    cx: &'c Context<'c>,
    id: String,
    bundle: PathBuf,
}

/// scrun of other worlds needs a node of its own, which these cases do not set up.
pub fn only_on_the_mock(cx: &Context<'_>) -> Result<(), Failure> {
    if cx.cluster().world() == "mock" {
        return Ok(());
    }
    Err(Failure::Unsupported(Need::World, "cases about scrun are played on the mock alone".to_owned()))
}

impl<'c> Single<'c> {
    /// One that runs this shell script; nothing is created yet.
    pub fn new(cx: &'c Context<'c>, id: &str, script: &str) -> Result<Self, Failure> {
        only_on_the_mock(cx)?;
        let builder = BundleBuilder::new(Fixture::Busybox).args(["/bin/sh", "-c", script]);
        let bundle = cx.build(builder)?.dir;
        Ok(Self { cx, id: id.to_owned(), bundle })
    }

    /// Its bundle.
    pub fn bundle(&self) -> &Path {
        &self.bundle
    }

    /// Its folder.
    pub fn folder(&self) -> PathBuf {
        self.cx.shared().join(ROOT).join(&self.id)
    }

    /// The file of its standard output, or error.
    fn stream(&self, name: &str) -> PathBuf {
        self.cx.shared().join(format!("{}.{name}", self.id))
    }

    /// `scrun create`, its streams files; `before` is set in front of the command: variables.
    pub fn create_with(&self, before: &str, options: &str) -> Result<Run, Failure> {
        let path = |path: PathBuf| quoted(&path.to_string_lossy());
        let input = self.stream("in");
        if !input.exists() {
            self.cx.file(&format!("{}.in", self.id), "", 0o644)?;
        }
        // The anchor keeps the streams; what scrun itself says goes to a log.
        let script = format!(
            "{before} scrun --root {} --log {} {options} create --bundle {} --pid-file {} {} <{} >{} 2>{}; code=$?; \
             cat {} >&2; exit $code",
            path(self.cx.shared().join(ROOT)),
            path(self.stream("log")),
            path(self.bundle.clone()),
            path(self.stream("pid")),
            self.id,
            path(input),
            path(self.stream("out")),
            path(self.stream("err")),
            path(self.stream("log")),
        );
        let log = self.stream("log");
        if !log.exists() {
            self.cx.file(&format!("{}.log", self.id), "", 0o644)?;
        }
        self.cx.shell(&script).run()
    }

    /// `scrun create`, which has to succeed.
    pub fn create(&self) -> Result<(), Failure> {
        self.create_with("", "")?.exits(0).checked().map(drop)
    }

    /// Its standard input, before it is created.
    pub fn input(&self, text: &str) -> Result<(), Failure> {
        self.cx.file(&format!("{}.in", self.id), text, 0o644).map(drop)
    }

    /// Another operation on it.
    pub fn scrun(&self, operation: &str, more: &[&str]) -> Result<Run, Failure> {
        let root = self.cx.shared().join(ROOT);
        let root = root.to_string_lossy();
        self.cx.scrun().opts(["--root", &root, operation, &self.id]).opts(more).run()
    }

    /// The same, which has to succeed.
    pub fn does(&self, operation: &str, more: &[&str]) -> Result<(), Failure> {
        self.scrun(operation, more)?.exits(0).checked().map(drop)
    }

    /// What `state` says.
    pub fn state(&self) -> Result<Value, Failure> {
        let run = self.scrun("state", &[])?.exits(0).checked()?;
        serde_json::from_slice(&run.stdout)
            .map_err(|error| Failure::failed("state in JSON", format!("{error}: {}", run.stdout_text())))
    }

    /// Its status.
    pub fn status(&self) -> Result<String, Failure> {
        Ok(self.state()?["status"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until it is stopped.
    pub fn until_stopped(&self) -> Result<(), Failure> {
        let mut last = Ok(String::new());
        let stopped = plimsoll_cluster::wait::until(WITHIN, LOOK, || {
            last = self.status();
            last.as_ref().map_or(true, |status| status == "stopped")
        });
        let last = last?;
        expect(stopped, "a container that is stopped", format!("it is {last}"))
    }

    /// Waits until its standard output holds a text.
    pub fn until_says(&self, text: &str) -> Result<(), Failure> {
        let said = plimsoll_cluster::wait::until(WITHIN, LOOK, || self.stdout().contains(text));
        expect(said, format!("{text:?} on its standard output"), self.stdout())
    }

    /// Its standard output so far.
    pub fn stdout(&self) -> String {
        fs::read_to_string(self.stream("out")).unwrap_or_default()
    }

    /// Its standard error so far.
    pub fn stderr(&self) -> String {
        fs::read_to_string(self.stream("err")).unwrap_or_default()
    }

    /// scrun's own log of its creation.
    pub fn log(&self) -> String {
        fs::read_to_string(self.stream("log")).unwrap_or_default()
    }

    /// The pid in its pid file.
    pub fn pid(&self) -> Option<i32> {
        fs::read_to_string(self.stream("pid")).ok()?.trim().parse().ok()
    }

    /// Creates and starts it and waits for its end.
    pub fn run(&self) -> Result<(), Failure> {
        self.create()?;
        self.does("start", &[])?;
        self.until_stopped()
    }
}

impl Drop for Single<'_> {
    /// Whatever became of the case, no anchor and no job stay.
    fn drop(&mut self) {
        let root = self.cx.shared().join(ROOT);
        if root.join(&self.id).exists() {
            let mut command = self.cx.cluster().command("scrun");
            // What cannot be deleted shows as what was left behind.
            let _ = command.arg("--root").arg(&root).args(["delete", "--force", &self.id]).output();
        }
    }
}
