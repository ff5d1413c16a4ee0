//! The scenarios, a file an area.

mod batch;
mod bundles;
mod ends;
mod environment;
mod faults;
mod keys;
mod letters;
mod rejected;
mod requests;
mod stops;
mod words;

use super::scenario::Scenario;

/// Every scenario, area by area.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    [
        requests::SCENARIOS,
        ends::SCENARIOS,
        stops::SCENARIOS,
        bundles::SCENARIOS,
        words::SCENARIOS,
        environment::SCENARIOS,
        batch::SCENARIOS,
        letters::SCENARIOS,
        keys::SCENARIOS,
        rejected::SCENARIOS,
        faults::SCENARIOS,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use plimsoll_launcher::{Operation, Release, ociconf, pattern};

    use super::super::scenario::{Act, Conf};
    use super::*;

    /// The text of a scenario's `oci.conf`, names not filled in.
    fn texts(scenario: &Scenario) -> String {
        let changed = scenario.acts.iter().filter_map(|act| match act {
            Act::NewConf(Some(text)) => Some(*text),
            _ => None,
        });
        let own = match scenario.conf {
            Conf::Absent => String::new(),
            Conf::Text(text) => text.to_owned(),
            Conf::Usual(usual) => {
                let instead = usual.instead.iter().map(|(_, command)| *command);
                [usual.lines, usual.words].into_iter().chain(instead).collect::<Vec<_>>().join("\n")
            }
        };
        own + &changed.collect::<String>()
    }

    #[test]
    fn ids_are_unique_and_every_scenario_says_what_it_is_about() {
        let mut seen = BTreeSet::new();
        for scenario in all() {
            assert!(seen.insert(scenario.id), "{} stands twice", scenario.id);
            assert!(scenario.what.ends_with('.'), "{}: {}", scenario.id, scenario.what);
            assert!(!scenario.rules.is_empty(), "{} concerns no rule", scenario.id);
            assert!(!scenario.acts.is_empty(), "nothing happens in {}", scenario.id);
            assert!(!scenario.releases.has(Release::Guide), "{}: the guide is no real release", scenario.id);
        }
    }

    #[test]
    fn each_release_has_sixty_and_more() {
        for release in Release::ALL.into_iter().filter(|release| *release != Release::Guide) {
            let count = all().filter(|scenario| scenario.releases.has(release)).count();
            assert!(count >= 60, "{release} has {count}");
        }
    }

    #[test]
    fn each_key_is_in_one() {
        let all: String = all().map(texts).collect::<Vec<_>>().join("\n").to_lowercase();
        for key in ociconf::KEYS.iter().map(|key| key.name) {
            let driven = Operation::ALL.iter().any(|operation| operation.key().eq_ignore_ascii_case(key));
            assert!(driven || all.contains(&format!("{}=", key.to_lowercase())), "{key} is in no scenario");
        }
    }

    #[test]
    fn each_letter_is_in_one() {
        let all: String = all().map(texts).collect::<Vec<_>>().join("\n");
        for letter in ('!'..='~').filter(|letter| pattern::knows(*letter, Release::V26_05)) {
            assert!(all.contains(&format!("%{letter}")), "%{letter} is in no scenario");
        }
    }

    #[test]
    fn each_operation_fails_in_one_and_hangs_or_lies_in_another() {
        for operation in Operation::ALL {
            let replaced = |scenario: &&Scenario| match scenario.conf {
                Conf::Usual(usual) => usual.instead.iter().any(|(known, _)| *known == operation),
                _ => false,
            };
            assert!(all().filter(replaced).count() >= 2, "{operation:?}");
        }
    }

    #[test]
    fn a_quoted_command_holds_no_quote() {
        for scenario in all() {
            if let Conf::Usual(usual) = scenario.conf {
                let commands = usual.instead.iter().map(|(_, command)| *command).chain([usual.words]);
                assert!(commands.into_iter().all(|command| !command.contains('"')), "{}", scenario.id);
            }
        }
    }
}
