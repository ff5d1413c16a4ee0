//! What one result says when it is opened: what was expected by which rule, what was seen, the command that repeats it,
//! the known defect, where the evidence is.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::escape::{line, link, text};
use super::evidence::command_line;
use crate::catalogue::{CaseInfo, DefectInfo, RuleInfo};
use crate::{Catalogue, Settled, Verdict};

/// The most attempts that are told one by one.
const ATTEMPTS: usize = 50;

/// The catalogue by id.
#[derive(Debug)]
pub struct Ids<'a> {
    cases: HashMap<&'a str, &'a CaseInfo>,
    rules: HashMap<&'a str, &'a RuleInfo>,
    defects: HashMap<&'a str, &'a DefectInfo>,
}

impl<'a> Ids<'a> {
    /// Of a catalogue.
    pub fn new(catalogue: &'a Catalogue) -> Self {
        Self {
            cases: catalogue.cases.iter().map(|case| (case.id.as_str(), case)).collect(),
            rules: catalogue.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect(),
            defects: catalogue.defects.iter().map(|defect| (defect.id.as_str(), defect)).collect(),
        }
    }
}

/// What a case is about, and the text of each rule that its results cite.
pub fn about(case: &str, rules: &[&str], ids: &Ids<'_>) -> String {
    let mut html = String::new();
    if let Some(info) = ids.cases.get(case) {
        let _ = writeln!(html, "<p>{}</p>", line(&info.title));
        for paragraph in &info.about {
            let _ = writeln!(html, "<p class=\"about\">{}</p>", line(paragraph));
        }
    }
    if !rules.is_empty() {
        html += "<ul class=\"rules\">\n";
        for rule in rules {
            let _ = writeln!(html, "<li>{}</li>", rule_text(rule, ids));
        }
        html += "</ul>\n";
    }
    html
}

fn rule_text(id: &str, ids: &Ids<'_>) -> String {
    match ids.rules.get(id) {
        Some(rule) => format!(
            "<b>{}</b> {}: {} <small>{}</small>",
            line(id),
            rule.level.name().to_uppercase(),
            line(&rule.text),
            line(&rule.source)
        ),
        None => format!("<b>{}</b>", line(id)),
    }
}

/// The body of a result, without its evidence.
pub fn body(settled: &Settled, ids: &Ids<'_>) -> String {
    let result = &settled.result;
    let mut html = String::from("<dl>\n");
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(html, "<dt>{name}</dt><dd>{value}</dd>");
    };
    let pre = |value: &str| format!("<pre tabindex=\"0\">{}</pre>", text(value));
    let paired = result.expected.is_some() && result.seen.is_some();
    if let Some(reason) = result.reason.as_deref().filter(|_| !paired || result.verdict != Verdict::Fail) {
        row("reason", &text(reason));
    }
    if let Some(expected) = &result.expected {
        row("expected", &pre(expected));
        if let Some(rule) = result.rules.first() {
            row("by rule", &rule_text(rule, ids));
        }
    }
    if let Some(seen) = &result.seen {
        row("seen", &pre(seen));
    }
    if let Some(defect) = &result.defect {
        let told = ids.defects.get(defect.as_str()).map(|defect| format!(": {}", line(&defect.text)));
        row("known defect", &format!("<b>{}</b>{}", line(defect), told.unwrap_or_default()));
    }
    if settled.attempts > 1 {
        row("attempts", &attempts(settled));
    }
    if !result.repeat.is_empty() {
        row("repeat", &command_line(&result.repeat));
    }
    if result.verdict != Verdict::Unsupported {
        let link = format!("<a href=\"{}\">{}</a>", link(&result.evidence), line(&result.evidence));
        row("evidence", &link);
    }
    html + "</dl>\n"
}

fn attempts(settled: &Settled) -> String {
    let mut html = format!("{} failed of {}<ol>", settled.failed, settled.attempts);
    for run in settled.runs.iter().take(ATTEMPTS) {
        let _ = write!(html, "<li>{} in {} ms</li>", run.verdict, run.millis);
    }
    html + "</ol>"
}
