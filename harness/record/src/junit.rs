//! JUnit: a test suite a profile, a test case a case. A case that ran several times is one test case with its attempts inside
//! it, so that no counter counts it twice; what is unsupported or waived is skipped with its reason.

use std::collections::HashMap;
use std::time::Duration;

use quick_junit::{
    FlakyOrRerun, NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite,
};

use crate::record::open_end;
use crate::text::visible;
use crate::waiver::Mark;
use crate::{Attempt, CaseResult, Outcome, Record, Settled, Verdict};

/// The record as a JUnit XML document.
pub fn render(record: &Record) -> String {
    let mut report = Report::new("plimsoll");
    report.set_time(Duration::from_millis(record.millis));
    let run = &record.run;
    let mut of_profile: HashMap<&str, Vec<&Settled>> = HashMap::new();
    for settled in &record.settled {
        of_profile.entry(&settled.result.profile).or_default().push(settled);
    }
    for (id, profile) in record.profiles() {
        let mut suite = TestSuite::new(visible(id));
        for (name, value) in [
            ("run", Some(run.id.as_str())),
            ("started", Some(run.started.as_str())),
            ("world", Some(run.world.as_str())),
            ("release", Some(run.release.as_str())),
            ("runtime", profile.map(|profile| profile.runtime.as_str())),
            ("real", profile.map(|profile| if profile.real { "true" } else { "false" })),
            ("why", profile.map(|profile| profile.why.as_str())),
        ] {
            suite.add_properties(value.map(|value| property(name, value)));
        }
        let mut time = Duration::ZERO;
        for settled in of_profile.remove(id).unwrap_or_default() {
            time += Duration::from_millis(settled.result.millis);
            suite.add_test_case(test_case(settled));
        }
        suite.set_time(time);
        report.add_test_suite(suite);
    }
    if let Some(suite) = cut_off(record) {
        report.add_test_suite(suite);
    }
    report.to_string().unwrap_or_default()
}

/// A run that did not reach its end is an error of its own: what is missing must not look like a pass.
fn cut_off(record: &Record) -> Option<TestSuite> {
    let end = open_end(record).filter(|_| record.outcome != Some(Outcome::Stopped))?;
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("cut-off").set_message(end);
    let mut case = TestCase::new("the run reaches its end", status);
    case.set_classname("plimsoll").set_time(Duration::ZERO);
    let mut suite = TestSuite::new("plimsoll");
    suite.set_time(Duration::ZERO).add_test_case(case);
    Some(suite)
}

fn property(name: &str, value: &str) -> Property {
    Property::new(name, visible(value))
}

fn test_case(settled: &Settled) -> TestCase {
    let result = &settled.result;
    let reason = visible(result.reason.as_deref().unwrap_or_default());
    let status = match result.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Unsupported | Verdict::Waived => {
            let mut status = TestCaseStatus::skipped();
            status.set_type(result.verdict.name()).set_message(reason);
            status
        }
        Verdict::Fail | Verdict::Flaky | Verdict::Error => {
            let mut status = TestCaseStatus::non_success(kind(result.verdict));
            let details = details(result);
            status.set_type(result.verdict.name()).set_message(reason).set_description(visible(&details));
            let flaky = result.verdict == Verdict::Flaky;
            status.set_rerun_kind(if flaky { FlakyOrRerun::Flaky } else { FlakyOrRerun::Rerun });
            // A flaky case is known by its flaky failures; of any other the attempt that it stands for is not told again.
            let told =
                |run: &&Attempt| run.verdict != Verdict::Pass && (flaky || run.evidence != result.evidence);
            status.add_reruns(settled.runs.iter().filter(told).map(rerun));
            status
        }
    };
    let mut case = TestCase::new(visible(&result.case), status);
    case.set_classname(visible(&result.profile)).set_time(Duration::from_millis(result.millis));
    case.add_properties(properties(settled));
    case
}

fn kind(verdict: Verdict) -> NonSuccessKind {
    if verdict == Verdict::Error { NonSuccessKind::Error } else { NonSuccessKind::Failure }
}

fn rerun(run: &Attempt) -> TestRerun {
    let mut rerun = TestRerun::new(kind(run.verdict));
    rerun
        .set_time(Duration::from_millis(run.millis))
        .set_type(run.verdict.name())
        .set_message(visible(run.reason.as_deref().unwrap_or_default()))
        .set_description(visible(&format!("evidence: {}\n", run.evidence)));
    rerun
}

/// What a program asks of a test case: a property a rule, so that each can be searched for.
fn properties(settled: &Settled) -> Vec<Property> {
    let result = &settled.result;
    let mut properties = vec![property("level", result.level.name())];
    properties.extend(result.rules.iter().map(|rule| property("rule", rule)));
    // Nothing was started of what is unsupported, so that there is nothing to look at.
    if result.verdict != Verdict::Unsupported {
        properties.push(property("evidence", &result.evidence));
    }
    properties.extend(result.defect.iter().map(|defect| property("defect", defect)));
    match settled.mark {
        Some(Mark::Expired(_)) => properties.push(property("waiver", "expired")),
        Some(Mark::Passes(_)) => properties.push(property("waiver", "passes unexpectedly")),
        Some(Mark::Waived(_)) | None => {}
    }
    if settled.attempts > 1 {
        properties.push(property("attempts", &settled.attempts.to_string()));
        properties.push(property("failed", &settled.failed.to_string()));
    }
    properties
}

/// The body of a failure: what a reader of a CI page needs.
fn details(result: &CaseResult) -> String {
    let rows = [
        ("rules", Some(result.rules.join(", "))),
        ("expected", result.expected.clone()),
        ("seen", result.seen.clone()),
        ("defect", result.defect.clone()),
        ("repeat", Some(result.repeat.clone()).filter(|text| !text.is_empty())),
        ("evidence", Some(result.evidence.clone())),
    ];
    rows.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}\n", value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_suite_a_profile_and_a_case_once() {
        let xml = render(&sample::record());
        assert_eq!(xml.matches("name=\"stdio.race\"").count(), 1);
        insta::assert_snapshot!(xml);
    }

    #[test]
    fn attempts_are_told_inside_their_case() {
        let mut events = sample::events();
        let mut again = sample::result("step.exit-code", "crun-run", Verdict::Fail);
        again.evidence += "/attempt-2";
        events.insert(events.len() - 1, crate::Event::CaseFinished { result: again });
        let xml = render(&Record::from_events(&events).unwrap());
        assert_eq!(xml.matches("<rerunFailure").count(), 1, "{xml}");
        assert!(xml.contains("tests=\"7\""), "{xml}");
    }

    #[test]
    fn a_run_that_was_cut_off_is_no_success() {
        let mut record = sample::record();
        record.settled.retain(|settled| settled.result.verdict == Verdict::Pass);
        record.outcome = None;
        assert!(render(&record).contains("errors=\"1\""));
    }
}
