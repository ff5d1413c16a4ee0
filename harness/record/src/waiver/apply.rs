//! Waivers put to what a run came to: which fail each covers, and what its owner has to hear.

use globset::{Glob, GlobMatcher};
use serde::Serialize;

use super::Waiver;
use crate::{CaseResult, Settled, Verdict};

/// Names of cases that a remark lists before it only counts.
const LISTED: usize = 3;

/// The waivers of a run, on the day of the run.
#[derive(Clone, Debug)]
pub struct Waivers {
    list: Vec<Compiled>,
    day: String,
}

#[derive(Clone, Debug)]
struct Compiled {
    waiver: Waiver,
    case: Option<GlobMatcher>,
    profile: Option<GlobMatcher>,
}

/// What a waiver has to do with a result; the number counts a run's waivers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It covers this fail.
    Waived(usize),
    /// It would, had it not expired.
    Expired(usize),
    /// It expects a fail, and there is none.
    Passes(usize),
}

/// What became of one waiver in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaiverReport {
    /// The waiver.
    #[serde(flatten)]
    pub waiver: Waiver,
    /// Whether its last day is over.
    pub expired: bool,
    /// The fails that it covers, `CASE (PROFILE)`.
    pub waived: Vec<String>,
    /// The fails that it would cover had it not expired.
    pub uncovered: Vec<String>,
    /// What it expects to fail, and does not.
    pub passes: Vec<String>,
}

impl Waivers {
    /// The waivers as they are on the day `started`, RFC 3339. A pattern that is no glob matches nothing.
    pub fn new(waivers: &[Waiver], started: &str) -> Self {
        let glob = |pattern: &str| Glob::new(pattern).ok().map(|glob| glob.compile_matcher());
        let compile = |waiver: &Waiver| Compiled {
            case: glob(&waiver.case),
            profile: glob(&waiver.profile),
            waiver: waiver.clone(),
        };
        Self {
            list: waivers.iter().map(compile).collect(),
            day: started.get(..10).unwrap_or(started).to_owned(),
        }
    }

    /// The waiver that covers a fail, if one does.
    pub fn covering(&self, result: &CaseResult) -> Option<&Waiver> {
        match self.mark(result) {
            Some(Mark::Waived(index)) => self.list.get(index).map(|compiled| &compiled.waiver),
            _ => None,
        }
    }

    /// What the waivers have to do with a result. One that holds goes before one that does not.
    fn mark(&self, result: &CaseResult) -> Option<Mark> {
        let is =
            |glob: &Option<GlobMatcher>, text: &str| glob.as_ref().is_some_and(|glob| glob.is_match(text));
        let fits =
            |(_, one): &(usize, &Compiled)| is(&one.case, &result.case) && is(&one.profile, &result.profile);
        let mut fitting = self.list.iter().enumerate().filter(fits);
        match result.verdict {
            Verdict::Fail | Verdict::Flaky => {
                let mut expired = None;
                for (index, one) in fitting {
                    if one.waiver.until >= self.day {
                        return Some(Mark::Waived(index));
                    }
                    expired.get_or_insert(Mark::Expired(index));
                }
                expired
            }
            Verdict::Pass => fitting.next().map(|(index, _)| Mark::Passes(index)),
            Verdict::Unsupported | Verdict::Waived | Verdict::Error => None,
        }
    }

    /// Gives the fails that are covered the verdict `waived`, and says what became of each waiver.
    pub fn apply(&self, settled: &mut [Settled]) -> Vec<WaiverReport> {
        let mut reports: Vec<WaiverReport> =
            self.list.iter().map(|one| self.empty_report(&one.waiver)).collect();
        for one in settled {
            one.mark = self.mark(&one.result);
            let name = format!("{} ({})", one.result.case, one.result.profile);
            let Some(mark) = one.mark else { continue };
            let (Mark::Waived(index) | Mark::Expired(index) | Mark::Passes(index)) = mark;
            let Some(report) = reports.get_mut(index) else { continue };
            match mark {
                Mark::Waived(_) => {
                    one.result.verdict = Verdict::Waived;
                    one.result.reason = Some(reason(&report.waiver, one.result.reason.as_deref()));
                    report.waived.push(name);
                }
                Mark::Expired(_) => report.uncovered.push(name),
                Mark::Passes(_) => report.passes.push(name),
            }
        }
        reports
    }

    fn empty_report(&self, waiver: &Waiver) -> WaiverReport {
        let expired = waiver.until < self.day;
        WaiverReport { waiver: waiver.clone(), expired, waived: vec![], uncovered: vec![], passes: vec![] }
    }
}

fn reason(waiver: &Waiver, fails: Option<&str>) -> String {
    let link = waiver.link.as_ref().map(|link| format!(", {link}")).unwrap_or_default();
    let fails = fails.unwrap_or("no reason was given");
    format!("{} (until {}, {}{link}); it fails: {fails}", waiver.reason, waiver.until, waiver.owner)
}

impl WaiverReport {
    /// What its owner has to hear, if anything.
    pub fn remark(&self) -> Option<String> {
        let Waiver { case, profile, owner, until, .. } = &self.waiver;
        let mut said = Vec::new();
        if self.expired {
            said.push(format!("expired on {until}"));
        }
        if !self.uncovered.is_empty() {
            said.push(format!("still failing: {}", listed(&self.uncovered)));
        }
        if !self.passes.is_empty() {
            said.push(format!("passing unexpectedly: {}", listed(&self.passes)));
        }
        if self.waived.is_empty() && self.uncovered.is_empty() && self.passes.is_empty() {
            said.push("nothing that was run fits it".to_owned());
        }
        (!said.is_empty())
            .then(|| format!("the waiver of {case} under {profile} ({owner}): {}", said.join("; ")))
    }
}

fn listed(names: &[String]) -> String {
    let shown = names[..names.len().min(LISTED)].join(", ");
    if names.len() > LISTED { format!("{shown} and {} more", names.len() - LISTED) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, Record, exit, sample};

    fn waiver(case: &str, profile: &str, until: &str) -> Waiver {
        Waiver {
            case: case.to_owned(),
            profile: profile.to_owned(),
            reason: "the vendor is on it".to_owned(),
            owner: "ops".to_owned(),
            link: Some("https://example.org/1".to_owned()),
            until: until.to_owned(),
        }
    }

    /// The sample, which ran on 2026-01-01, under some waivers.
    fn record(waivers: Vec<Waiver>) -> Record {
        let mut events = sample::events();
        if let Event::RunStarted { run, .. } = &mut events[0] {
            run.waivers = waivers;
        }
        events.retain(
            |event| !matches!(event, Event::CaseFinished { result } if result.verdict == Verdict::Error),
        );
        Record::from_events(&events).unwrap()
    }

    fn remarks(record: &Record) -> Vec<String> {
        record.waivers.iter().filter_map(WaiverReport::remark).collect()
    }

    #[test]
    fn a_fail_is_waived_to_the_end_of_the_last_day_and_still_seen() {
        let record = record(vec![waiver("st*", "crun-*", "2026-01-01")]);
        assert_eq!(record.count(Verdict::Fail) + record.count(Verdict::Flaky), 0);
        assert_eq!(exit::code(&record, false), exit::OK);
        let waived = record.settled.iter().find(|one| one.result.case == "step.exit-code").unwrap();
        assert_eq!((waived.result.verdict, waived.failed), (Verdict::Waived, 1));
        assert_eq!(
            waived.result.reason.as_deref(),
            Some(
                "the vendor is on it (until 2026-01-01, ops, https://example.org/1); it fails: expected exit code 42, saw \
                 exit code 0"
            )
        );
        assert_eq!(
            remarks(&record),
            ["the waiver of st* under crun-* (ops): passing unexpectedly: step.signal (crun-run)"]
        );
    }

    #[test]
    fn an_expired_waiver_waives_nothing() {
        let record = record(vec![waiver("step.exit-code", "*", "2025-12-31")]);
        assert_eq!(exit::code(&record, false), exit::FAILED);
        assert_eq!(
            remarks(&record),
            [
                "the waiver of step.exit-code under * (ops): expired on 2025-12-31; still failing: step.exit-code (crun-run); \
              passing unexpectedly: step.exit-code (nvidia-run)"
            ]
        );
        let mark = record.settled.iter().find_map(|one| one.mark);
        assert_eq!(mark, Some(Mark::Expired(0)));
    }

    #[test]
    fn a_waiver_that_holds_goes_before_one_that_does_not() {
        let waivers = vec![
            waiver("step.exit-code", "crun-run", "2025-12-31"),
            waiver("step.exit-code", "crun-run", "2026-06-30"),
        ];
        let record = record(waivers);
        assert_eq!(record.settled.iter().find_map(|one| one.mark), Some(Mark::Waived(1)));
    }

    #[test]
    fn what_is_not_used_is_said() {
        let record = record(vec![waiver("exit-code", "*", "2026-12-31")]);
        assert_eq!(remarks(&record), ["the waiver of exit-code under * (ops): nothing that was run fits it"]);
    }

    #[test]
    fn a_broken_harness_is_not_waived() {
        let waivers = Waivers::new(&[waiver("*", "*", "2030-01-01")], "2026-01-01T00:00:00Z");
        assert_eq!(waivers.covering(&sample::result("a.b", "p", Verdict::Error)), None);
        assert_eq!(waivers.covering(&sample::result("a.b", "p", Verdict::Unsupported)), None);
    }
}
