//! Two sets of facts side by side.

use serde::Serialize;

use super::explained::{EXPLAINED, Explained};
use super::observe::Facts;
use super::scenario::Scenario;
use crate::rules::Rule;
use plimsoll_launcher::Release;

/// A fact that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Name of the fact.
    pub fact: String,
    /// The rule that it concerns.
    pub rule: &'static str,
    /// Lines that the real release alone showed.
    pub real: Vec<String>,
    /// Lines that the mock alone showed.
    pub mock: Vec<String>,
    /// Why it may stay, where it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// Everything that is not the same, explained or not.
pub fn differences(scenario: &Scenario, release: Release, real: &Facts, mock: &Facts) -> Vec<Difference> {
    let mut names: Vec<&String> = real.keys().chain(mock.keys()).collect();
    names.sort();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        let lines = |facts: &Facts| facts.get(name).map(|fact| fact.lines.clone());
        let (of_real, of_mock) = (lines(real), lines(mock));
        if of_real == of_mock || lacks_call(name, real) || lacks_call(name, mock) {
            continue;
        }
        let own = scenario.rules.first().copied();
        let rule = real.get(name).or(mock.get(name)).and_then(|fact| fact.rule).or(own);
        let absent = || vec!["(nothing of it)".to_owned()];
        let (only_real, only_mock) = apart(&of_real.unwrap_or_else(absent), &of_mock.unwrap_or_else(absent));
        let reason =
            EXPLAINED.iter().find(|known| known.explains(scenario, release, name, &only_real, &only_mock));
        found.push(Difference {
            fact: name.clone(),
            rule: rule.map_or("", |rule: &Rule| rule.id),
            real: only_real,
            mock: only_mock,
            reason: reason.map(|known: &Explained| known.reason),
        });
    }
    found
}

/// Whether a fact is about a call that one side does not have at all: the sequence of calls says so already.
fn lacks_call(name: &str, facts: &Facts) -> bool {
    name.split_once(": ").is_some_and(|(call, what)| {
        call.starts_with("call ") && what != "argv" && !facts.contains_key(&format!("{call}: argv"))
    })
}

/// The lines that only one of two lists has; where there is none, the lists in full, since then their order differs.
fn apart(a: &[String], b: &[String]) -> (Vec<String>, Vec<String>) {
    let only = |these: &[String], those: &[String]| {
        let mut left = those.to_vec();
        let mut only = Vec::new();
        for line in these {
            match left.iter().position(|other| other == line) {
                Some(at) => drop(left.remove(at)),
                None => only.push(line.clone()),
            }
        }
        only
    };
    let (only_a, only_b) = (only(a, b), only(b, a));
    if only_a.is_empty() && only_b.is_empty() { (a.to_vec(), b.to_vec()) } else { (only_a, only_b) }
}

#[cfg(test)]
mod tests {
    use super::super::observe::Fact;
    use super::*;
    use crate::rules::{L_RUN_1, L_TASK_8};

    fn facts(pairs: &[(&str, &[&str])]) -> Facts {
        pairs
            .iter()
            .map(|(name, lines)| {
                let lines = lines.iter().map(|line| (*line).to_owned()).collect();
                let rule = name.ends_with("cwd").then_some(L_TASK_8);
                ((*name).to_owned(), Fact { lines, rule })
            })
            .collect()
    }

    const SCENARIO: Scenario = Scenario { id: "test.planted", rules: &[L_RUN_1], ..Scenario::USUAL };

    #[test]
    fn a_planted_difference_is_found_with_its_rule() {
        let argv = ("call 1 run: argv", &["x"][..]);
        let real =
            facts(&[argv, ("call 1 run: cwd", &["/spool"]), ("user 1 end", &["exit 7"]), ("same", &["x"])]);
        let mock =
            facts(&[argv, ("call 1 run: cwd", &["/tmp"]), ("user 1 end", &["exit 0"]), ("same", &["x"])]);
        let found = differences(&SCENARIO, Release::V22_05, &real, &mock);
        let shown: Vec<_> = found.iter().map(|one| (one.fact.as_str(), one.rule, one.reason)).collect();
        assert_eq!(shown, [("call 1 run: cwd", "L-TASK-8", None), ("user 1 end", "L-RUN-1", None)]);
        assert_eq!(
            (&found[1].real[..], &found[1].mock[..]),
            (&["exit 7".to_owned()][..], &["exit 0".to_owned()][..])
        );
    }

    #[test]
    fn a_fact_that_one_side_lacks_is_a_difference() {
        let found = differences(
            &SCENARIO,
            Release::V22_05,
            &facts(&[("call 2 kill: argv", &["x"]), ("call 2 kill: uid", &["0"])]),
            &facts(&[]),
        );
        // Of a call that is not there nothing else has to be said.
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].mock, ["(nothing of it)"]);
    }

    #[test]
    fn of_lists_only_what_differs_is_shown_and_their_order_counts() {
        let lines = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        assert_eq!(apart(&lines("a b c"), &lines("a c d d")), (lines("b"), lines("d d")));
        assert_eq!(apart(&lines("a b"), &lines("b a")), (lines("a b"), lines("b a")));
    }
}
