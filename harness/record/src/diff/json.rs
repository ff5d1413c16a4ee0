//! A diff for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Change, Diff, Kind, Row, SCHEMA, Speed};
use crate::{RunInfo, text};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    regressed: bool,
    before: Run<'a>,
    after: Run<'a>,
    doubts: &'a [String],
    counts: BTreeMap<&'static str, usize>,
    surroundings: &'a [Row],
    changes: &'a [Change],
    speed: &'a Speed,
}

#[derive(Serialize)]
struct Run<'a> {
    id: &'a str,
    started: &'a str,
    world: &'a str,
    release: &'a str,
}

impl<'a> Run<'a> {
    fn of(run: &'a RunInfo) -> Self {
        Self { id: &run.id, started: &run.started, world: &run.world, release: &run.release }
    }
}

/// The diff as indented JSON with a line break at the end.
pub fn render(diff: &Diff<'_>) -> String {
    let mut counts: BTreeMap<&str, usize> =
        Kind::ALL.into_iter().map(|kind| (kind.name(), diff.of(kind).count())).collect();
    counts.insert("unchanged", diff.unchanged);
    let document = Document {
        schema: SCHEMA,
        regressed: diff.is_regressed(),
        before: Run::of(diff.before),
        after: Run::of(diff.after),
        doubts: &diff.doubts,
        counts,
        surroundings: &diff.surroundings,
        changes: &diff.changes,
        speed: &diff.speed,
    };
    text::json(&serde_json::to_string_pretty(&document).unwrap_or_default()) + "\n"
}
