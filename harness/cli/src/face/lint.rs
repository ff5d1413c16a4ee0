//! `plimsoll lint`: an oci.conf against the rules of a release, each finding with its place and its remedy.

use std::path::{Path, PathBuf};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource};
use owo_colors::OwoColorize as _;
use plimsoll_launcher::Release;
use plimsoll_launcher::ociconf::{self, Diagnostic, Severity};
use plimsoll_record::exit;
use serde::Serialize;

use super::args::Format;
use super::error::Error;
use super::out;

/// Columns of what is shown.
const WIDTH: usize = 110;

/// What was found in one file.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    release: Release,
    loads: bool,
    diagnostics: &'a [Diagnostic],
}

/// Checks files; 2 when one of them is rejected.
pub fn run(files: &[PathBuf], release: Release, format: Format) -> Result<i32, Error> {
    let mut loads = Vec::new();
    for file in files {
        let text = read(file)?;
        let loaded = ociconf::load(&text, file, release);
        loads.push((file, loaded));
    }
    if format == Format::Json {
        let reports: Vec<Report<'_>> = loads
            .iter()
            .map(|(file, loaded)| Report {
                file,
                release,
                loads: loaded.conf.is_some(),
                diagnostics: &loaded.diagnostics,
            })
            .collect();
        super::list::print_json(&reports)?;
    } else {
        for (file, loaded) in &loads {
            show(&loaded.diagnostics);
            if loaded.conf.is_some() && loaded.diagnostics.is_empty() {
                out::line(format_args!("{}: {} by release {release}", file.display(), "accepted".green()));
            }
        }
    }
    let errors =
        |loaded: &ociconf::Loaded| loaded.diagnostics.iter().any(|found| found.severity == Severity::Error);
    let rejected = loads.iter().any(|(_, loaded)| loaded.conf.is_none() || errors(loaded));
    Ok(if rejected { exit::USAGE } else { exit::OK })
}

/// Reads a file that was named.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|cause| {
        Error::usage(format!("cannot read {}: {cause}; name a file that is yours to read", path.display()))
    })
}

/// Shows diagnostics on standard error, each with the part of the text that it is about.
pub fn show(diagnostics: &[Diagnostic]) {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_width(WIDTH);
    for found in diagnostics {
        let severity = match found.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        };
        let (start, length) = found.span;
        let place = format!("{}:{}:{}", found.path.display(), found.line, found.column);
        let diagnostic = MietteDiagnostic::new(format!("{place}: {} ({})", found.message, found.rule))
            .with_code(found.code)
            .with_severity(severity)
            .with_help(found.remedy.clone())
            .with_label(LabeledSpan::new_with_span(None, (start, length)));
        // An included file is another one than that which was named.
        let text = std::fs::read(&found.path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let source = NamedSource::new(found.path.display().to_string(), text.unwrap_or_default());
        let report = miette::Report::new(diagnostic).with_source_code(source);
        let mut shown = String::new();
        // A place outside of the text cannot be shown with it; the words are enough then.
        if handler.render_report(&mut shown, report.as_ref()).is_err() {
            shown = format!("{place}: {} [{}]\n  help: {}\n", found.message, found.code, found.remedy);
        }
        anstream::eprint!("{shown}");
    }
}
