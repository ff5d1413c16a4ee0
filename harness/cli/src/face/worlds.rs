//! From `--world` and `--release` to the world of a run.

use std::path::Path;

use plimsoll_cluster::real::version::Version;
use plimsoll_launcher::Release;
use plimsoll_suites::machine::Machine;
use plimsoll_suites::world::{MockWorld, Pool, SlurmWorld, World};

use super::args::WorldName;
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
}

/// The release of a run: of the mock the one asked for, or the guide's; on real daemons theirs, and nothing else can be
/// asked for.
pub fn release(world: WorldName, wanted: Option<Release>) -> Result<Release, Error> {
    if world == WorldName::Mock {
        return Ok(wanted.unwrap_or(Release::Guide));
    }
    let version = version()?;
    let release = version.release().map_err(Error::usage)?;
    match wanted {
        Some(other) if other != release => Err(Error::usage(format!(
            "Slurm {version} is installed here, which is no {other}; leave --release out, or take --world mock"
        ))),
        _ => Ok(release),
    }
}

/// The world that was asked for.
pub fn world(choice: &Choice<'_>) -> Result<Box<dyn World>, Error> {
    let Choice { release, nodes, time_scale, .. } = *choice;
    let (program, machine) = (choice.program.to_owned(), choice.machine.clone());
    Ok(match choice.world {
        WorldName::Mock => Box::new(MockWorld { program, release, machine, nodes, time_scale }),
        WorldName::Slurm => {
            let pool = Pool::new(choice.jobs);
            Box::new(SlurmWorld { program, version: version()?, machine, nodes, pool })
        }
    })
}

fn version() -> Result<Version, Error> {
    Version::of(DAEMON).map_err(Error::usage)
}
