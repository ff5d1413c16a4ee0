//! JUnit: a test suite a profile, a test case a case. A case that ran several times is one test case, so that no counter
//! counts it twice; what is unsupported or waived is skipped with its reason.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::{CaseResult, Record, Verdict};

/// The record as a JUnit XML document.
pub fn render(record: &Record) -> String {
    let mut report = Report::new("plimsoll");
    report.set_time(Duration::from_millis(record.millis));
    let run = &record.run;
    for profile in &run.profiles {
        let mut suite = TestSuite::new(profile.id.as_str());
        for (name, value) in [
            ("run", run.id.as_str()),
            ("started", run.started.as_str()),
            ("world", run.world.as_str()),
            ("release", run.release.as_str()),
            ("runtime", profile.runtime.as_str()),
            ("real", if profile.real { "true" } else { "false" }),
            ("why", profile.why.as_str()),
        ] {
            suite.add_property((name, value));
        }
        let mut millis = 0;
        for result in record.results().filter(|result| result.profile == profile.id) {
            millis += result.millis;
            suite.add_test_case(test_case(result));
        }
        suite.set_time(Duration::from_millis(millis));
        report.add_test_suite(suite);
    }
    report.to_string().unwrap_or_default()
}

fn test_case(result: &CaseResult) -> TestCase {
    let reason = result.reason.as_deref().unwrap_or_default();
    let status = match result.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Unsupported | Verdict::Waived => {
            let mut status = TestCaseStatus::skipped();
            status.set_type(result.verdict.name()).set_message(reason);
            status
        }
        Verdict::Fail | Verdict::Flaky | Verdict::Error => {
            let kind = if result.verdict == Verdict::Error {
                NonSuccessKind::Error
            } else {
                NonSuccessKind::Failure
            };
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(result.verdict.name()).set_message(reason).set_description(details(result));
            status
        }
    };
    let mut case = TestCase::new(result.case.as_str(), status);
    case.set_classname(result.profile.as_str()).set_time(Duration::from_millis(result.millis));
    case.add_property(("level", result.level.name()));
    case.add_property(("rules", result.rules.join(" ").as_str()));
    case
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
}
