//! Every case there is: one list an area, all areas in one list.

use crate::case::Case;
use crate::{
    batch, broken, cleanup, config, env, faults, forms, lifecycle, mpi, multi, ociconf, pattern, plugin,
    request, scrun, signal, spool, stdio, step,
};

/// The areas, in the order in which cases run.
pub const AREAS: &[&[&Case]] = &[
    step::CASES,
    signal::CASES,
    stdio::CASES,
    env::CASES,
    config::CASES,
    pattern::CASES,
    spool::CASES,
    ociconf::CASES,
    request::CASES,
    forms::CASES,
    batch::CASES,
    multi::CASES,
    mpi::CASES,
    broken::CASES,
    cleanup::CASES,
    plugin::CASES,
    lifecycle::CASES,
    faults::CASES,
    scrun::CASES,
];

/// Every case.
pub fn all() -> impl Iterator<Item = &'static Case> {
    AREAS.iter().flat_map(|area| area.iter().copied())
}

/// The case with an id.
pub fn find(id: &str) -> Option<&'static Case> {
    all().find(|case| case.id == id)
}

/// The cases that cite a rule.
pub fn citing(rule: &crate::rules::Rule) -> Vec<&'static Case> {
    all().filter(|case| case.rules.iter().any(|cited| cited.id == rule.id)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules;

    #[test]
    fn ids_are_unique_and_begin_with_their_area() {
        let mut seen = BTreeSet::new();
        for area in AREAS {
            let areas: BTreeSet<&str> = area.iter().map(|case| case.area()).collect();
            assert_eq!(areas.len(), 1, "a list is one area: {areas:?}");
            for case in *area {
                assert!(seen.insert(case.id), "{} stands twice", case.id);
                assert!(
                    case.id.chars().all(|letter| letter.is_ascii_lowercase()
                        || letter.is_ascii_digit()
                        || ".-".contains(letter)),
                    "{}",
                    case.id
                );
            }
        }
    }

    #[test]
    fn every_case_is_documented_and_cites_a_rule() {
        for case in all() {
            let title = case.title();
            assert!(title.ends_with('.') && title.len() > 20, "{}: {title}", case.id);
            assert!(
                case.paragraphs().any(|text| text.starts_with("Catches: ")),
                "{} does not say what it catches",
                case.id
            );
            assert!(!case.rules.is_empty(), "{} cites no rule", case.id);
            assert!(case.rules.iter().all(|rule| rules::find(rule.id) == Some(rule)), "{}", case.id);
        }
    }

    #[test]
    fn every_rule_is_covered_or_says_why_not() {
        for rule in rules::all() {
            let covered = !citing(rule).is_empty();
            let reason = rules::uncovered_reason(rule);
            assert!(
                covered || reason.is_some(),
                "no case cites {}; rules/uncovered.rs does not say why",
                rule.id
            );
            assert!(
                !(covered && reason.is_some()),
                "a case cites {}; take its line out of rules/uncovered.rs",
                rule.id
            );
        }
    }
}
