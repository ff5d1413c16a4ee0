//! TAP, version 14: a test point a case and profile. What is unsupported is skipped, a waived fail is a TODO, and everything
//! that is no pass carries a YAML block that says what was expected, what was seen and how to repeat it.

use std::fmt::Write as _;

use crate::record::open_end;
use crate::text::{one_line, visible};
use crate::waiver::{Mark, WaiverReport};
use crate::{CaseResult, Record, Settled, Verdict};

/// The record as a TAP document.
pub fn render(record: &Record) -> String {
    let run = &record.run;
    let points = record.settled.len().max(record.planned);
    // A plan without points is valid only when it says why.
    let why = if points == 0 { " # SKIP no case ran" } else { "" };
    let mut text = format!(
        "TAP version 14\n1..{points}{why}\n# plimsoll {} run {} world {} release {}\n",
        one_line(&run.plimsoll),
        one_line(&run.id),
        one_line(&run.world),
        one_line(&run.release),
    );
    for profile in run.profiles.iter().filter(|profile| !profile.real) {
        let _ = writeln!(text, "# profile {} is a double: {}", one_line(&profile.id), one_line(&profile.why));
    }
    for note in &record.notes {
        let _ = writeln!(text, "# note: {}", one_line(note));
    }
    for remark in record.waivers.iter().filter_map(WaiverReport::remark) {
        let _ = writeln!(text, "# {}", one_line(&remark));
    }
    for (index, settled) in record.settled.iter().enumerate() {
        text += &point(index + 1, settled);
    }
    if let Some(end) = open_end(record) {
        let _ = writeln!(text, "Bail out! {end}");
    }
    text
}

fn point(number: usize, settled: &Settled) -> String {
    let result = &settled.result;
    let ok = matches!(result.verdict, Verdict::Pass | Verdict::Unsupported);
    let reason = result.reason.as_deref().map(one_line).unwrap_or_default();
    let directive = match result.verdict {
        Verdict::Unsupported => format!(" # SKIP {reason}"),
        Verdict::Waived => format!(" # TODO {reason}"),
        // A pass that a waiver does not expect; parsers count these.
        Verdict::Pass if matches!(settled.mark, Some(Mark::Passes(_))) => {
            " # TODO waived, and passes".to_owned()
        }
        _ => String::new(),
    };
    let mut text = format!(
        "{} {number} - {} ({}){directive}\n",
        if ok { "ok" } else { "not ok" },
        description(&result.case),
        description(&result.profile),
    );
    if !ok {
        text += &block(settled);
    }
    text
}

/// A description: one line in which no directive can begin.
fn description(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

/// The YAML block of a test point.
fn block(settled: &Settled) -> String {
    let CaseResult {
        verdict, level, rules, reason, expected, seen, defect, repeat, evidence, millis, ..
    } = &settled.result;
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let attempts =
        (settled.attempts > 1).then(|| format!("{} failed of {}", settled.failed, settled.attempts));
    let rows = [
        ("verdict", some(verdict.name())),
        ("level", some(level.name())),
        ("rules", some(&rules.join(" "))),
        ("reason", reason.clone()),
        ("expected", expected.clone()),
        ("seen", seen.clone()),
        ("attempts", attempts),
        ("defect", defect.clone()),
        ("repeat", some(repeat)),
        ("evidence", some(evidence)),
    ];
    let mut text = "  ---\n".to_owned();
    for (name, value) in rows {
        let Some(value) = value else { continue };
        let _ = writeln!(text, "  {name}: {}", scalar(&value));
    }
    let _ = writeln!(text, "  duration_ms: {millis}\n  ...");
    text
}

/// A YAML scalar: a literal block where the text has lines that need no quotes, else one quoted line. The small readers of
/// TAP parsers take no indentation indicator and no empty line in a block.
fn scalar(value: &str) -> String {
    let value = visible(value);
    let value = value.trim_end_matches('\n');
    let plain = |line: &str| !line.is_empty() && !line.starts_with([' ', '\t']);
    if !value.contains('\n') || !value.split('\n').all(plain) {
        return serde_json::to_string(value).unwrap_or_default();
    }
    value.split('\n').fold("|".to_owned(), |text, line| text + "\n    " + line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_point_a_case_and_profile() {
        insta::assert_snapshot!(render(&sample::record()));
    }

    #[test]
    fn no_name_is_a_directive_and_no_text_a_line_of_its_own() {
        let mut record = sample::record();
        record.settled.truncate(1);
        let result = &mut record.settled[0].result;
        result.case = "a # SKIP \\ b\nnot ok 9".to_owned();
        result.verdict = Verdict::Fail;
        result.seen = Some("x\nok 7 - no\n...\nBail out! no".to_owned());
        let text = render(&record);
        assert!(text.contains("not ok 1 - a \\# SKIP \\\\ b␊not ok 9 (crun-run)\n"), "{text}");
        assert!(text.contains("    ok 7 - no\n    ...\n    Bail out! no\n"), "{text}");
    }

    #[test]
    fn a_run_that_was_cut_off_does_not_keep_its_plan() {
        let mut record = sample::record();
        record.outcome = None;
        record.planned = 9;
        let text = render(&record);
        assert!(
            text.contains("\n1..9\n") && text.ends_with("Bail out! the run was cut off, 2 not run\n"),
            "{text}"
        );
    }
}
