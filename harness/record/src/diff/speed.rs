//! How launch times changed: case by case, and by profile over all its cases.

use std::collections::BTreeMap;

use serde::Serialize;

use super::noise;
use crate::{Settled, Verdict};

/// Samples that each side needs.
pub const SAMPLES: usize = 5;

/// How much of what is called a change may be chance.
const RATE: f64 = 0.05;

/// Probability below which a profile's cases do not fall to one side by chance.
const CHANCE: f64 = 0.01;

/// Smallest change that is told, in hundredths: less is of no use to anybody.
const SMALLEST: u64 = 5;

/// What came of comparing times.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Speed {
    /// Cases that passed in both records with enough samples.
    pub compared: usize,
    /// Cases that passed in both, with fewer.
    pub too_few: usize,
    /// The cases that became slower or faster beyond the noise, the largest change first.
    pub cases: Vec<Pace>,
    /// The profiles with cases that were compared.
    pub profiles: Vec<ProfilePace>,
}

/// How long a case takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pace {
    /// The case.
    pub case: String,
    /// The profile.
    pub profile: String,
    /// Median before, in milliseconds.
    pub before: u64,
    /// Median after, in milliseconds.
    pub after: u64,
    /// Samples before and after.
    pub samples: [usize; 2],
    /// Probability of such a difference by chance (rank sum test).
    pub p: f64,
}

/// How long the cases of a profile take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProfilePace {
    /// The profile.
    pub profile: String,
    /// Cases whose median went up.
    pub slower: usize,
    /// Cases whose median went down.
    pub faster: usize,
    /// Sum of the medians before, in milliseconds.
    pub before: u64,
    /// Sum of the medians after, in milliseconds.
    pub after: u64,
    /// Probability of such a count by chance (sign test).
    pub p: f64,
    /// Whether that is more than noise.
    pub changed: bool,
}

impl Pace {
    /// Whether it became slower.
    pub fn is_slower(&self) -> bool {
        self.after > self.before
    }
}

/// The change in hundredths of what was before, with its sign: `+12 %`.
pub fn percent(before: u64, after: u64) -> String {
    if before == 0 {
        return "from nothing".to_owned();
    }
    let (sign, by) = if after >= before { ('+', after - before) } else { ('-', before - after) };
    format!("{sign}{} %", (by * 100 + before / 2) / before)
}

/// Compares the times of results that are in both records.
pub fn compare(both: &[(&Settled, &Settled)]) -> Speed {
    let mut speed = Speed::default();
    let mut paces = Vec::new();
    let mut profiles: BTreeMap<&str, ProfilePace> = BTreeMap::new();
    for (old, new) in both {
        if old.result.verdict != Verdict::Pass || new.result.verdict != Verdict::Pass {
            continue;
        }
        let times = |one: &Settled| one.runs.iter().map(|run| run.millis).collect::<Vec<_>>();
        let (before, after) = (times(old), times(new));
        if before.len() < SAMPLES || after.len() < SAMPLES {
            speed.too_few += 1;
            continue;
        }
        let pace = Pace {
            case: old.result.case.clone(),
            profile: old.result.profile.clone(),
            before: noise::median(&before),
            after: noise::median(&after),
            samples: [before.len(), after.len()],
            p: noise::rank_sum(&before, &after),
        };
        let profile = profiles.entry(&old.result.profile).or_insert_with(|| ProfilePace {
            profile: old.result.profile.clone(),
            slower: 0,
            faster: 0,
            before: 0,
            after: 0,
            p: 1.0,
            changed: false,
        });
        profile.slower += usize::from(pace.after > pace.before);
        profile.faster += usize::from(pace.after < pace.before);
        profile.before = profile.before.saturating_add(pace.before);
        profile.after = profile.after.saturating_add(pace.after);
        paces.push(pace);
    }
    speed.compared = paces.len();
    let limit = noise::threshold(&paces.iter().map(|pace| pace.p).collect::<Vec<_>>(), RATE);
    paces.retain(|pace| limit.is_some_and(|limit| pace.p <= limit) && is_felt(pace.before, pace.after));
    paces.sort_by_key(|pace| std::cmp::Reverse(pace.after.abs_diff(pace.before)));
    speed.cases = paces;
    speed.profiles = profiles.into_values().map(judged).collect();
    speed
}

fn judged(mut profile: ProfilePace) -> ProfilePace {
    profile.p = noise::sign(profile.slower, profile.faster);
    profile.changed = profile.p < CHANCE && is_felt(profile.before, profile.after);
    profile
}

fn is_felt(before: u64, after: u64) -> bool {
    after.abs_diff(before).saturating_mul(100) >= before.saturating_mul(SMALLEST) && before != after
}
