//! Events: what the runner says while it runs. The record is this list and the evidence files it points to.

use serde::{Deserialize, Serialize};

use crate::{Catalogue, Level, Verdict, Waiver};

/// Name and version of this format. A reader takes every minor version of its own major one.
/// 1.1 added traces, hashes of programs, the text of `oci.conf`, and runs that are continued.
pub const SCHEMA: &str = "plimsoll.events/1.1";

/// The run as a whole: what was asked for and where it ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Id of the run, also the name of its folder: time and a random tail.
    pub id: String,
    /// Start, RFC 3339 in UTC.
    pub started: String,
    /// Version of this program.
    pub plimsoll: String,
    /// `mock`, `slurm`, `containers` or `attach`.
    pub world: String,
    /// `guide`, `24.11` …
    pub release: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Cases run at the same time.
    pub jobs: usize,
    /// The command line that was given, for repeating it.
    pub command: Vec<String>,
    /// The folder that it was given in; paths on it may be relative to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Of what the command chooses, the case and profile of each result that is wanted; none for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Vec<(String, String)>>,
    /// Host name, kernel, user id, cgroup mode …: name and value.
    pub host: Vec<(String, String)>,
    /// Profiles, each with what drives it.
    pub profiles: Vec<ProfileInfo>,
    /// SHA-256 of this program, in hexadecimal digits; none where it could not be read, or in an older record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Waivers that were given for it; events say what was seen all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
}

/// A profile of this run and the program behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileInfo {
    /// Name of the profile.
    pub id: String,
    /// The runtime it drives: `crun`, `runc`, `builtin` …
    pub runtime: String,
    /// `run` or `create-start`.
    pub mode: String,
    /// Whether the real program ran. A double is never to be taken for it.
    pub real: bool,
    /// Why: the path and version of the real program, or what was missing.
    pub why: String,
    /// The text of its `oci.conf`, as a site would write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oci_conf: Option<String>,
    /// SHA-256 of the runtime's program, in hexadecimal digits, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
}

/// The verdict of one case under one profile, with what it stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResult {
    /// Id of the case.
    pub case: String,
    /// Profile it ran under.
    pub profile: String,
    /// World it ran in.
    pub world: String,
    /// Release that was meant.
    pub release: String,
    /// What is said.
    pub verdict: Verdict,
    /// How binding the case is.
    pub level: Level,
    /// Ids of the rules it checks.
    pub rules: Vec<String>,
    /// Never empty when the verdict is not pass.
    pub reason: Option<String>,
    /// What the rule asks for, where that can be set against what was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was seen instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// Wall time in milliseconds.
    pub millis: u64,
    /// Folder of the evidence, relative to the record.
    pub evidence: String,
    /// The known defect that explains a fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defect: Option<String>,
    /// One command that repeats the case.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repeat: String,
    /// Hash of the normalised evidence ([`crate::evidence::trace`]); two that are equal saw the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every planned case has a result.
    Completed,
    /// Ctrl-C: the record is complete up to there.
    Interrupted,
    /// `--fail-fast` stopped it.
    Stopped,
}

/// One line of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// First line of every record.
    RunStarted {
        /// Major and minor version of this format.
        schema: String,
        /// The run.
        run: RunInfo,
        /// Pairs of case and profile that are planned.
        planned: usize,
        /// What is behind the ids that its results name.
        #[serde(default, skip_serializing_if = "Catalogue::is_empty")]
        catalogue: Catalogue,
    },
    /// A case begins.
    CaseStarted {
        /// Id of the case.
        case: String,
        /// Profile.
        profile: String,
    },
    /// A case ended.
    CaseFinished {
        /// Its result.
        result: CaseResult,
    },
    /// Something that is nobody's result: a warning about the machine, a double in use.
    Note {
        /// One sentence.
        text: String,
    },
    /// A run that had been cut off is continued from here.
    RunResumed {
        /// When, RFC 3339 in UTC.
        started: String,
    },
    /// Last line of a record that was not cut off.
    RunFinished {
        /// How.
        outcome: Outcome,
        /// Wall time in milliseconds.
        millis: u64,
    },
    /// Something that a later minor version says; nothing that a reader of this one misses.
    #[serde(other)]
    Unknown,
}
