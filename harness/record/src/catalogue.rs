//! What the ids of a record mean: the cases, rules and defects as they were when it ran, so that a report needs no program
//! but the one that reads the record, of whatever version.

use serde::{Deserialize, Serialize};

use crate::{Level, Tier};

/// The texts behind the ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The cases that were planned.
    pub cases: Vec<CaseInfo>,
    /// The rules that results can cite.
    pub rules: Vec<RuleInfo>,
    /// The known defects that can explain a fail.
    pub defects: Vec<DefectInfo>,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseInfo {
    /// Its id.
    pub id: String,
    /// What holds, in one sentence.
    pub title: String,
    /// What else there is to say, a line a paragraph.
    pub about: Vec<String>,
    /// What it counts for in a certificate.
    #[serde(default)]
    pub tier: Tier,
    /// The profiles that it runs under.
    #[serde(default)]
    pub applies: Applies,
}

/// The profiles that a case runs under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applies {
    /// Each.
    #[default]
    Each,
    /// Those in run mode.
    Run,
    /// Those in create-start mode.
    CreateStart,
    /// One of them.
    Once,
    /// One in run mode.
    OnceRun,
    /// One in create-start mode.
    OnceCreateStart,
    /// Those of plugins, under which no other case runs.
    Plugin,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInfo {
    /// Its id.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// The sentence.
    pub text: String,
    /// Where it stands.
    pub source: String,
}

/// A known defect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefectInfo {
    /// Its id.
    pub id: String,
    /// What happens.
    pub text: String,
}

impl Catalogue {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty() && self.rules.is_empty() && self.defects.is_empty()
    }
}
