//! Two records set against each other: what an upgrade, another runtime or one line of `oci.conf` changed.
//!
//! Results are joined by case and profile. A change of verdict is named for what it means to whoever upgrades; results that
//! are equal are looked at once more for evidence that differs, and for launch times that differ beyond the noise.

mod change;
mod html;
mod json;
mod noise;
mod speed;
mod surroundings;
mod text;
mod traces;

use std::path::Path;

pub use change::{Change, Kind, Seen};
pub use speed::{Pace, ProfilePace, Speed};
pub use surroundings::Row;

use crate::{Record, RunInfo};

/// How a diff is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Human,
    /// For programs: schema [`SCHEMA`].
    Json,
    /// One page for a browser.
    Html,
}

/// Name and version of the JSON.
pub const SCHEMA: &str = "plimsoll.diff/1.0";

/// What differs between two records.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff<'a> {
    /// The earlier run.
    pub before: &'a RunInfo,
    /// The later run.
    pub after: &'a RunInfo,
    /// What differs where they ran.
    pub surroundings: Vec<Row>,
    /// What differs in their results, by kind, then case and profile.
    pub changes: Vec<Change>,
    /// Results with the same verdict in both.
    pub unchanged: usize,
    /// How launch times changed.
    pub speed: Speed,
    /// What makes the comparison worth less: a record that was cut off.
    pub doubts: Vec<String>,
}

impl<'a> Diff<'a> {
    /// Sets `after` against `before`.
    pub fn new(before: &'a Record, after: &'a Record) -> Self {
        let joined = change::join(before, after);
        let doubts = [("before", before), ("after", after)].into_iter().filter_map(|(which, record)| {
            crate::record::open_end(record).map(|end| format!("the record {which}: {end}"))
        });
        Self {
            before: &before.run,
            after: &after.run,
            surroundings: surroundings::rows(before, after),
            changes: joined.changes,
            unchanged: joined.unchanged,
            speed: speed::compare(&joined.both),
            doubts: doubts.collect(),
        }
    }

    /// The changes of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.kind == kind)
    }

    /// Whether something that was right is not any more, or can no longer be told.
    pub fn is_regressed(&self) -> bool {
        self.changes.iter().any(|change| matches!(change.kind, Kind::Regression | Kind::Unjudged))
    }

    /// Shows it; evidence that changed is read from the folders of the two records.
    pub fn render(&self, form: Form, before: &Path, after: &Path) -> String {
        match form {
            Form::Human => text::render(self, before, after),
            Form::Json => json::render(self),
            Form::Html => html::render(self, before, after),
        }
    }
}

#[cfg(test)]
mod tests;
