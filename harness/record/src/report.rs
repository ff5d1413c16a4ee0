//! Every report by its name. The run and `plimsoll report` come here, so that what one writes the other writes again.

use std::path::Path;

use crate::{Record, github, html, junit, prometheus, results, summary, tap};

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
    /// Metrics for Prometheus.
    Prometheus,
    /// A summary in Markdown.
    Markdown,
}

impl Format {
    /// Every one.
    pub const ALL: [Self; 7] =
        [Self::Human, Self::Json, Self::Junit, Self::Tap, Self::Html, Self::Prometheus, Self::Markdown];
}

/// Renders a record that lies in the folder `dir`.
pub fn render(format: Format, record: &Record, dir: &Path) -> String {
    match format {
        Format::Human => summary::render(record, dir),
        Format::Json => results::render(record),
        Format::Junit => junit::render(record),
        Format::Tap => tap::render(record),
        Format::Html => html::render(record, dir),
        Format::Prometheus => prometheus::render(record),
        Format::Markdown => github::summary(record),
    }
}
