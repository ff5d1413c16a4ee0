//! `plimsoll lint`: an oci.conf against the rules of a release, a config.json against what its step needs, each finding with its place and its remedy.

use std::path::{Path, PathBuf};

use miette::{GraphicalReportHandler, GraphicalTheme};
use owo_colors::OwoColorize as _;
use plimsoll_launcher::ociconf::{self, Diagnostic, Severity};
use plimsoll_launcher::{Release, bundle_conf};
use plimsoll_record::exit;
use serde::Serialize;
use serde_json::json;

use super::args::LintFormat;
use super::error::Error;
use super::{out, sarif};

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

/// One file, and what was found in it.
struct Checked<'a> {
    file: &'a Path,
    text: Vec<u8>,
    loads: bool,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Checked<'a> {
    fn new(file: &'a Path, release: Release) -> Result<Self, Error> {
        let text = read(file)?;
        if bundle_conf::is_meant(file, &text) {
            let diagnostics = bundle_conf::check(&text, file);
            return Ok(Self { file, text, loads: true, diagnostics });
        }
        let loaded = ociconf::load(&text, file, release);
        Ok(Self { file, loads: loaded.conf.is_some(), diagnostics: loaded.diagnostics, text })
    }

    /// Its text with every error mended, where that can be done without its owner; none of a `config.json`.
    fn repaired(&self, release: Release) -> Option<String> {
        let own = !bundle_conf::is_meant(self.file, &self.text);
        own.then(|| ociconf::repair(&self.text, self.file, release)).flatten()
    }

    fn is_rejected(&self) -> bool {
        !self.loads || self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// Checks files; 2 when one of them is rejected. With `fix` what can be mended without its owner is mended first.
pub fn run(files: &[PathBuf], release: Release, format: LintFormat, fix: bool) -> Result<i32, Error> {
    let mut checked = Vec::new();
    for file in files {
        let mut one = Checked::new(file, release)?;
        if let Some(repaired) = one.repaired(release).filter(|_| fix) {
            write_over(file, &repaired)?;
            anstream::eprintln!("{} {}", "mended".green(), file.display());
            one = Checked::new(file, release)?;
        }
        checked.push(one);
    }
    match format {
        LintFormat::Json => {
            let report = |one: &Checked<'_>| {
                json!(Report {
                    file: one.file,
                    release,
                    loads: one.loads,
                    diagnostics: &one.diagnostics,
                    repaired: one.repaired(release),
                })
            };
            super::list::print_json(&checked.iter().map(report).collect::<Vec<_>>())?;
        }
        LintFormat::Sarif => {
            let found: Vec<&Diagnostic> = checked.iter().flat_map(|one| &one.diagnostics).collect();
            super::list::print_json(&sarif::document(&found))?;
        }
        LintFormat::Human => {
            for one in &checked {
                show(&one.diagnostics);
                if !bundle_conf::is_meant(one.file, &one.text) {
                    offer_repair(&one.text, one.file, release);
                }
                if one.loads && one.diagnostics.is_empty() {
                    out::line(format_args!(
                        "{}: {} by release {release}",
                        one.file.display(),
                        "accepted".green()
                    ));
                }
            }
        }
    }
    Ok(if checked.iter().any(Checked::is_rejected) { exit::USAGE } else { exit::OK })
}

/// Puts a text in a file's place in one step, with the file's own mode.
fn write_over(file: &Path, text: &str) -> Result<(), Error> {
    let written = || {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let fresh = tempfile::NamedTempFile::new_in(folder)?;
        std::fs::write(fresh.path(), text)?;
        std::fs::set_permissions(fresh.path(), std::fs::metadata(file)?.permissions())?;
        fresh.persist(file).map_err(|error| error.error).map(drop)
    };
    written().map_err(|cause| {
        Error::usage(format!("cannot write {}: {cause}; leave --fix out, or make it yours", file.display()))
    })
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
