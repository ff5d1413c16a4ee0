//! Which case meets which defect, under which profile.

use plimsoll_launcher::{Mode, Release};

use super::Defect;
use crate::case::{Case, Profiles};
use crate::runner::Filter;

/// The profile of a mode that selftest runs: the built-in runtime, which is the same on every machine.
pub(super) const fn profile(mode: Mode) -> &'static str {
    match mode {
        Mode::Run => "builtin-run",
        Mode::CreateStart => "builtin-create-start",
    }
}

/// The profile that selftest runs a case under.
pub(super) fn profile_of(case: &Case, mode: Mode) -> &'static str {
    if case.profiles == Profiles::Plugin { PLUGIN } else { profile(mode) }
}

/// The plugin's profile that selftest runs: its options are srun's own, so that the most can be wrong about it.
pub(super) const PLUGIN: &str = "pyxis";

/// The mode in which a case meets a defect.
pub(super) const fn mode(case: &Case, defect: Defect) -> Mode {
    match case.profiles {
        Profiles::Each => defect.mode(),
        Profiles::Once | Profiles::Plugin => Mode::Run,
        Profiles::InMode(mode) | Profiles::OnceInMode(mode) => mode,
    }
}

/// The modes in which a case has to pass before it can catch anything.
pub(super) fn modes(case: &Case) -> &'static [Mode] {
    match case.profiles {
        Profiles::Each => &[Mode::Run, Mode::CreateStart],
        Profiles::Once | Profiles::Plugin | Profiles::InMode(Mode::Run) | Profiles::OnceInMode(Mode::Run) => {
            &[Mode::Run]
        }
        Profiles::InMode(Mode::CreateStart) | Profiles::OnceInMode(Mode::CreateStart) => &[Mode::CreateStart],
    }
}

/// The cases that plausibly see a defect.
pub(super) fn hinted(cases: &[&'static Case], defect: Defect) -> Vec<&'static Case> {
    // A test reads every hint.
    let Ok(filter) = Filter::new(defect.hints()) else { return Vec::new() };
    cases.iter().copied().filter(|case| filter.chooses(case.id)).collect()
}

/// The cases of the catalogue that apply to the guide, which is the release that selftest runs.
pub(super) fn cases() -> Vec<&'static Case> {
    crate::catalogue::all().filter(|case| case.releases.has(Release::Guide)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::all;
    use super::*;
    use crate::testing::{EACH, IN_MODE, ONCE};

    #[test]
    fn a_case_meets_a_defect_in_its_own_mode_or_the_defects() {
        for defect in all() {
            assert_eq!(mode(&EACH, defect), defect.mode());
            assert_eq!(mode(&ONCE, defect), Mode::Run);
            assert_eq!(mode(&IN_MODE, defect), Mode::CreateStart);
        }
        assert_eq!(modes(&EACH).len(), 2);
    }
}
