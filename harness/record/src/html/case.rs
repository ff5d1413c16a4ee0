//! The cases of an area on the page: a heading each, and below it a line a profile that can be opened.

use std::fmt::Write as _;

use super::escape::{line, text};
use crate::text::short_line;
use crate::{Settled, Verdict};

/// How much of a reason stands in the line of a result.
const REASON: usize = 160;

/// One result's place on the page, and what there was room for.
#[derive(Debug)]
pub struct Row<'a> {
    /// The result.
    pub settled: &'a Settled,
    /// Number of its profile.
    pub profile: usize,
    /// Its body; empty where nothing is said or nothing fits.
    pub body: String,
    /// Its evidence, likewise.
    pub evidence: String,
}

/// The line of a result, which is there always.
pub fn summary(settled: &Settled) -> String {
    let result = &settled.result;
    let mut html = format!(
        "<b class=\"{0}\">{0}</b> <span>{1}</span> <small>{2} ms</small>",
        result.verdict,
        line(&result.profile),
        result.millis
    );
    if let Some(reason) = result.reason.as_deref().filter(|_| result.verdict != Verdict::Pass) {
        let _ = write!(html, " <span class=\"why\">{}</span>", text(&short_line(reason, REASON)));
    }
    html
}

/// The line of a result with what is below it.
pub fn row(number: usize, row: &Row<'_>, summary: &str) -> String {
    let marks = format!("class=\"r\" data-v=\"{}\" data-p=\"{}\"", row.settled.result.verdict, row.profile);
    if row.body.is_empty() && row.evidence.is_empty() {
        return format!("<div {marks}>{summary}</div>\n");
    }
    format!(
        "<details {marks} id=\"r{number}\"><summary>{summary}</summary>\n{}{}</details>\n",
        row.body, row.evidence
    )
}

/// A case around its rows.
pub fn article(case: &str, about: &str, rows: &str) -> String {
    format!("<article class=\"case\"><h4>{}</h4>\n{about}{rows}</article>\n", line(case))
}
