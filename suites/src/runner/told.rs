//! What a record is told of the cases, rules and defects behind its ids.

use std::collections::BTreeSet;

use plimsoll_launcher::{Mode, Release};
use plimsoll_record::Catalogue;
use plimsoll_record::catalogue::{Applies, CaseInfo, DefectInfo, RuleInfo};

use super::Pair;
use crate::case::{Case, Profiles};
use crate::target::mode_name;
use crate::{catalogue, defects, rules};

/// The planned cases, each once, and every rule and defect: what a fail cites is not known before.
pub fn catalogue(pairs: &[Pair<'_>]) -> Catalogue {
    let mut seen = BTreeSet::new();
    of(pairs.iter().map(|pair| pair.case).filter(|case| seen.insert(case.id)))
}

/// What a whole run on a release has under profiles of these modes: what a certificate is held against.
pub fn whole(release: Release, modes: &[&str]) -> Catalogue {
    let applies = |case: &&'static Case| {
        case.releases.has(release)
            && match case.profiles {
                Profiles::Each | Profiles::Once => modes.iter().any(|mode| *mode != "plugin"),
                Profiles::Plugin => modes.contains(&"plugin"),
                Profiles::InMode(mode) | Profiles::OnceInMode(mode) => modes.contains(&mode_name(mode)),
            }
    };
    of(catalogue::all().filter(applies))
}

fn of(cases: impl Iterator<Item = &'static Case>) -> Catalogue {
    Catalogue {
        cases: cases
            .map(|case| CaseInfo {
                id: case.id.to_owned(),
                title: case.title(),
                about: case.paragraphs().skip(1).collect(),
                tier: case.tier,
                applies: match case.profiles {
                    Profiles::Each => Applies::Each,
                    Profiles::Once => Applies::Once,
                    Profiles::Plugin => Applies::Plugin,
                    Profiles::InMode(Mode::Run) => Applies::Run,
                    Profiles::InMode(Mode::CreateStart) => Applies::CreateStart,
                    Profiles::OnceInMode(Mode::Run) => Applies::OnceRun,
                    Profiles::OnceInMode(Mode::CreateStart) => Applies::OnceCreateStart,
                },
            })
            .collect(),
        rules: rules::all()
            .map(|rule| RuleInfo {
                id: rule.id.to_owned(),
                level: rule.level,
                text: rule.text.to_owned(),
                source: rule.source.to_owned(),
            })
            .collect(),
        defects: defects::ALL
            .iter()
            .map(|defect| DefectInfo { id: defect.id.to_owned(), text: defect.text.to_owned() })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{EACH, target};

    #[test]
    fn a_case_is_told_once_with_its_sentence() {
        let target = target("a", Mode::Run);
        let pair = Pair { case: &EACH, target: &target, attempt: 1 };
        let told = super::catalogue(&[pair, Pair { attempt: 2, ..pair }]);
        assert_eq!(told.cases.len(), 1);
        assert_eq!(
            (told.cases[0].id.as_str(), told.cases[0].title.as_str()),
            (EACH.id, EACH.title().as_str())
        );
        assert!(told.rules.len() > 50 && told.defects.len() > 10);
    }
}
