//! `plimsoll report`: any report of a record, the same as the run wrote, byte for byte.

use std::path::{Path, PathBuf};

use plimsoll_record::report::render;
use plimsoll_record::{Format, Record, exit, folder};

use super::args::ReportFormat;
use super::error::Error;
use super::out;

/// Makes a report of a record, the last run's where none is named; prints it, or writes it to a file.
pub fn run(record: Option<&Path>, format: ReportFormat, file: Option<&Path>) -> Result<i32, Error> {
    let dir = folder::named(record);
    let text = render(format.into(), &folder::read(&dir).map_err(Error::usage)?, &dir);
    match file {
        Some(file) => write(file, &text)?,
        None => out::print(text),
    }
    Ok(exit::OK)
}

/// Writes the reports that a run was asked for.
pub fn write_all(wanted: &[(Option<&PathBuf>, Format)], record: &Record, dir: &Path) -> Result<(), Error> {
    for (path, format) in wanted {
        if let Some(path) = path {
            write(path, &render(*format, record, dir))?;
        }
    }
    Ok(())
}

/// Writes a file, and the folders that it is in. Colours are for terminals.
pub fn write(path: &Path, text: &str) -> Result<(), Error> {
    let text = anstream::adapter::strip_str(text).to_string();
    let made =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, text)).map_err(|cause| {
        Error::broken(format!("cannot write {}: {cause}; name a file that is yours", path.display()))
    })
}

/// Puts a file in its place as a whole: whoever reads the folder again and again never sees a part of it.
pub fn write_whole(path: &Path, text: &str) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || {
        std::fs::create_dir_all(folder)?;
        let fresh = tempfile::Builder::new().prefix(".plimsoll-").tempfile_in(folder)?;
        std::fs::write(fresh.path(), text)?;
        // What reads it is another user.
        std::fs::set_permissions(fresh.path(), std::fs::Permissions::from_mode(0o644))?;
        fresh.persist(path).map_err(|error| error.error).map(drop)
    };
    written().map_err(|cause: std::io::Error| {
        Error::broken(format!("cannot write {}: {cause}; name a file that is yours", path.display()))
    })
}
