//! `plimsoll compare`: the scenarios on a real release and on the mock set to it.

use plimsoll_launcher::Release;
use plimsoll_record::exit;
use plimsoll_suites::compare::run::{Sides, run as play};
use plimsoll_suites::compare::scenario::Scenario;
use plimsoll_suites::compare::{report, table};
use plimsoll_suites::machine::Machine;
use plimsoll_suites::runner::Filter;

use super::args::{AttachArgs, CompareArgs, Format, WorldName};
use super::error::Error;
use super::worlds::{self, Choice};
use super::{out, signals, targets};

/// Compares; gives 0 when every difference is explained, 1 when one is not, 3 when a scenario could not be compared.
pub fn run(options: &CompareArgs) -> Result<i32, Error> {
    let filter = Filter::new(&options.filter).map_err(Error::usage)?;
    let machine = Machine::new(options.user.as_deref()).map_err(Error::usage)?;
    let reachable = targets::program(&machine.user)?;
    let program = reachable.path.clone();
    let (place, release) = place(options.release)?;
    let jobs = usize::from(options.jobs);
    let attach = AttachArgs::default();
    let world = |world| {
        let (program, machine, attach) = (program.as_path(), &machine, &attach);
        worlds::world(&Choice { world, release, program, machine, nodes: 1, time_scale: 1.0, jobs, attach })
    };
    let (real, mock) = (world(place)?, world(WorldName::Mock)?);
    let chosen: Vec<&'static Scenario> = table::all()
        .filter(|scenario| scenario.releases.has(release) && filter.chooses(scenario.id))
        .collect();
    if chosen.is_empty() {
        return Err(Error {
            message: format!("no scenario is chosen by {:?} on release {release}", options.filter),
            code: exit::NOTHING_RAN,
        });
    }
    let (_runtime, stop) = signals::runtime()?;
    let sides = Sides { real: &*real, mock: &*mock, release, program: &program };
    let human = options.format == Format::Human;
    let compared = play(&sides, &chosen, jobs, &stop, &|one| {
        if human {
            out::print(report::one(one));
        }
    });
    let residue = [real.finish(), mock.finish()].concat();
    for line in &residue {
        anstream::eprintln!("left behind: {line}");
    }
    match options.format {
        Format::Human => out::print(report::summary(&compared)),
        Format::Json => out::print(report::json(&compared)),
    }
    if stop.is_set() {
        return Ok(exit::INTERRUPTED);
    }
    let error = compared.iter().any(|one| one.error.is_some());
    let different = compared.iter().any(|one| !one.unexplained.is_empty());
    Ok(if error || !residue.is_empty() { exit::BROKEN } else { i32::from(different) })
}

/// Where the release runs: on the Slurm that is installed here where it is that one, else on nodes that are containers.
fn place(wanted: Option<Release>) -> Result<(WorldName, Release), Error> {
    match worlds::release(WorldName::Slurm, wanted) {
        Err(_) if wanted.is_some() => {
            worlds::release(WorldName::Containers, wanted).map(|release| (WorldName::Containers, release))
        }
        installed => installed.map(|release| (WorldName::Slurm, release)),
    }
}
