//! `plimsoll diff`: two records set against each other, for people, for programs and as a page.

use std::path::{Path, PathBuf};

use plimsoll_record::diff::{Diff, Form};
use plimsoll_record::{exit, folder};

use super::args::DiffFormat;
use super::error::Error;
use super::{out, report};

/// Shows what differs between two records, or writes it to a file; 1 when something regressed.
pub fn run(before: &Path, after: &Path, format: DiffFormat, file: Option<&PathBuf>) -> Result<i32, Error> {
    let (before, after) = (folder::named(Some(before)), folder::named(Some(after)));
    let old = folder::read(&before).map_err(Error::usage)?;
    let new = folder::read(&after).map_err(Error::usage)?;
    let diff = Diff::new(&old, &new);
    let form = match format {
        DiffFormat::Human => Form::Human,
        DiffFormat::Json => Form::Json,
        DiffFormat::Html => Form::Html,
    };
    let text = diff.render(form, &before, &after);
    match file {
        Some(file) => report::write(file, &text)?,
        None => out::print(text),
    }
    Ok(if diff.is_regressed() { exit::FAILED } else { exit::OK })
}
