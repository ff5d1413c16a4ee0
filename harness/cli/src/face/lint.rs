//! `plimsoll lint`: an oci.conf against the rules of a release, each finding with its place and its remedy.

use std::path::{Path, PathBuf};

use owo_colors::OwoColorize as _;
use plimsoll_launcher::Release;
use plimsoll_launcher::ociconf::{self, Diagnostic, Severity};
use plimsoll_record::exit;
use serde::Serialize;

use super::args::Format;
use super::error::Error;
use super::out;

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
    let mut texts = Vec::new();
    for file in files {
        let text = read(file)?;
        let loaded = ociconf::load(&text, file, release);
        texts.push((file, text, loaded));
    }
    if format == Format::Json {
        let reports: Vec<Report<'_>> = texts
            .iter()
            .map(|(file, _, loaded)| Report {
                file,
                release,
                loads: loaded.conf.is_some(),
                diagnostics: &loaded.diagnostics,
            })
            .collect();
        super::list::print_json(&reports)?;
    } else {
        for (file, text, loaded) in &texts {
            show(text, &loaded.diagnostics);
            if loaded.conf.is_some() && loaded.diagnostics.is_empty() {
                out::line(format_args!("{}: {} by release {release}", file.display(), "accepted".green()));
            }
        }
    }
    let errors =
        |loaded: &ociconf::Loaded| loaded.diagnostics.iter().any(|found| found.severity == Severity::Error);
    let rejected = texts.iter().any(|(_, _, loaded)| loaded.conf.is_none() || errors(loaded));
    Ok(if rejected { exit::USAGE } else { exit::OK })
}

/// Reads a file that was named.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|cause| {
        Error::usage(format!("cannot read {}: {cause}; name a file that is yours to read", path.display()))
    })
}

/// Shows diagnostics on standard error.
pub fn show(_text: &[u8], diagnostics: &[Diagnostic]) {
    for found in diagnostics {
        let severity = match found.severity {
            Severity::Error => "error".red().bold().to_string(),
            Severity::Warning => "warning".yellow().bold().to_string(),
        };
        let place = format!("{}:{}:{}", found.path.display(), found.line, found.column);
        anstream::eprintln!("{severity}[{}] {place}: {} ({})", found.code, found.message, found.rule);
        anstream::eprintln!("  {} {}", "help:".bold(), found.remedy);
    }
}
