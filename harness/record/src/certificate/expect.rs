//! Which results a whole run has: of a catalogue and of profiles, so that a case that is missing or too many is seen.

use std::collections::BTreeMap;

use crate::catalogue::{Applies, CaseInfo};
use crate::{Catalogue, ProfileInfo, Record, digest};

/// SHA-256 of the cases and rules of a catalogue, in an order of its own.
pub fn catalogue_hash(catalogue: &Catalogue) -> String {
    let mut cases: Vec<&CaseInfo> = catalogue.cases.iter().collect();
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    let mut rules: Vec<_> = catalogue.rules.iter().collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    digest::of(&serde_json::to_vec(&(cases, rules)).unwrap_or_default())
}

/// The results that are missing in a record, and those that should not be there, each `CASE (PROFILE)`. A case that runs
/// once has one result, under whichever of the profiles that it applies to.
pub fn missing_and_extra(record: &Record) -> (Vec<String>, Vec<String>) {
    let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for result in record.results() {
        seen.entry(&result.case).or_default().push(&result.profile);
    }
    let (mut missing, mut extra) = (Vec::new(), Vec::new());
    for case in &record.catalogue.cases {
        let applies = |profile: &&ProfileInfo| case.applies.has_mode(&profile.mode);
        let fitting: Vec<&str> =
            record.run.profiles.iter().filter(applies).map(|profile| profile.id.as_str()).collect();
        let mut left = seen.remove(case.id.as_str()).unwrap_or_default();
        if case.applies.is_once() {
            let found = left.iter().position(|profile| fitting.contains(profile));
            match found {
                Some(at) => drop(left.remove(at)),
                None if fitting.is_empty() => {}
                None => missing.push(format!("{} (once)", case.id)),
            }
        } else {
            for profile in fitting {
                match left.iter().position(|seen| *seen == profile) {
                    Some(at) => drop(left.remove(at)),
                    None => missing.push(format!("{} ({profile})", case.id)),
                }
            }
        }
        extra.extend(left.iter().map(|profile| format!("{} ({profile})", case.id)));
    }
    for (case, profiles) in seen {
        extra.extend(profiles.iter().map(|profile| format!("{case} ({profile})")));
    }
    (missing, extra)
}

impl Applies {
    /// Whether a profile of this mode is meant.
    fn has_mode(self, mode: &str) -> bool {
        match self {
            Self::Each | Self::Once => mode != "plugin",
            Self::Plugin => mode == "plugin",
            Self::Run | Self::OnceRun => mode == "run",
            Self::CreateStart | Self::OnceCreateStart => mode == "create-start",
        }
    }

    fn is_once(self) -> bool {
        matches!(self, Self::Once | Self::OnceRun | Self::OnceCreateStart)
    }
}
