//! The differences that may stay, each with its reason. At most five.

use plimsoll_launcher::Release;

use super::scenario::Scenario;
use crate::case::Releases;

/// A difference that may stay.
#[derive(Clone, Copy, Debug)]
pub struct Explained {
    /// Scenarios, by the beginning of their ids.
    pub scenarios: &'static [&'static str],
    /// Releases.
    pub releases: Releases,
    /// Facts, by a part of their names.
    pub fact: &'static str,
    /// What every line that differs holds.
    pub line: &'static str,
    /// Why it may stay.
    pub reason: &'static str,
}

/// All of them.
pub const EXPLAINED: &[Explained] = &[
    Explained {
        scenarios: &["request.salloc"],
        releases: Releases::REAL,
        fact: "error",
        line: "has been revoked",
        reason: "salloc hears of its job's end from the controller while it leaves, and says so only when that comes in time",
    },
    Explained {
        scenarios: &["end.runtime-by-signal", "stop."],
        releases: Releases::REAL,
        fact: "error",
        line: "Force Terminated StepId",
        reason: "srun hears from the controller that its step was ended by force while it leaves, and says so only when that comes in time",
    },
    Explained {
        scenarios: &["stop."],
        releases: Releases::REAL,
        fact: "error",
        line: "Job step aborted",
        reason: "srun says how long it will wait where it hears of the cancelling before the ends of its tasks, and not otherwise",
    },
    Explained {
        scenarios: &["stop."],
        releases: Releases::REAL,
        fact: "error",
        line: "CANCELLED AT",
        reason: "the step daemon's word of the cancelling is shown only if it comes before srun has left",
    },
];

/// How many there may be.
pub const MOST: usize = 5;

impl Explained {
    /// Whether it explains a difference.
    pub fn explains(
        &self,
        scenario: &Scenario,
        release: Release,
        fact: &str,
        real: &[String],
        mock: &[String],
    ) -> bool {
        self.releases.has(release)
            && self.scenarios.iter().any(|id| scenario.id.starts_with(id))
            && fact.contains(self.fact)
            && real.iter().chain(mock).all(|line| line.contains(self.line))
    }
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    #[test]
    fn there_are_few_and_each_is_about_something() {
        assert!(EXPLAINED.len() <= MOST);
        for one in EXPLAINED {
            assert!(one.reason.len() > 20, "{one:?}");
            for id in one.scenarios {
                assert!(table::all().any(|scenario| scenario.id.starts_with(id)), "{id} is no scenario");
            }
        }
    }

    #[test]
    fn a_difference_is_explained_only_where_everything_fits() {
        let known = Explained {
            scenarios: &["end."],
            releases: Releases::only(Release::V22_05),
            fact: "error",
            line: "slow",
            reason: "",
        };
        let scenario = Scenario { id: "end.zero", ..Scenario::USUAL };
        let lines = |text: &str| vec![text.to_owned()];
        let explains = |release, fact, line| known.explains(&scenario, release, fact, &lines(line), &[]);
        assert!(explains(Release::V22_05, "user 1 error", "too slow"));
        assert!(!explains(Release::V24_11, "user 1 error", "too slow"));
        assert!(!explains(Release::V22_05, "user 1 end", "too slow"));
        assert!(!explains(Release::V22_05, "user 1 error", "quick"));
    }
}
