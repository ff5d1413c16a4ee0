//! `spec`: a config.json to start from.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nix::unistd::{getegid, geteuid};
use oci_spec::runtime::Spec;

use super::error::{Doing as _, Error, to};

/// Writes config.json into a bundle; one that is there stays.
pub(super) fn write(bundle: Option<PathBuf>, rootless: bool) -> Result<(), Error> {
    let path = bundle.unwrap_or_default().join("config.json");
    let path = if path.is_absolute() { path } else { Path::new(".").join(path) };
    let spec =
        if rootless { Spec::rootless(geteuid().as_raw(), getegid().as_raw()) } else { Spec::default() };
    let text =
        serde_json::to_string_pretty(&spec).map_err(std::io::Error::from).doing(|| to("write", &path))?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).doing(|| to("make", &path))?;
    file.write_all(format!("{text}\n").as_bytes()).doing(|| to("write", &path))
}
