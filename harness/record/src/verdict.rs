//! Verdicts and levels: the words in which results are spoken.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How binding a rule or a case is (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// An absolute requirement.
    Must,
    /// A recommendation.
    Should,
    /// Shown for information.
    May,
}

impl Level {
    /// Lower-case name, as in the results.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Must => "must",
            Level::Should => "should",
            Level::May => "may",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a case counts for in a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Whoever runs containers for Slurm at all has to pass it.
    Core,
    /// It is about something that a site may do without.
    #[default]
    Extended,
    /// It is new, or about what is not settled; it counts for nothing yet.
    Provisional,
}

impl Tier {
    /// Every tier, the most binding first.
    pub const ALL: [Self; 3] = [Self::Core, Self::Extended, Self::Provisional];

    /// Lower-case name, as in certificates.
    pub const fn name(self) -> &'static str {
        match self {
            Tier::Core => "core",
            Tier::Extended => "extended",
            Tier::Provisional => "provisional",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What is said of one case under one profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The product did what the rules say.
    Pass,
    /// The product did not.
    Fail,
    /// It failed and passed in one run.
    Flaky,
    /// A need is absent; the reason says which.
    Unsupported,
    /// A fail with a reason, an owner and an end date.
    Waived,
    /// The harness broke: never a pass, a fail or a skip of the product.
    Error,
}

impl Verdict {
    /// Every verdict, in the order in which summaries count them.
    pub const ALL: [Verdict; 6] =
        [Verdict::Pass, Verdict::Fail, Verdict::Flaky, Verdict::Unsupported, Verdict::Waived, Verdict::Error];

    /// Lower-case name, as in the results.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Flaky => "flaky",
            Verdict::Unsupported => "unsupported",
            Verdict::Waived => "waived",
            Verdict::Error => "error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
