//! The results of two records joined by case and profile, and what each change means.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::{Level, Record, Settled, Verdict};

/// What a change means, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It was right, or somebody answered for it, and it is wrong now; or it is wrong always that was wrong at times.
    Regression,
    /// It was judged, and the harness broke over it now: nothing is known.
    Unjudged,
    /// It was right, and is wrong now, and somebody answers for that.
    NewlyWaived,
    /// It was judged, and something that it needs is gone.
    NewlyUnsupported,
    /// It was wrong, and is right now.
    Fixed,
    /// It was not judged, and is now.
    NewlyJudged,
    /// It was not in the record before.
    New,
    /// It is not in the record any more.
    Gone,
    /// The verdict is another one, and nothing became better or worse.
    Other,
    /// The verdict is the same, and what was seen is not.
    Evidence,
}

impl Kind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 10] = [
        Self::Regression,
        Self::Unjudged,
        Self::NewlyWaived,
        Self::NewlyUnsupported,
        Self::Fixed,
        Self::NewlyJudged,
        Self::New,
        Self::Gone,
        Self::Other,
        Self::Evidence,
    ];

    /// As a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Regression => "regressions",
            Self::Unjudged => "no longer judged: the harness broke",
            Self::NewlyWaived => "newly waived",
            Self::NewlyUnsupported => "newly unsupported",
            Self::Fixed => "fixed",
            Self::NewlyJudged => "judged for the first time",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Other => "changed, no better and no worse",
            Self::Evidence => "same verdict, changed evidence",
        }
    }

    /// Name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Unjudged => "unjudged",
            Self::NewlyWaived => "newly-waived",
            Self::NewlyUnsupported => "newly-unsupported",
            Self::Fixed => "fixed",
            Self::NewlyJudged => "newly-judged",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Other => "other",
            Self::Evidence => "evidence",
        }
    }

    fn of(before: &Settled, after: &Settled) -> Option<Self> {
        use Verdict::{Error, Fail, Flaky, Pass, Unsupported, Waived};
        match (before.result.verdict, after.result.verdict) {
            (same, other) if same == other => traces_differ(before, after).then_some(Self::Evidence),
            (_, Error) => Some(Self::Unjudged),
            (_, Unsupported) => Some(Self::NewlyUnsupported),
            (Unsupported | Error, _) => Some(Self::NewlyJudged),
            (Pass | Waived, Fail | Flaky) | (Flaky, Fail) => Some(Self::Regression),
            (Pass, Waived) => Some(Self::NewlyWaived),
            // What is flaky now was wrong always, and what is waived now was wrong before: nothing became worse.
            (Fail, Flaky) | (Fail | Flaky, Waived) => Some(Self::Other),
            (_, _) => Some(Self::Fixed),
        }
    }
}

/// One side of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// What was said.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// The known defect that explains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defect: Option<String>,
    /// Folder of the evidence, relative to its record.
    pub evidence: String,
    /// Hash of the trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// One command that repeats it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repeat: String,
}

/// What changed about one case under one profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it means.
    pub kind: Kind,
    /// The case.
    pub case: String,
    /// The profile.
    pub profile: String,
    /// How binding the case is.
    pub level: Level,
    /// What was said before.
    pub before: Option<Seen>,
    /// What is said now.
    pub after: Option<Seen>,
}

/// What the join gives.
#[derive(Debug, Default)]
pub struct Joined<'a> {
    /// The changes, by kind, then case and profile.
    pub changes: Vec<Change>,
    /// Results with the same verdict.
    pub unchanged: usize,
    /// What is in both records.
    pub both: Vec<(&'a Settled, &'a Settled)>,
}

/// Joins two records; both are sorted by case, then profile.
pub fn join<'a>(before: &'a Record, after: &'a Record) -> Joined<'a> {
    let (mut old, mut new) = (before.settled.iter().peekable(), after.settled.iter().peekable());
    let mut joined = Joined::default();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => key(old).cmp(&key(new)),
        };
        let old = if order == Ordering::Greater { None } else { old.next() };
        let new = if order == Ordering::Less { None } else { new.next() };
        let kind = match (old, new) {
            (Some(old), Some(new)) => {
                joined.both.push((old, new));
                joined.unchanged += usize::from(old.result.verdict == new.result.verdict);
                Kind::of(old, new)
            }
            (None, _) => Some(Kind::New),
            (_, None) => Some(Kind::Gone),
        };
        if let (Some(kind), Some(named)) = (kind, new.or(old)) {
            joined.changes.push(Change {
                kind,
                case: named.result.case.clone(),
                profile: named.result.profile.clone(),
                level: named.result.level,
                before: old.map(seen),
                after: new.map(seen),
            });
        }
    }
    joined.changes.sort_by_key(|change| change.kind);
    joined
}

fn key(settled: &Settled) -> (&str, &str) {
    (&settled.result.case, &settled.result.profile)
}

fn seen(settled: &Settled) -> Seen {
    let result = &settled.result;
    Seen {
        verdict: result.verdict,
        reason: result.reason.clone(),
        defect: result.defect.clone(),
        evidence: result.evidence.clone(),
        trace: result.trace.clone(),
        repeat: result.repeat.clone(),
    }
}

/// Whether each side saw one thing in all its attempts, and these two differ. A case that sees something else each time
/// says nothing by seeing something else once more.
fn traces_differ(before: &Settled, after: &Settled) -> bool {
    match (steady(before), steady(after)) {
        (Some(before), Some(after)) => before != after,
        _ => false,
    }
}

fn steady(settled: &Settled) -> Option<&str> {
    let traces: Option<BTreeSet<&str>> = settled.runs.iter().map(|run| run.trace.as_deref()).collect();
    let traces = traces?;
    traces.first().copied().filter(|_| traces.len() == 1)
}
