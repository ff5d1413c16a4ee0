//! The JSON results: one object a run, one entry a case and profile (source: the command line's contract).

use serde::Serialize;

use crate::waiver::WaiverReport;
use crate::{CaseResult, Record, RunInfo, text};

/// Name and version of the format.
pub const SCHEMA: &str = "plimsoll.results/1.0";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    run: &'a RunInfo,
    outcome: Option<crate::Outcome>,
    millis: u64,
    notes: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    waivers: &'a [WaiverReport],
    results: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    result: &'a CaseResult,
    /// Only where a case was run more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<usize>,
}

/// The results of a record, as indented JSON with a line break at the end.
pub fn render(record: &Record) -> String {
    let results = record
        .settled
        .iter()
        .map(|settled| Entry {
            result: &settled.result,
            attempts: Some(settled.attempts).filter(|attempts| *attempts > 1),
        })
        .collect();
    let document = Document {
        schema: SCHEMA,
        run: &record.run,
        outcome: record.outcome,
        millis: record.millis,
        notes: &record.notes,
        waivers: &record.waivers,
        results,
    };
    let mut text = text::json(&serde_json::to_string_pretty(&document).unwrap_or_default());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_contract_holds() {
        insta::assert_snapshot!(render(&sample::record()));
    }
}
