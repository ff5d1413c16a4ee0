//! What holds for diffs.

use rstest::rstest;

use super::*;
use crate::{CaseResult, Event, Outcome, ProfileInfo, Verdict, sample};

/// A record of these results, each with its trace and its times in milliseconds.
fn record(results: &[(&str, Verdict, &str, &[u64])]) -> Record {
    let mut events = vec![sample::events().remove(0)];
    for (case, verdict, trace, times) in results {
        for millis in *times {
            let trace = Some((*trace).to_owned());
            let result = CaseResult { trace, millis: *millis, ..sample::result(case, "crun-run", *verdict) };
            events.push(Event::CaseFinished { result });
        }
    }
    events.push(Event::RunFinished { outcome: Outcome::Completed, millis: 1 });
    let mut record = Record::from_events(&events).unwrap();
    record.planned = record.settled.len();
    record
}

fn plain(diff: &Diff<'_>, form: Form) -> String {
    anstream::adapter::strip_str(&diff.render(form, Path::new("old"), Path::new("new"))).to_string()
}

#[rstest]
#[case(Verdict::Pass, Verdict::Fail, Some(Kind::Regression), true)]
#[case(Verdict::Pass, Verdict::Flaky, Some(Kind::Regression), true)]
#[case(Verdict::Flaky, Verdict::Fail, Some(Kind::Regression), true)]
#[case(Verdict::Waived, Verdict::Fail, Some(Kind::Regression), true)]
#[case(Verdict::Pass, Verdict::Error, Some(Kind::Unjudged), true)]
#[case(Verdict::Pass, Verdict::Unsupported, Some(Kind::NewlyUnsupported), false)]
#[case(Verdict::Pass, Verdict::Waived, Some(Kind::NewlyWaived), false)]
#[case(Verdict::Fail, Verdict::Pass, Some(Kind::Fixed), false)]
#[case(Verdict::Flaky, Verdict::Pass, Some(Kind::Fixed), false)]
#[case(Verdict::Waived, Verdict::Pass, Some(Kind::Fixed), false)]
#[case(Verdict::Fail, Verdict::Flaky, Some(Kind::Other), false)]
#[case(Verdict::Unsupported, Verdict::Fail, Some(Kind::NewlyJudged), false)]
#[case(Verdict::Error, Verdict::Pass, Some(Kind::NewlyJudged), false)]
#[case(Verdict::Fail, Verdict::Fail, None, false)]
fn a_change_of_verdict_has_one_meaning(
    #[case] before: Verdict,
    #[case] after: Verdict,
    #[case] kind: Option<Kind>,
    #[case] regressed: bool,
) {
    let old = record(&[("a.b", before, "t", &[1])]);
    let new = record(&[("a.b", after, "t", &[1])]);
    let diff = Diff::new(&old, &new);
    assert_eq!(diff.changes.first().map(|change| change.kind), kind);
    assert_eq!(diff.is_regressed(), regressed);
}

#[test]
fn what_is_in_one_record_only_is_new_or_gone() {
    let old = record(&[("a.both", Verdict::Pass, "t", &[1]), ("a.gone", Verdict::Pass, "t", &[1])]);
    let new = record(&[("a.both", Verdict::Pass, "t", &[1]), ("b.new", Verdict::Fail, "t", &[1])]);
    let diff = Diff::new(&old, &new);
    let kinds: Vec<(Kind, &str)> =
        diff.changes.iter().map(|change| (change.kind, change.case.as_str())).collect();
    assert_eq!(kinds, [(Kind::New, "b.new"), (Kind::Gone, "a.gone")]);
    assert!(!diff.is_regressed() && diff.unchanged == 1);
}

#[test]
fn evidence_that_is_steady_on_both_sides_and_differs_is_told() {
    let old = record(&[("a.b", Verdict::Pass, "one", &[1, 1]), ("a.c", Verdict::Pass, "one", &[1])]);
    let new = record(&[("a.b", Verdict::Pass, "two", &[1, 1]), ("a.c", Verdict::Pass, "one", &[1])]);
    assert_eq!(Diff::new(&old, &new).of(Kind::Evidence).count(), 1);
    // One that differs from attempt to attempt says nothing.
    let mut shaky = new.clone();
    shaky.settled[0].runs[1].trace = Some("three".to_owned());
    assert_eq!(Diff::new(&old, &shaky).of(Kind::Evidence).count(), 0);
    // And one that was made by an older program has none.
    shaky.settled[0].runs[0].trace = None;
    assert_eq!(Diff::new(&old, &shaky).of(Kind::Evidence).count(), 0);
}

#[test]
fn a_case_that_is_slower_beyond_the_noise_is_told_and_one_within_it_is_not() {
    let noisy: &[u64] = &[100, 112, 95, 103, 108, 99];
    let old = record(&[("a.same", Verdict::Pass, "t", noisy), ("a.slow", Verdict::Pass, "t", noisy)]);
    let slow: Vec<u64> = noisy.iter().map(|millis| millis + 40).collect();
    let same: Vec<u64> = noisy.iter().rev().map(|millis| millis + 1).collect();
    let new = record(&[("a.same", Verdict::Pass, "t", &same), ("a.slow", Verdict::Pass, "t", &slow)]);
    let speed = Diff::new(&old, &new).speed;
    let told: Vec<&str> = speed.cases.iter().map(|pace| pace.case.as_str()).collect();
    assert_eq!((speed.compared, told), (2, vec!["a.slow"]));
    assert!(speed.cases[0].is_slower());
    let few = record(&[("a.slow", Verdict::Pass, "t", &slow[..4])]);
    let speed = Diff::new(&old, &few).speed;
    assert_eq!((speed.compared, speed.too_few), (0, 1));
}

#[test]
fn a_profile_whose_cases_all_fall_to_one_side_changed() {
    let of = |times: &[u64]| {
        let names: Vec<String> = (0..10).map(|number| format!("a.{number}")).collect();
        let results: Vec<_> = names.iter().map(|name| (name.as_str(), Verdict::Pass, "t", times)).collect();
        record(&results)
    };
    let (old, new) = (of(&[20; 5]), of(&[30; 5]));
    let diff = Diff::new(&old, &new);
    let profile = &diff.speed.profiles[0];
    assert!(profile.changed && profile.slower == 10 && profile.faster == 0, "{profile:?}");
    assert!(!Diff::new(&old, &old).speed.profiles[0].changed);
}

#[test]
fn surroundings_that_changed_are_told_with_the_text_of_oci_conf() {
    let old = record(&[]);
    let mut new = old.clone();
    new.run.host = vec![("kernel".to_owned(), "6.12".to_owned()), ("slurm".to_owned(), "24.11.5".to_owned())];
    let conf = |text: &str| ProfileInfo { oci_conf: Some(text.to_owned()), ..old.run.profiles[0].clone() };
    let before =
        Record { run: RunInfo { profiles: vec![conf("A=1\nB=2\n")], ..old.run.clone() }, ..old.clone() };
    new.run.profiles = vec![conf("A=1\nB=3\n")];
    let rows = Diff::new(&before, &new).surroundings;
    let told: Vec<&str> = rows.iter().map(|row| row.what.as_str()).collect();
    assert_eq!(told, ["kernel", "slurm", "crun-run: oci.conf"]);
    assert_eq!(rows[2].diff.as_deref(), Some("@@ -2 +2 @@\n-B=2\n+B=3\n"));
    assert_eq!(rows[1].before, None);
}

#[test]
fn it_is_shown_in_each_form() {
    let old = record(&[
        ("a.broke", Verdict::Pass, "t", &[1]),
        ("a.mended", Verdict::Fail, "t", &[1]),
        ("a.seen", Verdict::Pass, "t", &[1]),
    ]);
    let new = record(&[
        ("a.broke", Verdict::Fail, "t", &[1]),
        ("a.mended", Verdict::Pass, "t", &[1]),
        ("a.seen", Verdict::Pass, "u", &[1]),
    ]);
    let diff = Diff::new(&old, &new);
    insta::assert_snapshot!("human", plain(&diff, Form::Human));
    insta::assert_snapshot!("json", plain(&diff, Form::Json));
    let html = plain(&diff, Form::Html);
    assert!(html.contains("<b class=\"fail\">regressed</b>") && html.contains("a.broke"), "{html}");
}

#[test]
fn a_record_that_was_cut_off_is_a_doubt() {
    let old = record(&[("a.b", Verdict::Pass, "t", &[1])]);
    let mut new = old.clone();
    (new.outcome, new.planned) = (None, 5);
    let diff = Diff::new(&old, &new);
    assert_eq!(diff.doubts, ["the record after: the run was cut off, 4 not run"]);
}
