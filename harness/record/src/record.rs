//! A record read back: the fold of its events that every report starts from.

use std::collections::{BTreeMap, BTreeSet};

use crate::waiver::{Mark, WaiverReport, Waivers};
use crate::{CaseResult, Catalogue, Event, Outcome, ProfileInfo, RunInfo, Verdict};

/// A run with everything it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The run.
    pub run: RunInfo,
    /// Pairs of case and profile that were planned.
    pub planned: usize,
    /// What the ids in it mean.
    pub catalogue: Catalogue,
    /// One entry a case and profile, sorted by case, then profile.
    pub settled: Vec<Settled>,
    /// What was noted beside the results, in order, each once.
    pub notes: Vec<String>,
    /// What became of each waiver of the run.
    pub waivers: Vec<WaiverReport>,
    /// How it ended; none for a run that was killed.
    pub outcome: Option<Outcome>,
    /// Wall time of the run in milliseconds, without parts that were killed.
    pub millis: u64,
}

/// What all attempts at one case under one profile come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The verdict over all attempts, with the reason, evidence and defect of the attempt that decided it; `millis` is the
    /// mean.
    pub result: CaseResult,
    /// How often it was run.
    pub attempts: usize,
    /// How many of these failed.
    pub failed: usize,
    /// The attempts one by one, in their order.
    pub runs: Vec<Attempt>,
    /// What a waiver has to do with it.
    pub mark: Option<Mark>,
}

/// One attempt at a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What was said of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// Wall time in milliseconds.
    pub millis: u64,
    /// Folder of its evidence, relative to the record.
    pub evidence: String,
    /// Hash of its trace, where there is one.
    pub trace: Option<String>,
}

impl Record {
    /// Folds events. None when they do not begin with the start of a run.
    pub fn from_events(events: &[Event]) -> Option<Self> {
        let Some(Event::RunStarted { run, planned, catalogue, .. }) = events.first() else { return None };
        let mut attempts: BTreeMap<(&str, &str), Vec<&CaseResult>> = BTreeMap::new();
        let mut notes: Vec<String> = Vec::new();
        let mut end = (None, 0_u64);
        for event in events {
            match event {
                Event::CaseFinished { result } => {
                    attempts.entry((&result.case, &result.profile)).or_default().push(result);
                }
                Event::Note { text } if !notes.contains(text) => notes.push(text.clone()),
                // Each part of a run that was continued has an end of its own; the last one counts.
                Event::RunResumed { .. } => end.0 = None,
                Event::RunFinished { outcome, millis } => {
                    end = (Some(*outcome), millis.saturating_add(end.1));
                }
                Event::RunStarted { .. }
                | Event::CaseStarted { .. }
                | Event::Note { .. }
                | Event::Unknown => {}
            }
        }
        let mut settled: Vec<_> = attempts.into_values().filter_map(|attempts| settle(&attempts)).collect();
        let waivers = Waivers::new(&run.waivers, &run.started).apply(&mut settled);
        let (outcome, millis) = end;
        let (run, catalogue) = (run.clone(), catalogue.clone());
        Some(Self { run, planned: *planned, catalogue, settled, notes, waivers, outcome, millis })
    }

    /// The results, in order.
    pub fn results(&self) -> impl Iterator<Item = &CaseResult> {
        self.settled.iter().map(|settled| &settled.result)
    }

    /// The profiles that have something to show: those of the run in their order, then any other that a result names.
    pub fn profiles(&self) -> Vec<(&str, Option<&ProfileInfo>)> {
        let mut seen = BTreeSet::new();
        let known = self.run.profiles.iter().map(|profile| (profile.id.as_str(), Some(profile)));
        let named = self.results().map(|result| (result.profile.as_str(), None));
        known.chain(named).filter(|(id, _)| seen.insert(*id)).collect()
    }

    /// How many results have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.results().filter(|result| result.verdict == verdict).count()
    }
}

/// Joins the attempts at one case: a broken harness outweighs everything, a fail among passes is flaky.
fn settle(attempts: &[&CaseResult]) -> Option<Settled> {
    let with = |verdict| attempts.iter().copied().filter(move |result| result.verdict == verdict);
    let failed = with(Verdict::Fail).count() + with(Verdict::Flaky).count();
    let decisive =
        [Verdict::Error, Verdict::Fail, Verdict::Flaky, Verdict::Waived, Verdict::Unsupported, Verdict::Pass]
            .into_iter()
            .find_map(|verdict| with(verdict).next())?;
    let mut result = decisive.clone();
    let total = attempts.iter().fold(0u64, |total, result| total.saturating_add(result.millis));
    result.millis = total / u64::try_from(attempts.len()).unwrap_or(1);
    if result.verdict == Verdict::Fail && with(Verdict::Pass).next().is_some() {
        result.verdict = Verdict::Flaky;
        let reason = decisive.reason.as_deref().unwrap_or("no reason was given");
        result.reason = Some(format!("failed {failed} of {} times: {reason}", attempts.len()));
    }
    let runs = attempts.iter().map(|result| Attempt {
        verdict: result.verdict,
        reason: result.reason.clone(),
        millis: result.millis,
        evidence: result.evidence.clone(),
        trace: result.trace.clone(),
    });
    Some(Settled { result, attempts: attempts.len(), failed, runs: runs.collect(), mark: None })
}

/// How a run ended that did not reach its end, in words; none for one that did.
pub fn open_end(record: &Record) -> Option<String> {
    let open = record.planned.saturating_sub(record.settled.len());
    match record.outcome {
        Some(Outcome::Completed) => None,
        Some(Outcome::Interrupted) => Some(format!("interrupted, {open} not run")),
        Some(Outcome::Stopped) => Some(format!("stopped at the first fail, {open} not run")),
        None => Some(format!("the run was cut off, {open} not run")),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::sample;

    #[rstest]
    #[case(&[Verdict::Pass, Verdict::Pass], Verdict::Pass)]
    #[case(&[Verdict::Pass, Verdict::Fail], Verdict::Flaky)]
    #[case(&[Verdict::Fail, Verdict::Fail], Verdict::Fail)]
    #[case(&[Verdict::Fail, Verdict::Error, Verdict::Pass], Verdict::Error)]
    #[case(&[Verdict::Unsupported], Verdict::Unsupported)]
    fn attempts_settle_to_one_verdict(#[case] attempts: &[Verdict], #[case] settled: Verdict) {
        let results: Vec<CaseResult> =
            attempts.iter().map(|verdict| sample::result("a.b", "p", *verdict)).collect();
        let one = settle(&results.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(one.result.verdict, settled);
        assert_eq!(one.attempts, attempts.len());
        assert!(one.result.reason.is_some() || settled == Verdict::Pass);
    }

    #[test]
    fn events_without_a_start_are_no_record() {
        assert_eq!(Record::from_events(&sample::events()[1..]), None);
    }
}
