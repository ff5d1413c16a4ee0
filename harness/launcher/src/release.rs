//! The Slurm releases whose behaviour can be asked for, and what each of them can do.
//!
//! A question about a release is asked as a method here, so that no other module compares version numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A Slurm release, or [`Release::Guide`]: what the Slurm Containers Guide promises, which no release keeps whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Release {
    /// 22.05
    #[serde(rename = "22.05")]
    V22_05,
    /// 23.02
    #[serde(rename = "23.02")]
    V23_02,
    /// 23.11
    #[serde(rename = "23.11")]
    V23_11,
    /// 24.05, the release that the guide was printed for
    #[serde(rename = "24.05")]
    V24_05,
    /// 24.11
    #[serde(rename = "24.11")]
    V24_11,
    /// 25.05
    #[serde(rename = "25.05")]
    V25_05,
    /// 25.11
    #[serde(rename = "25.11")]
    V25_11,
    /// 26.05
    #[serde(rename = "26.05")]
    V26_05,
    /// The documentation's promise: the rules of 24.05 with every open defect mended.
    #[serde(rename = "guide")]
    Guide,
}

impl Release {
    /// Every release, oldest first, the guide last.
    pub const ALL: [Release; 9] = [
        Release::V22_05,
        Release::V23_02,
        Release::V23_11,
        Release::V24_05,
        Release::V24_11,
        Release::V25_05,
        Release::V25_11,
        Release::V26_05,
        Release::Guide,
    ];

    /// Whether a runtime that reads no config.json gets the step's environment as its own. Releases hand down their daemon's,
    /// 26.05 still does (R-OPEN-25).
    pub const fn passes_environment(self) -> bool {
        !self.has_open_defects()
    }

    /// The name as the command line takes it: `guide`, `24.11` …
    pub const fn name(self) -> &'static str {
        match self {
            Release::V22_05 => "22.05",
            Release::V23_02 => "23.02",
            Release::V23_11 => "23.11",
            Release::V24_05 => "24.05",
            Release::V24_11 => "24.11",
            Release::V25_05 => "25.05",
            Release::V25_11 => "25.11",
            Release::V26_05 => "26.05",
            Release::Guide => "guide",
        }
    }

    /// The release whose plain rules hold: the guide follows 24.05, for which it was printed.
    pub const fn rules(self) -> Release {
        match self {
            Release::Guide => Release::V24_05,
            other => other,
        }
    }

    /// Whether the plain rules of this release are those of `first` or of a later one.
    pub fn at_least(self, first: Release) -> bool {
        self.rules() >= first.rules()
    }

    /// Whether the open defects of `regressions.md` are there. They are not in the guide's promise.
    pub const fn has_open_defects(self) -> bool {
        !matches!(self, Release::Guide)
    }

    /// Whether it does as 24.11 and 26.05 were seen to do beside the written rules: every release behind the first one. The
    /// guide's promise keeps to the rules.
    pub const fn is_later(self) -> bool {
        !matches!(self, Release::V22_05 | Release::Guide)
    }

    /// Whether paths are put together as 24.11 was seen to do: a folder's pattern ends in a slash that stays, and `%m` is the
    /// task's own.
    pub fn joins_as_written(self) -> bool {
        self.is_later() && !self.at_least(Release::V25_05)
    }

    /// What `srun --version` prints behind `slurm `.
    pub const fn version(self) -> &'static str {
        match self {
            Release::V22_05 => "22.05.8",
            Release::V23_02 => "23.02.7",
            Release::V23_11 => "23.11.10",
            Release::V24_05 | Release::Guide => "24.05.8",
            Release::V24_11 => "24.11.5",
            Release::V25_05 => "25.05.5",
            Release::V25_11 => "25.11.2",
            Release::V26_05 => "26.05.5",
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A release name that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown release `{0}`; known are guide, 22.05, 23.02, 23.11, 24.05, 24.11, 25.05, 25.11 and 26.05")]
pub struct ParseReleaseError(pub String);

impl FromStr for Release {
    type Err = ParseReleaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Release::ALL
            .into_iter()
            .find(|release| release.name() == text)
            .ok_or_else(|| ParseReleaseError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_back() {
        for release in Release::ALL {
            assert_eq!(release.name().parse(), Ok(release));
        }
        assert!("23.05".parse::<Release>().is_err());
    }

    #[test]
    fn the_guide_follows_the_release_it_was_printed_for() {
        assert!(Release::Guide.at_least(Release::V24_05));
        assert!(!Release::Guide.at_least(Release::V24_11));
        assert!(!Release::Guide.has_open_defects());
    }
}
