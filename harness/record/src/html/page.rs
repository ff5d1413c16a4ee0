//! The page put together: the lines of all results first, then as much of what is below them as the page has room for, the
//! fails before the passes.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use super::budget::{Budget, LONGEST};
use super::case::{Row, article, row, summary};
use super::details::{Ids, about, body};
use super::escape::line;
use super::{evidence, head, matrix, overview};
use crate::{Record, Verdict};

/// The most evidence of one result, in bytes.
const EVIDENCE: usize = 96 << 10;

/// The page of a record that lies in the folder `dir`, in which its evidence is.
pub fn render(record: &Record, dir: &Path) -> String {
    let mut budget = Budget::new(LONGEST);
    let mut areas: Vec<&str> = record.results().map(|result| matrix::area(&result.case)).collect();
    areas.dedup();
    // Sorted by the whole id, an area can come twice only when another's name goes on where it ends.
    areas.sort_unstable();
    areas.dedup();
    let top = overview::header(record);
    let middle = [
        matrix::table(record, &areas),
        overview::profiles(record),
        "</section>\n".to_owned(),
        overview::remarks(record),
        "<section aria-labelledby=\"results\"><h2 id=\"results\" tabindex=\"-1\">Results</h2>\n".to_owned(),
        overview::filters(record, &areas),
    ]
    .concat();
    budget.must(&top);
    budget.must(&middle);
    let (results, left_out) = results(record, dir, &areas, &mut budget);
    let body = [
        &top,
        "<main>\n<section aria-labelledby=\"overview\"><h2 id=\"overview\">Profiles and areas</h2>\n",
        &middle,
        &left_out,
        &results,
        "</section>\n</main>\n<footer><p>Links to evidence work where this page lies in the folder of the record. plimsoll explain \
         ID tells more about a case, a rule or a defect.</p></footer>\n",
    ]
    .concat();
    let counts: Vec<String> =
        overview::verdicts(record).iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    let counts = if counts.is_empty() { "no case ran".to_owned() } else { counts.join(", ") };
    head::document(&format!("plimsoll: {counts}"), &body)
}

/// The sections of the areas, and a sentence on what did not fit.
fn results(record: &Record, dir: &Path, areas: &[&str], budget: &mut Budget) -> (String, String) {
    let ids = Ids::new(&record.catalogue);
    let numbers: HashMap<&str, usize> =
        record.profiles().iter().enumerate().map(|(index, (id, _))| (*id, index)).collect();
    let mut rows: Vec<Row<'_>> = record
        .settled
        .iter()
        .map(|settled| Row {
            settled,
            profile: numbers.get(settled.result.profile.as_str()).copied().unwrap_or_default(),
            body: String::new(),
            evidence: String::new(),
        })
        .collect();
    let mut summaries = Vec::with_capacity(rows.len());
    for (number, one) in rows.iter().enumerate() {
        let summary = summary(one.settled);
        budget.must(&row(number, one, &summary));
        summaries.push(summary);
        if number == 0 || rows[number - 1].settled.result.case != one.settled.result.case {
            budget.must(&article(&one.settled.result.case, "", ""));
        }
        // What turns a line into one that can be opened.
        budget.must("<details id=\"r00000\"><summary></summary></details>");
    }
    let (cases, mut said) = (cases(&rows), Vec::new());
    let mut fill = |rows: &mut [Row<'_>], passes: bool, budget: &mut Budget| {
        let of = move |one: &Row<'_>| (one.settled.result.verdict == Verdict::Pass) == passes;
        for one in rows.iter_mut().filter(|one| of(one)) {
            one.body = budget.may(|| body(one.settled, &ids));
        }
        let bodies = budget.refused();
        for one in rows.iter_mut().filter(|one| of(one) && !one.body.is_empty()) {
            one.evidence = budget.may(|| evidence_of(one, dir));
        }
        let kind = if passes { "passes" } else { "other results" };
        said.extend((bodies > 0).then(|| format!("the details of {bodies} {kind}")));
        let evidence = budget.refused();
        said.extend((evidence > 0).then(|| format!("the evidence of {evidence} {kind}")));
    };
    fill(&mut rows, false, budget);
    let mut abouts = Vec::with_capacity(cases.len());
    for (first, last) in &cases {
        let rules = rules_of(&rows[*first..*last]);
        abouts.push(budget.may(|| about(&rows[*first].settled.result.case, &rules, &ids)));
    }
    let untold = budget.refused();
    fill(&mut rows, true, budget);
    said.extend((untold > 0).then(|| format!("the rules of {untold} cases")));
    let mut sections = vec![String::new(); areas.len()];
    for ((first, last), about) in cases.iter().zip(&abouts) {
        let case = &rows[*first].settled.result.case;
        let lines: String =
            (*first..*last).map(|number| row(number, &rows[number], &summaries[number])).collect();
        if let Ok(area) = areas.binary_search(&matrix::area(case)) {
            sections[area] += &article(case, about, &lines);
        }
    }
    let mut html = String::new();
    for (index, (area, section)) in areas.iter().zip(&sections).enumerate() {
        let _ = write!(
            html,
            "<section class=\"area\" id=\"area-{index}\"><h3>{}</h3>\n{section}</section>\n",
            line(area)
        );
    }
    let left_out = if said.is_empty() {
        String::new()
    } else {
        let what = said.join(", ");
        format!(
            "<p class=\"waived\">So that this page stays usable it is without {what}; the record has all of it.</p>\n"
        )
    };
    (html, left_out)
}

fn evidence_of(row: &Row<'_>, dir: &Path) -> String {
    let result = &row.settled.result;
    if result.verdict == Verdict::Unsupported {
        return String::new();
    }
    let html = evidence::section(&dir.join(&result.evidence));
    if html.len() > EVIDENCE {
        return "<p>The evidence is too long for this page; the record has it.</p>\n".to_owned();
    }
    html
}

/// The rows of each case, from the first to behind the last.
fn cases(rows: &[Row<'_>]) -> Vec<(usize, usize)> {
    let mut cases: Vec<(usize, usize)> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        match cases.last_mut() {
            Some((first, last)) if rows[*first].settled.result.case == row.settled.result.case => {
                *last = number + 1;
            }
            _ => cases.push((number, number + 1)),
        }
    }
    cases
}

/// The rules that the results of a case cite, each once.
fn rules_of<'a>(rows: &[Row<'a>]) -> Vec<&'a str> {
    let mut rules = Vec::new();
    for rule in rows.iter().flat_map(|row| &row.settled.result.rules) {
        if !rules.contains(&rule.as_str()) {
            rules.push(rule.as_str());
        }
    }
    rules
}
