//! Every report by its name. The run and `plimsoll report` come here, so that what one writes the other writes again.

use std::path::Path;

use crate::{Record, html, junit, results, summary, tap};

/// A form in which a record can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The summary for a terminal.
    Human,
    /// The results as JSON.
    Json,
    /// JUnit XML.
    Junit,
    /// TAP 14.
    Tap,
    /// One page for a browser.
    Html,
}

impl Format {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Human, Self::Json, Self::Junit, Self::Tap, Self::Html];
}

/// Renders a record that lies in the folder `dir`.
pub fn render(format: Format, record: &Record, dir: &Path) -> String {
    match format {
        Format::Human => summary::render(record, dir),
        Format::Json => results::render(record),
        Format::Junit => junit::render(record),
        Format::Tap => tap::render(record),
        Format::Html => html::render(record, dir),
    }
}
