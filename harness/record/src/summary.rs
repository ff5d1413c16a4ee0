//! The summary for a terminal: profiles by verdicts, then everything that is not a pass, each with what to do about it.
//!
//! The text carries colours; whoever prints it strips them where they are not wanted (`anstream` does).

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use comfy_table::{Attribute, Cell, CellAlignment, Color, Table};
use owo_colors::{OwoColorize as _, Style};

use crate::record::open_end;
use crate::text::{one_line, visible};
use crate::waiver::WaiverReport;
use crate::{CaseResult, ProfileInfo, Record, Verdict};

/// The summary of a record that lies in the folder `dir`.
pub fn render(record: &Record, dir: &Path) -> String {
    let mut text = table(record);
    text.push('\n');
    for alike in failures(record) {
        text += &failure(&alike, dir);
    }
    text += &skipped(record, Verdict::Unsupported);
    text += &skipped(record, Verdict::Waived);
    for note in &record.notes {
        let _ = writeln!(text, "{} {}", "note:".bold(), one_line(note));
    }
    for remark in record.waivers.iter().filter_map(WaiverReport::remark) {
        let _ = writeln!(text, "{} {}", "waiver:".yellow().bold(), one_line(&remark));
    }
    let _ = writeln!(text, "{}", last_line(record));
    let _ = writeln!(text, "record: {}", visible(&dir.display().to_string()));
    text
}

/// The colour in which a verdict is shown.
fn color(verdict: Verdict) -> Color {
    match verdict {
        Verdict::Pass => Color::Green,
        Verdict::Fail | Verdict::Flaky => Color::Red,
        Verdict::Unsupported | Verdict::Waived => Color::Yellow,
        Verdict::Error => Color::Magenta,
    }
}

fn style(verdict: Verdict) -> Style {
    let bold = Style::new().bold();
    match verdict {
        Verdict::Pass => bold.green(),
        Verdict::Fail | Verdict::Flaky => bold.red(),
        Verdict::Unsupported | Verdict::Waived => bold.yellow(),
        Verdict::Error => bold.magenta(),
    }
}

/// What stands behind a profile; a double is said aloud.
fn driven_by(profile: &ProfileInfo) -> Cell {
    if profile.real {
        Cell::new(one_line(&profile.why))
    } else {
        Cell::new(format!("DOUBLE: {}", one_line(&profile.why))).fg(Color::Yellow)
    }
}

fn table(record: &Record) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY).enforce_styling();
    let mut header = vec![Cell::new("profile")];
    header.extend(Verdict::ALL.map(|verdict| Cell::new(verdict.name()).set_alignment(CellAlignment::Right)));
    header.push(Cell::new("driven by"));
    table.set_header(header);
    let mut counts: HashMap<(&str, Verdict), usize> = HashMap::new();
    for result in record.results() {
        *counts.entry((&result.profile, result.verdict)).or_default() += 1;
    }
    for (id, profile) in record.profiles() {
        let mut row = vec![Cell::new(one_line(id)).add_attribute(Attribute::Bold)];
        for verdict in Verdict::ALL {
            let count = counts.get(&(id, verdict)).copied().unwrap_or_default();
            let cell = Cell::new(if count == 0 { "-".to_owned() } else { count.to_string() })
                .set_alignment(CellAlignment::Right);
            row.push(if count == 0 { cell } else { cell.fg(color(verdict)) });
        }
        row.push(profile.map_or_else(|| Cell::new("-"), driven_by));
        table.add_row(row);
    }
    format!("{table}\n")
}

/// The failures, those of one case that came to the same joined.
fn failures(record: &Record) -> Vec<Vec<&CaseResult>> {
    let mut joined: Vec<Vec<&CaseResult>> = Vec::new();
    let mut places = HashMap::new();
    for result in record.results() {
        if !matches!(result.verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error) {
            continue;
        }
        let what = (&result.reason, &result.expected, &result.seen, &result.defect);
        let place = *places.entry((&result.case, result.verdict, what)).or_insert(joined.len());
        match joined.get_mut(place) {
            Some(alike) => alike.push(result),
            None => joined.push(vec![result]),
        }
    }
    joined
}

/// Failures that are alike: a heading, then a row each for what a reader asks next.
fn failure(alike: &[&CaseResult], dir: &Path) -> String {
    let Some(result) = alike.first() else { return String::new() };
    let profiles: Vec<_> = alike.iter().map(|result| one_line(&result.profile)).collect();
    let mut text = String::new();
    let heading = result.verdict.name().to_uppercase();
    let _ = writeln!(
        text,
        "{} {} under {} ({})",
        heading.style(style(result.verdict)),
        one_line(&result.case).bold(),
        profiles.join(", "),
        result.level.name().to_uppercase(),
    );
    let explained =
        result.defect.as_ref().map(|id| format!("{id}, a known defect of release {}", result.release));
    let paired = result.expected.is_some() && result.seen.is_some();
    let rows = [
        ("rules", Some(result.rules.join(", "))),
        ("reason", result.reason.clone().filter(|_| !paired || result.verdict == Verdict::Flaky)),
        ("expected", result.expected.clone()),
        ("seen", result.seen.clone()),
        ("defect", explained),
        ("repeat", Some(result.repeat.clone()).filter(|repeat| !repeat.is_empty())),
        ("evidence", Some(dir.join(&result.evidence).display().to_string())),
    ];
    for (name, value) in rows {
        let Some(value) = value else { continue };
        for (index, line) in visible(&value).lines().enumerate() {
            let _ = writeln!(text, "  {:<9} {line}", if index == 0 { name } else { "" }.dimmed());
        }
    }
    text.push('\n');
    text
}

/// Results of a verdict, joined by their reason.
fn skipped(record: &Record, verdict: Verdict) -> String {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for result in record.results().filter(|result| result.verdict == verdict) {
        let reason = result.reason.as_deref().unwrap_or("no reason was given");
        let name = format!("{} ({})", one_line(&result.case), one_line(&result.profile));
        reasons.entry(reason).or_default().push(name);
    }
    let mut text = String::new();
    for (reason, cases) in reasons {
        let _ = writeln!(
            text,
            "{} {}\n  {}",
            verdict.name().style(style(verdict)),
            one_line(reason),
            cases.join(", ")
        );
    }
    text
}

/// The verdicts counted, in words, with the time.
fn last_line(record: &Record) -> String {
    let mut counts = Vec::new();
    for verdict in Verdict::ALL {
        let count = record.count(verdict);
        if count > 0 {
            counts.push(format!("{count} {}", verdict.name()).style(style(verdict)).to_string());
        }
    }
    let counts = if counts.is_empty() { "no case ran".to_owned() } else { counts.join(", ") };
    let end = open_end(record).map(|end| format!("; {end}")).unwrap_or_default();
    let seconds = record.millis / 1000;
    let tenths = record.millis % 1000 / 100;
    format!("{counts} on {} in {seconds}.{tenths} s{end}", one_line(&record.run.release))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn every_failure_says_what_to_do() {
        insta::assert_snapshot!(plain(&render(&sample::record(), Path::new("plimsoll-out/latest"))));
    }

    #[test]
    fn failures_that_are_alike_are_one() {
        let mut record = sample::record();
        let mut other =
            record.settled.iter().find(|one| one.result.verdict == Verdict::Fail).unwrap().clone();
        other.result.profile = "runc-run".to_owned();
        record.settled.push(other);
        let text = plain(&render(&record, Path::new("out")));
        assert!(text.contains("FAIL step.exit-code under crun-run, runc-run (MUST)"), "{text}");
    }

    #[test]
    fn a_double_is_said_aloud() {
        assert!(plain(&table(&sample::record())).contains("DOUBLE: nvidia-container-runtime is not on PATH"));
    }
}
