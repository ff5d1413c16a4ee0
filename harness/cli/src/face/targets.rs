//! From `--profile`, `--runtime` and `--oci-conf` to the targets of a run.

use std::path::Path;

use plimsoll_launcher::{Release, ociconf};
use plimsoll_suites::target::Target;

use super::args::RuntimeChoice;
use super::error::Error;
use super::lint;

/// The targets that were asked for.
pub fn choose(profiles: &[String], runtime: RuntimeChoice) -> Result<Vec<Target>, Error> {
    let _ = runtime;
    match profiles.first() {
        Some(name) => {
            Err(Error::usage(format!("there is no profile `{name}`; `plimsoll list profiles` names them")))
        }
        None => Err(Error::usage("there is no profile yet; name a file with --oci-conf")),
    }
}

/// The target that an `oci.conf` of the user's own is. A file that does not load is shown with its diagnostics.
pub fn custom(path: &Path, release: Release) -> Result<Target, Error> {
    let text = lint::read(path)?;
    let loaded = ociconf::load(&text, path, release);
    let Some(conf) = &loaded.conf else {
        lint::show(&text, &loaded.diagnostics);
        return Err(Error::usage(format!(
            "release {release} rejects {}; repair what is shown above, and check it with `plimsoll lint`",
            path.display()
        )));
    };
    let text =
        String::from_utf8(text).map_err(|_| Error::usage(format!("{} is not UTF-8", path.display())))?;
    Ok(Target::custom(path, text, conf))
}
