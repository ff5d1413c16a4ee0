//! `plimsoll lint`: an oci.conf against the rules of a release, each finding with its place and its remedy.

use std::path::{Path, PathBuf};

use miette::{GraphicalReportHandler, GraphicalTheme};
use owo_colors::OwoColorize as _;
use plimsoll_launcher::Release;
use plimsoll_launcher::ociconf::{self, Diagnostic, Severity};
use plimsoll_record::exit;
use serde::Serialize;

use super::args::Format;
use super::error::Error;
use super::out;

/// Columns of what is shown.
const WIDTH: usize = 140;

/// What was found in one file.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    release: Release,
    loads: bool,
    diagnostics: &'a [Diagnostic],
    /// The text with every error mended, where that can be done without its owner.
    repaired: Option<String>,
}

/// Checks files; 2 when one of them is rejected.
pub fn run(files: &[PathBuf], release: Release, format: Format) -> Result<i32, Error> {
    let mut loads = Vec::new();
    for file in files {
        let text = read(file)?;
        let loaded = ociconf::load(&text, file, release);
        loads.push((file, text, loaded));
    }
    if format == Format::Json {
        let reports: Vec<Report<'_>> = loads
            .iter()
            .map(|(file, text, loaded)| Report {
                file,
                release,
                loads: loaded.conf.is_some(),
                diagnostics: &loaded.diagnostics,
                repaired: ociconf::repair(text, file, release),
            })
            .collect();
        super::list::print_json(&reports)?;
    } else {
        for (file, text, loaded) in &loads {
            show(&loaded.diagnostics);
            offer_repair(text, file, release);
            if loaded.conf.is_some() && loaded.diagnostics.is_empty() {
                out::line(format_args!("{}: {} by release {release}", file.display(), "accepted".green()));
            }
        }
    }
    let errors =
        |loaded: &ociconf::Loaded| loaded.diagnostics.iter().any(|found| found.severity == Severity::Error);
    let rejected = loads.iter().any(|(_, _, loaded)| loaded.conf.is_none() || errors(loaded));
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
        // An included file is another one than that which was named.
        let text = std::fs::read(&found.path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let report = ociconf::Report::new(found, &text.unwrap_or_default());
        let mut shown = String::new();
        // Writing to a string does not fail.
        let _ = handler.render_report(&mut shown, &report);
        anstream::eprint!("{shown}");
    }
}

/// Offers the text of a file with its errors mended, where that can be done without its owner.
pub fn offer_repair(text: &[u8], path: &Path, release: Release) {
    if let Some(repaired) = ociconf::repair(text, path, release) {
        let path = path.display();
        anstream::eprintln!("\n{} with these changes release {release} accepts {path}:", "help:".bold());
        anstream::eprintln!("{}", repaired.trim_end());
    }
}
