//! A diff for people: what got worse first, what changed around it, and a verdict in the last line.

use std::fmt::Write as _;
use std::path::Path;

use owo_colors::{OwoColorize as _, Style};

use super::speed::{SAMPLES, percent};
use super::surroundings::shown;
use super::{Change, Diff, Kind, Row, Speed, traces};
use crate::RunInfo;
use crate::text::{one_line, short_line, visible};

/// Changes of one kind that are told before the rest is counted; regressions are all told.
const MOST: usize = 200;

/// Results whose changed evidence is shown, and lines of each.
const SHOWN: usize = 10;
const LINES: usize = 6;

/// Longest line of evidence or of a reason, in characters.
const WIDTH: usize = 200;

/// Cases that became slower or faster that are told.
const PACES: usize = 20;

/// The diff as text with colours.
pub fn render(diff: &Diff<'_>, before: &Path, after: &Path) -> String {
    let mut text = String::new();
    for (name, run, dir) in [("before", diff.before, before), ("after", diff.after, after)] {
        let _ = writeln!(text, "{:<7} {}", name.dimmed(), run_line(run, dir));
    }
    for doubt in &diff.doubts {
        let _ = writeln!(text, "{} {}", "doubt:".yellow().bold(), one_line(doubt));
    }
    text.push('\n');
    text += &surroundings(&diff.surroundings);
    for kind in Kind::ALL {
        let changes: Vec<&Change> = diff.of(kind).collect();
        if !changes.is_empty() {
            text += &section(kind, &changes, before, after);
        }
    }
    text += &speed(&diff.speed);
    text + &last_line(diff) + "\n"
}

fn run_line(run: &RunInfo, dir: &Path) -> String {
    let dir = dir.display().to_string();
    format!(
        "{} ({}, release {}): {}",
        one_line(&run.id),
        one_line(&run.world),
        one_line(&run.release),
        visible(&dir)
    )
}

fn surroundings(rows: &[Row]) -> String {
    if rows.is_empty() {
        return format!("{}\n\n", "Nothing that is noted of the surroundings changed.".dimmed());
    }
    let mut text = format!("{}\n", "surroundings".bold());
    for row in rows {
        let (before, after) = (shown(row.before.as_deref()), shown(row.after.as_deref()));
        let _ = writeln!(text, "  {}: {before} {} {after}", one_line(&row.what), "->".dimmed());
        for line in row.diff.iter().flat_map(|diff| diff.lines()).filter(|line| !line.starts_with("@@")) {
            let _ = writeln!(text, "    {}", coloured(line));
        }
    }
    text + "\n"
}

fn style(kind: Kind) -> Style {
    let bold = Style::new().bold();
    match kind {
        Kind::Regression => bold.red(),
        Kind::Unjudged => bold.magenta(),
        Kind::NewlyWaived | Kind::NewlyUnsupported => bold.yellow(),
        Kind::Fixed => bold.green(),
        _ => bold,
    }
}

fn section(kind: Kind, changes: &[&Change], before: &Path, after: &Path) -> String {
    let mut text = format!("{} ({})\n", kind.title().style(style(kind)), changes.len());
    let told = if kind == Kind::Regression { changes.len() } else { changes.len().min(MOST) };
    for (index, change) in changes.iter().take(told).enumerate() {
        text += &entry(change);
        if kind == Kind::Evidence && index < SHOWN {
            let lines = traces::changed(change, before, after, LINES);
            for line in
                lines.unwrap_or_else(|| vec!["the evidence is not in both records any more".to_owned()])
            {
                let _ = writeln!(text, "      {}", coloured(&line));
            }
        }
    }
    if told < changes.len() {
        let _ = writeln!(text, "  … and {} more; --format json has them all", changes.len() - told);
    }
    text + "\n"
}

fn entry(change: &Change) -> String {
    let name = format!("{} ({})", one_line(&change.case), one_line(&change.profile));
    let verdict = |side: &Option<super::Seen>| side.as_ref().map_or("-", |seen| seen.verdict.name());
    let (before, after) = (verdict(&change.before), verdict(&change.after));
    let verdicts = if before == after { before.to_owned() } else { format!("{before} -> {after}") };
    let mut text = format!("  {} {}: {verdicts}\n", change.level.name().to_uppercase().dimmed(), name.bold());
    let reason = change.after.as_ref().and_then(|seen| seen.reason.as_deref());
    if let Some(reason) = reason.filter(|_| change.kind != Kind::Evidence) {
        let _ = writeln!(text, "      {}", short_line(reason, WIDTH));
    }
    if let Some(after) =
        change.after.as_ref().filter(|_| matches!(change.kind, Kind::Regression | Kind::Unjudged))
    {
        if let Some(defect) = &after.defect {
            let _ = writeln!(text, "      {} {}", "known defect".dimmed(), one_line(defect));
        }
        if !after.repeat.is_empty() {
            let _ = writeln!(text, "      {} {}", "repeat".dimmed(), one_line(&after.repeat));
        }
    }
    text
}

/// A line of a unified diff.
fn coloured(line: &str) -> String {
    let shown = short_line(line, WIDTH);
    match line.as_bytes().first() {
        Some(b'+') => shown.green().to_string(),
        Some(b'-') => shown.red().to_string(),
        _ => shown,
    }
}

fn speed(speed: &Speed) -> String {
    if speed.compared == 0 {
        let why = format!(
            "Times are not compared: {SAMPLES} samples of a case are needed in both records (run --stress {SAMPLES})."
        );
        return if speed.too_few == 0 { String::new() } else { format!("{}\n\n", why.dimmed()) };
    }
    let mut text = format!("{} ({} cases compared)\n", "times".bold(), speed.compared);
    for profile in &speed.profiles {
        let change = percent(profile.before, profile.after);
        let judged =
            if profile.changed { change.bold().to_string() } else { format!("{change}, which is noise") };
        let _ = writeln!(
            text,
            "  {}: {} slower, {} faster, {} -> {} ms in all: {judged} (sign test, p {:.2e})",
            one_line(&profile.profile),
            profile.slower,
            profile.faster,
            profile.before,
            profile.after,
            profile.p
        );
    }
    for pace in speed.cases.iter().take(PACES) {
        let word = if pace.is_slower() { "slower".red().to_string() } else { "faster".green().to_string() };
        let _ = writeln!(
            text,
            "  {word} {} ({}): {} -> {} ms, {} (rank sum test, p {:.2e})",
            one_line(&pace.case).bold(),
            one_line(&pace.profile),
            pace.before,
            pace.after,
            percent(pace.before, pace.after),
            pace.p
        );
    }
    if speed.cases.len() > PACES {
        let _ = writeln!(text, "  … and {} more", speed.cases.len() - PACES);
    }
    text + "\n"
}

/// The kinds counted, in words.
pub fn counts(diff: &Diff<'_>) -> String {
    let mut counts: Vec<String> = Kind::ALL
        .into_iter()
        .map(|kind| (kind, diff.of(kind).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {}", kind.name()))
        .collect();
    counts.push(format!("{} unchanged", diff.unchanged));
    counts.join(", ")
}

fn last_line(diff: &Diff<'_>) -> String {
    if diff.is_regressed() {
        format!("{}: {}", "REGRESSED".red().bold(), counts(diff))
    } else {
        format!("{}: {}", "no regression".green().bold(), counts(diff))
    }
}
