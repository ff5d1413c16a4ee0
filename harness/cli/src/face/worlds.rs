//! From `--world` and `--release` to the world of a run.

use std::path::Path;
use std::sync::OnceLock;

use plimsoll_cluster::attach::{Options, Site};
use plimsoll_cluster::containers::{self, Recipe};
use plimsoll_cluster::real::version::Version;
use plimsoll_launcher::Release;
use plimsoll_suites::machine::Machine;
use plimsoll_suites::world::{AttachWorld, ContainersWorld, MockWorld, Pool, SlurmWorld, World};

use super::args::{AttachArgs, WorldName};
use super::error::Error;

/// The daemon whose version says which Slurm is installed here.
const DAEMON: &str = "slurmd";

/// What a world is made from.
#[derive(Debug)]
pub struct Choice<'a> {
    /// Which.
    pub world: WorldName,
    /// What [`release`] gave.
    pub release: Release,
    /// This program, where the user can run it.
    pub program: &'a Path,
    /// Who runs what.
    pub machine: &'a Machine,
    /// Nodes, at least.
    pub nodes: usize,
    /// Factor on every time that the mock waits.
    pub time_scale: f64,
    /// Cases at the same time.
    pub jobs: usize,
    /// What may be used of a live cluster.
    pub attach: &'a AttachArgs,
}

/// The release of a run: of the mock the one asked for, or the guide's; on real daemons theirs, and nothing else can be
/// asked for.
pub fn release(world: WorldName, wanted: Option<Release>) -> Result<Release, Error> {
    match world {
        WorldName::Mock => return Ok(wanted.unwrap_or(Release::Guide)),
        WorldName::Containers => return of_images(wanted),
        WorldName::Slurm | WorldName::Attach => {}
    }
    let version = version(world)?;
    let release = version.release().map_err(Error::usage)?;
    match wanted {
        Some(other) if other != release => Err(Error::usage(format!(
            "Slurm {version} is installed here, which is no {other}; leave --release out, or take --world mock"
        ))),
        _ => Ok(release),
    }
}

/// A release that there is an image of, and an engine to run it.
fn of_images(wanted: Option<Release>) -> Result<Release, Error> {
    let known: Vec<&str> = Recipe::all().map(|recipe| recipe.release.name()).collect();
    let release = wanted.ok_or_else(|| {
        Error::usage(format!("--world containers needs --release; there are images of {}", known.join(", ")))
    })?;
    containers::ready(release).map(|_| release).map_err(Error::usage)
}

/// The world that was asked for.
pub fn world(choice: &Choice<'_>) -> Result<Box<dyn World>, Error> {
    let Choice { release, nodes, time_scale, .. } = *choice;
    let (program, machine) = (choice.program.to_owned(), choice.machine.clone());
    Ok(match choice.world {
        WorldName::Mock => Box::new(MockWorld { program, release, machine, nodes, time_scale }),
        WorldName::Slurm => {
            let pool = Pool::new(choice.jobs);
            Box::new(SlurmWorld { program, version: version(choice.world)?, machine, nodes, pool })
        }
        WorldName::Attach => {
            let options = attach_options(choice)?;
            let site = site(choice.attach)?;
            Box::new(AttachWorld { options, site, release, machine })
        }
        WorldName::Containers => {
            let (pool, answers) = (Pool::new(choice.jobs), OnceLock::new());
            Box::new(ContainersWorld { program, release, machine, nodes, pool, answers })
        }
    })
}

/// The live cluster, as it says itself.
pub fn site(attach: &AttachArgs) -> Result<Site, Error> {
    Site::ask(attach.partition.as_deref()).map_err(Error::usage)
}

fn attach_options(choice: &Choice<'_>) -> Result<Options, Error> {
    let AttachArgs { shared, partition, account, time_limit, srun_arg } = choice.attach.clone();
    let shared = shared
        .ok_or_else(|| Error::usage("--world attach needs --shared DIR, a folder that every node sees"))?;
    let shared = std::fs::canonicalize(&shared).map_err(|cause| {
        Error::usage(format!("cannot use {}: {cause}; name a folder of yours", shared.display()))
    })?;
    Ok(Options { shared, partition, account, minutes: time_limit, nodes: choice.nodes, srun_args: srun_arg })
}

fn version(world: WorldName) -> Result<Version, Error> {
    Version::of(if world == WorldName::Attach { "srun" } else { DAEMON }).map_err(Error::usage)
}
