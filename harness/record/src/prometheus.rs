//! A run as metrics, in the text format that a node exporter reads from a folder (version 0.0.4): how many results of which
//! verdict, every case that failed by its name, when it ran and whether it came to its end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::text::one_line;
use crate::{Outcome, Record, Verdict};

/// The metrics of a record.
pub fn render(record: &Record) -> String {
    let mut text = String::new();
    let head = |name: &str, help: &str| format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
    text += &head("plimsoll_results", "Results of the run, by profile and verdict.");
    let mut counts: BTreeMap<(&str, Verdict), usize> = BTreeMap::new();
    for (profile, _) in record.profiles() {
        counts.extend(Verdict::ALL.map(|verdict| ((profile, verdict), 0)));
    }
    for result in record.results() {
        *counts.entry((&result.profile, result.verdict)).or_default() += 1;
    }
    for ((profile, verdict), count) in counts {
        let _ = writeln!(
            text,
            "plimsoll_results{{profile=\"{}\",verdict=\"{verdict}\"}} {count}",
            label(profile)
        );
    }
    text += &head("plimsoll_case_failed", "A case that failed, was flaky, or ended in an error.");
    let wrong = |verdict| matches!(verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error);
    for result in record.results().filter(|result| wrong(result.verdict)) {
        let _ = writeln!(
            text,
            "plimsoll_case_failed{{case=\"{}\",profile=\"{}\",level=\"{}\",verdict=\"{}\"}} 1",
            label(&result.case),
            label(&result.profile),
            result.level,
            result.verdict
        );
    }
    let run = &record.run;
    text += &head("plimsoll_run_info", "What ran.");
    let _ = writeln!(
        text,
        "plimsoll_run_info{{run=\"{}\",started=\"{}\",world=\"{}\",release=\"{}\",version=\"{}\"}} 1",
        label(&run.id),
        label(&run.started),
        label(&run.world),
        label(&run.release),
        label(&run.plimsoll)
    );
    text += &head("plimsoll_run_seconds", "Wall time of the run.");
    let _ = writeln!(text, "plimsoll_run_seconds {}.{:03}", record.millis / 1000, record.millis % 1000);
    text += &head("plimsoll_run_completed", "Whether the run came to its end.");
    let _ = writeln!(text, "plimsoll_run_completed {}", u8::from(record.outcome == Some(Outcome::Completed)));
    text
}

/// A label's value.
pub fn label(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_run_is_metrics() {
        insta::assert_snapshot!(render(&sample::record()));
    }

    /// The format's own grammar, a line at a time.
    #[test]
    fn every_line_is_one_of_the_format() {
        let line = regex::Regex::new(
            r#"^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="([^"\\]|\\["\\n])*",?)+\})? [0-9.]+)$"#,
        );
        let line = line.unwrap();
        let mut record = sample::record();
        record.settled[0].result.case = "a\"b\\c\nd{}".to_owned();
        for one in render(&record).lines() {
            assert!(line.is_match(one), "{one}");
        }
    }
}
