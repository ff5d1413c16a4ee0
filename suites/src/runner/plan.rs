//! The plan: which case runs under which target, in which order.

use plimsoll_launcher::Release;

use super::Filter;
use crate::case::{Case, Profiles};
use crate::target::Target;

/// One entry of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The case.
    pub case: &'static Case,
    /// What it tests.
    pub target: &'a Target,
    /// Counts from 1; more than one with `--stress`.
    pub attempt: usize,
}

/// What a plan is made from, beside cases and targets.
#[derive(Clone, Debug)]
pub struct Planning {
    /// The release that is meant; a case that does not apply to it is not planned.
    pub release: Release,
    /// Which cases.
    pub filter: Filter,
    /// How often each.
    pub stress: usize,
    /// Order: 0 is the catalogue's, any other number a shuffle that can be repeated.
    pub seed: u64,
}

/// Plans cases over targets.
pub fn plan<'a>(cases: &[&'static Case], targets: &'a [Target], planning: &Planning) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    for attempt in 1..=planning.stress.max(1) {
        for case in cases.iter().copied() {
            if !case.releases.has(planning.release) || !planning.filter.chooses(case.id) {
                continue;
            }
            let pair = |target| Pair { case, target, attempt };
            let usual = || targets.iter().filter(|target| !target.is_plugin());
            match case.profiles {
                Profiles::Each => pairs.extend(usual().map(pair)),
                Profiles::Plugin => {
                    pairs.extend(targets.iter().filter(|target| target.is_plugin()).map(pair));
                }
                Profiles::InMode(mode) => {
                    pairs.extend(usual().filter(|target| target.mode == mode).map(pair));
                }
                Profiles::Once => pairs.extend(usual().min_by_key(|target| target.rank()).map(pair)),
                Profiles::OnceInMode(mode) => {
                    let fitting = usual().filter(|target| target.mode == mode);
                    pairs.extend(fitting.min_by_key(|target| target.rank()).map(pair));
                }
            }
        }
    }
    if planning.seed != 0 {
        shuffle(&mut pairs, planning.seed);
    }
    pairs
}

/// Fisher and Yates, with the numbers of splitmix64: small, and the same on every machine.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = state;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^= number >> 31;
        let choices = u64::try_from(last + 1).unwrap_or(u64::MAX);
        // What is left is smaller than the slice is long, so that it fits.
        items.swap(last, usize::try_from(number % choices).unwrap_or(last));
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_launcher::Mode;

    use super::*;
    use crate::case::Releases;
    use crate::testing::{EACH, IN_MODE, ONCE, ONLY_REAL, target};

    fn ids(pairs: &[Pair<'_>]) -> Vec<String> {
        pairs.iter().map(|pair| format!("{}/{}", pair.case.id, pair.target.id)).collect()
    }

    fn planning(seed: u64, stress: usize) -> Planning {
        Planning { release: Release::Guide, filter: Filter::default(), stress, seed }
    }

    #[test]
    fn cases_meet_the_targets_they_apply_to() {
        let targets = [target("a", Mode::Run), target("b", Mode::CreateStart)];
        let cases: &[&Case] = &[&EACH, &ONCE, &IN_MODE, &ONLY_REAL];
        let pairs = plan(cases, &targets, &planning(0, 1));
        assert_eq!(ids(&pairs), ["test.each/a", "test.each/b", "test.once/a", "test.in-mode/b"]);
        assert!(!Releases::REAL.has(Release::Guide));
        assert_eq!(plan(cases, &targets, &planning(0, 3)).len(), 12);
    }

    #[test]
    fn a_seed_gives_the_same_order_again_and_loses_nothing() {
        let targets: Vec<Target> = (0..9).map(|index| target(&index.to_string(), Mode::Run)).collect();
        let order = |seed| ids(&plan(&[&EACH], &targets, &planning(seed, 1)));
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
        let (mut shuffled, mut plain) = (order(7), order(0));
        shuffled.sort();
        plain.sort();
        assert_eq!(shuffled, plain);
    }
}
