//! What a scenario is: data that says what stands on a cluster and what its user does there. It judges nothing; what it shows
//! on a real release is what the mock has to show.
//!
//! In every text these stand for themselves on the cluster at hand: `{shared}` the user's folder, `{bundle}` the bundle,
//! `{program}` the plimsoll program, `{runtime}` the script that calls the built-in runtime for an operation, `{conf}` the
//! folder of `oci.conf`, `{user}` the user's name, `{job}` the number of the scenario's first job.

use std::time::Duration;

use plimsoll_launcher::{Mode, Operation};

use crate::case::Releases;
use crate::rules::Rule;

/// One scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Stable id, `area.name`.
    pub id: &'static str,
    /// What it shows, one sentence.
    pub what: &'static str,
    /// The rules it concerns, the foremost first.
    pub rules: &'static [&'static Rule],
    /// The releases that have the feature.
    pub releases: Releases,
    /// Nodes.
    pub nodes: usize,
    /// `oci.conf`.
    pub conf: Conf,
    /// The bundle at `{bundle}`.
    pub bundle: BundleForm,
    /// Files of the user's below `{shared}`, and their text; a text that begins with `#!` can be run.
    pub files: &'static [(&'static str, &'static str)],
    /// Lines of `slurm.conf` beyond [`SETTINGS`].
    pub settings: &'static [(&'static str, &'static str)],
    /// What the user does.
    pub acts: &'static [Act],
    /// How long a command may take before it counts as hung, which is something to be seen like any other.
    pub limit: Duration,
}

/// The number of a new cluster's first job.
pub const FIRST_JOB: u64 = 41_000;

/// Lines of `slurm.conf` of every scenario: job ids that are no other number, and a KillWait that nobody has to wait for.
pub const SETTINGS: &[(&str, &str)] = &[("FirstJobId", "41000"), ("KillWait", "2")];

/// How long a command may take: twenty times what the slowest one takes on a real release and a quiet machine.
pub const LIMIT: Duration = Duration::from_secs(20);

/// The same where it is expected to hang on some release: long enough that everything before the hang has happened.
pub const LIMIT_OF_A_HANG: Duration = Duration::from_secs(5);

/// `oci.conf` of a scenario.
#[derive(Clone, Copy, Debug)]
pub enum Conf {
    /// There is none.
    Absent,
    /// The built-in runtime behind the recorder.
    Usual(Usual),
    /// This text.
    Text(&'static str),
}

/// The built-in runtime behind the recorder, and what is different.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    /// How it is driven.
    pub mode: Mode,
    /// Words behind the container's id in every operation, for the recorder's eyes alone.
    pub words: &'static str,
    /// Commands in the place of the usual ones.
    pub instead: &'static [(Operation, &'static str)],
    /// Operations that are left out.
    pub without: &'static [Operation],
    /// Lines beside the operations.
    pub lines: &'static str,
}

/// Run mode with nothing different.
pub const RUN: Usual = Usual { mode: Mode::Run, words: "", instead: &[], without: &[], lines: "" };

/// Create/start mode with nothing different.
pub const CREATE_START: Usual = Usual { mode: Mode::CreateStart, ..RUN };

/// What is at `{bundle}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleForm {
    /// A bundle of busybox.
    Plain,
    /// The same with changes of `config.json`: the member at a JSON pointer, and its new value as JSON; an empty one takes it
    /// away.
    Edited(&'static [(&'static str, &'static str)]),
    /// The same with other bytes in `config.json`.
    Bytes(&'static str),
    /// The same without `config.json`.
    NoConfig,
    /// The same with a `config.json` that the user may not read.
    Unreadable,
    /// The same with a folder in the place of `config.json`.
    Folder,
    /// The same without the root file system.
    NoRootfs,
    /// Nothing.
    Absent,
}

/// What a user does, or waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A shell line, to its end.
    Run(&'static str),
    /// A shell line that goes on beside what follows.
    Start(&'static str),
    /// The end of the line that was started first and not waited for yet.
    Join,
    /// A signal to the line that was started last, by its name: `INT`.
    Signal(&'static str),
    /// Until the line that was started last has complained with this text.
    UntilError(&'static str),
    /// Until a file below `{shared}` is there.
    UntilFile(&'static str),
    /// Until an operation has been called so often.
    UntilCall(Operation, usize),
    /// Until so many calls of an operation have ended.
    UntilEnded(Operation, usize),
    /// Until a line of `squeue -h -o '%T %r'` is this.
    UntilQueue(&'static str),
    /// Another text of `oci.conf`, or none.
    NewConf(Option<&'static str>),
    /// Until no job is left and every step has cleaned up.
    Idle,
}

impl Scenario {
    /// What a scenario is where nothing is said.
    pub const USUAL: Self = Self {
        id: "",
        what: "",
        rules: &[],
        releases: Releases::REAL,
        nodes: 1,
        conf: Conf::Usual(RUN),
        bundle: BundleForm::Plain,
        files: &[],
        settings: &[],
        acts: &[],
        limit: LIMIT,
    };

    /// The area: what stands before the dot.
    pub fn area(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(area, _)| area)
    }
}
