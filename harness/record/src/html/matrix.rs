//! Profiles by areas: one look at where the fails are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::line;
use crate::{Record, Verdict};

/// The most rows and columns; a table beyond that is no overview.
const ROWS: usize = 200;
const COLUMNS: usize = 60;

/// The area of a case: what stands before the dot.
pub fn area(case: &str) -> &str {
    case.split_once('.').map_or(case, |(area, _)| area)
}

/// Verdicts from the worst to the best, which is the order in which a cell tells them.
pub const WORST_FIRST: [Verdict; 6] =
    [Verdict::Error, Verdict::Fail, Verdict::Flaky, Verdict::Waived, Verdict::Unsupported, Verdict::Pass];

type Counts = BTreeMap<(usize, usize), [usize; 6]>;

/// The table. `areas` are in the order of their sections.
pub fn table(record: &Record, areas: &[&str]) -> String {
    let profiles = record.profiles();
    let counts = count(record, &profiles.iter().map(|(id, _)| *id).collect::<Vec<_>>(), areas);
    let mut html = "<div class=\"wide\"><table class=\"matrix\"><caption>Verdicts by profile and area</caption>\n<thead><tr>\
                    <th scope=\"col\">profile</th>"
        .to_owned();
    for area in areas.iter().take(COLUMNS) {
        let _ = write!(html, "<th scope=\"col\">{}</th>", line(area));
    }
    html += "</tr></thead>\n<tbody>\n";
    for (row, (id, profile)) in profiles.iter().enumerate().take(ROWS) {
        let double = profile.is_some_and(|profile| !profile.real);
        let _ = write!(html, "<tr><th scope=\"row\">{}", line(id));
        html += if double { " <small>double</small></th>" } else { "</th>" };
        for column in 0..areas.len().min(COLUMNS) {
            html += &cell(&counts, row, column);
        }
        html += "</tr>\n";
    }
    html += "</tbody></table></div>\n";
    let left = (profiles.len().saturating_sub(ROWS), areas.len().saturating_sub(COLUMNS));
    if left != (0, 0) {
        let _ = writeln!(
            html,
            "<p>{} more profiles and {} more areas are not in this table.</p>",
            left.0, left.1
        );
    }
    html
}

fn count(record: &Record, profiles: &[&str], areas: &[&str]) -> Counts {
    let place = |list: &[&str]| -> BTreeMap<String, usize> {
        list.iter().enumerate().map(|(index, name)| ((*name).to_owned(), index)).collect()
    };
    let (rows, columns) = (place(profiles), place(areas));
    let mut counts = Counts::new();
    for result in record.results() {
        let (Some(&row), Some(&column)) = (rows.get(&result.profile), columns.get(area(&result.case))) else {
            continue;
        };
        let Some(kind) = WORST_FIRST.iter().position(|verdict| *verdict == result.verdict) else { continue };
        counts.entry((row, column)).or_default()[kind] += 1;
    }
    counts
}

fn cell(counts: &Counts, row: usize, column: usize) -> String {
    let Some(cell) = counts.get(&(row, column)) else { return "<td></td>".to_owned() };
    let told = || WORST_FIRST.iter().zip(cell).filter(|(_, count)| **count > 0);
    let words: Vec<String> = told()
        .map(|(verdict, count)| format!("<span class=\"{verdict}\">{count} {verdict}</span>"))
        .collect();
    format!(
        "<td><a href=\"#area-{column}\" data-a=\"{column}\" data-p=\"{row}\">{}</a></td>",
        words.join("<br>")
    )
}
