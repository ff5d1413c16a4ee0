//! What holds for every report of every run: made again from the record it is the same, byte for byte; what a hostile
//! program said is inert in it; and a reader of its format finds each case once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use plimsoll_record::report::render;
use plimsoll_record::waiver::Mark;
use plimsoll_record::{Event, Format, Record, RecordWriter, Verdict, folder};
use proptest::prelude::*;

fn written(events: &[Event]) -> (tempfile::TempDir, Record) {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RecordWriter::create(dir.path()).unwrap();
    for event in events {
        writer.append(event).unwrap();
    }
    let record = folder::read(dir.path()).unwrap();
    (dir, record)
}

/// Letters that a terminal obeys, beside line breaks, tabs and the colours of the summary.
fn commands(text: &str) -> Vec<char> {
    let plain = anstream::adapter::strip_str(text).to_string();
    plain.chars().filter(|letter| letter.is_control() && !matches!(letter, '\n' | '\t')).collect()
}

/// Escape sequences other than a colour's.
fn other_escapes(text: &str) -> usize {
    let colour = |rest: &str| {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != ';');
        rest.starts_with('[') && end == Some(0) || rest[1..].find('m').is_some_and(|at| at < 12)
    };
    text.split('\u{1b}').skip(1).filter(|rest| !colour(rest)).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_report_of_the_record_is_the_report_of_the_run(events in common::events()) {
        let (dir, read) = written(&events);
        let ran = Record::from_events(&events).unwrap();
        for format in Format::ALL {
            prop_assert_eq!(render(format, &ran, dir.path()), render(format, &read, dir.path()), "{:?}", format);
        }
    }

    #[test]
    fn nothing_that_was_said_is_obeyed(events in common::events()) {
        let record = Record::from_events(&events).unwrap();
        for format in Format::ALL {
            let text = render(format, &record, Path::new("out"));
            prop_assert_eq!(commands(&text), Vec::<char>::new(), "{:?}: {}", format, text);
            prop_assert_eq!(other_escapes(&text), 0, "{:?}: {}", format, text);
            prop_assert!(!text.contains('\u{202e}'), "{:?}: {}", format, text);
        }
    }

    #[test]
    fn junit_has_each_case_once(events in common::events()) {
        let record = Record::from_events(&events).unwrap();
        let xml = render(Format::Junit, &record, Path::new("out"));
        let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
        let cut_off = usize::from(!matches!(record.outcome, Some(plimsoll_record::Outcome::Completed | plimsoll_record::Outcome::Stopped)));
        let cases: usize = report.test_suites.iter().map(|suite| suite.test_cases.len()).sum();
        prop_assert_eq!(cases, record.settled.len() + cut_off);
        prop_assert_eq!(report.tests, cases);
        prop_assert_eq!(report.failures, record.count(Verdict::Fail) + record.count(Verdict::Flaky));
    }
}

/// Perl's own parser, the one of `prove`. It knows version 13, whose test points, directives and YAML blocks are those of 14,
/// so that it is given the text under that number. None where perl is missing.
fn tap_parser(tap: &str) -> Option<Vec<String>> {
    let tap = tap.replacen("TAP version 14\n", "TAP version 13\n", 1);
    let script = "use TAP::Parser; local $/; my $p = TAP::Parser->new({tap => <STDIN>}); my %n;
        while (my $r = $p->next) { $n{$r->type}++ }
        print join(' ', $p->tests_planned // 0, $p->tests_run, scalar($p->failed), scalar($p->todo), scalar($p->skipped),
        scalar($p->parse_errors), $n{unknown} // 0, $n{bailout} // 0), qq{\\n};";
    let mut child = Command::new("perl")
        .args(["-e", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(tap.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    output.status.success().then_some(())?;
    Some(String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tap_parser_finds_each_case_once(events in common::events()) {
        let mut record = Record::from_events(&events).unwrap();
        prop_assume!(!record.settled.is_empty());
        record.planned = record.settled.len();
        record.outcome = Some(plimsoll_record::Outcome::Completed);
        let Some(found) = tap_parser(&render(Format::Tap, &record, Path::new("out"))) else {
            eprintln!("unsupported: perl with TAP::Parser is not installed");
            return Ok(());
        };
        let failed = [Verdict::Fail, Verdict::Flaky, Verdict::Error].map(|verdict| record.count(verdict));
        let cases = record.settled.len();
        let passes = record.settled.iter().filter(|one| matches!(one.mark, Some(Mark::Passes(_)))).count();
        let todo = record.count(Verdict::Waived) + passes;
        let wanted = [cases, cases, failed.iter().sum(), todo, record.count(Verdict::Unsupported), 0, 0, 0];
        prop_assert_eq!(found, wanted.map(|count| count.to_string()));
    }
}
