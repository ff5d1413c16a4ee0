//! From `--profile`, `--runtime` and `--oci-conf` to the targets of a run.

use std::path::Path;

use plimsoll_cluster::containers;
use plimsoll_launcher::step::User;
use plimsoll_launcher::{Release, ociconf};
use plimsoll_profiles::{Installed, Wanted};
use plimsoll_suites::profiles;
use plimsoll_suites::reach::{Reachable, reachable};
use plimsoll_suites::target::Target;

use super::args::{RunArgs, RuntimeChoice, WorldName};
use super::error::Error;
use super::{custom, lint, worlds};

/// The targets that were asked for on this machine; `program` is this program, the double.
pub fn choose(names: &[String], runtime: RuntimeChoice, program: &Path) -> Result<Vec<Target>, Error> {
    profiles::targets(names, wanted(runtime), program).map_err(Error::usage)
}

/// The same where a world's cases run: nodes that are containers have what their image has.
pub fn choose_in(
    world: WorldName,
    release: Release,
    names: &[String],
    runtime: RuntimeChoice,
    program: &Path,
) -> Result<Vec<Target>, Error> {
    if world != WorldName::Containers {
        return choose(names, runtime, program);
    }
    let installed = |name: &str| {
        let (path, version) = containers::program(release, name)?;
        Some(Installed { path, version })
    };
    profiles::targets_from(&installed, names, wanted(runtime), program).map_err(Error::usage)
}

/// The targets of a run: profiles that are listed, in folders, or made from answers.
pub fn choose_of(options: &RunArgs, release: Release, program: &Path) -> Result<Vec<Target>, Error> {
    if !custom::is_wanted(&options.profile) {
        return choose_in(options.world, release, &options.profile, options.runtime, program);
    }
    let others: Vec<String> =
        options.profile.iter().filter(|name| *name != plimsoll_profiles::CUSTOM).cloned().collect();
    let mut targets = vec![custom::target(&options.custom)?];
    if !others.is_empty() {
        targets.extend(choose_in(options.world, release, &others, options.runtime, program)?);
    }
    Ok(targets)
}

fn wanted(runtime: RuntimeChoice) -> Wanted {
    match runtime {
        RuntimeChoice::Auto => Wanted::Auto,
        RuntimeChoice::Real => Wanted::Real,
        RuntimeChoice::Double => Wanted::Double,
    }
}

/// This program, where `user` can run it.
pub fn program(user: &User) -> Result<Reachable, Error> {
    std::env::current_exe().and_then(|program| reachable(&program, user)).map_err(|cause| {
        Error::broken(format!("cannot make this program reachable for user {}: {cause}", user.name))
    })
}

/// The target that a live cluster is: its own `oci.conf`, which is read to know how it drives its runtime.
pub fn attached(options: &RunArgs, release: Release) -> Result<Target, Error> {
    if !options.profile.is_empty() {
        return Err(Error::usage("no profile can be put on a live cluster; leave --profile out"));
    }
    let path = worlds::site(&options.attach)?.oci_conf();
    custom(&path, release).map_err(|error| {
        let words = format!("{error}; name a copy of the cluster's oci.conf with --oci-conf");
        Error { message: words, ..error }
    })
}

/// The target that an `oci.conf` of the user's own is. A file that does not load is shown with its diagnostics.
pub fn custom(path: &Path, release: Release) -> Result<Target, Error> {
    let text = lint::read(path)?;
    let loaded = ociconf::load(&text, path, release);
    lint::show(&loaded.diagnostics);
    let Some(conf) = &loaded.conf else {
        lint::offer_repair(&text, path, release);
        return Err(Error::usage(format!(
            "release {release} rejects {}; repair what is shown above, and check it with `plimsoll lint`",
            path.display()
        )));
    };
    let text =
        String::from_utf8(text).map_err(|_| Error::usage(format!("{} is not UTF-8", path.display())))?;
    Ok(Target::custom(path, text, conf))
}
