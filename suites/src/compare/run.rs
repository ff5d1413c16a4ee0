//! Scenarios on two worlds, one after the other or several at a time, and what came of it.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use plimsoll_launcher::Release;
use serde::Serialize;

use super::diff::{Difference, differences};
use super::normal::Names;
use super::observe::{Facts, observe};
use super::play::play;
use super::scenario::{SETTINGS, Scenario};
use super::stage::Stage;
use crate::case::Wants;
use crate::stop::Stop;
use crate::world::World;

/// What is compared with what.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// The real release.
    pub real: &'a dyn World,
    /// The mock set to it.
    pub mock: &'a dyn World,
    /// The release.
    pub release: Release,
    /// The plimsoll program, where nodes find it.
    pub program: &'a Path,
}

/// What came of one scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// The scenario.
    pub id: &'static str,
    /// The release.
    pub release: Release,
    /// Differences that may stay.
    pub explained: Vec<Difference>,
    /// Differences that may not.
    pub unexplained: Vec<Difference>,
    /// Why it could not be compared; a fault of the harness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Compares scenarios, so many at a time, and hands each result on as it comes. Ends early when `stop` is set.
pub fn run(
    sides: &Sides<'_>,
    scenarios: &[&'static Scenario],
    jobs: usize,
    stop: &Stop,
    done: &(dyn Fn(&Compared) + Sync),
) -> Vec<Compared> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Compared)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while !stop.is_set() {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(scenario) = scenarios.get(at) else { return };
                    let compared = compare(sides, scenario);
                    done(&compared);
                    found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, compared));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, compared)| compared).collect()
}

/// One scenario on both sides.
pub fn compare(sides: &Sides<'_>, scenario: &'static Scenario) -> Compared {
    let Sides { release, program, .. } = *sides;
    let mut compared =
        Compared { id: scenario.id, release, explained: Vec::new(), unexplained: Vec::new(), error: None };
    let both = facts(sides.real, scenario, program)
        .and_then(|real| Ok((real, facts(sides.mock, scenario, program)?)));
    match both {
        Ok((real, mock)) => {
            let all = differences(scenario, release, &real, &mock);
            (compared.explained, compared.unexplained) =
                all.into_iter().partition(|difference| difference.reason.is_some());
        }
        Err(error) => compared.error = Some(error),
    }
    compared
}

/// What a scenario shows on a cluster of its own.
pub fn facts(world: &dyn World, scenario: &'static Scenario, program: &Path) -> Result<Facts, String> {
    let settings = if scenario.settings.is_empty() {
        SETTINGS
    } else {
        // A handful of words a scenario, for the time of this process.
        SETTINGS.iter().chain(scenario.settings).copied().collect::<Vec<_>>().leak()
    };
    let wants = Wants { nodes: scenario.nodes, cpus: Some(8), separate: false, settings, recorded: true };
    let cluster = world.start(&wants)?;
    let stage = Stage { cluster: &*cluster, program, scenario };
    let names = Names::of(&stage);
    let facts = stage
        .set_up()
        .map_err(super::play::PlayError::from)
        .and_then(|()| play(&stage))
        .map(|played| {
            // What is still cleaning up is not to be seen half-way.
            cluster.wait_idle(super::scenario::LIMIT_OF_A_HANG);
            observe(&stage, &played, &names)
        })
        .map_err(|error| format!("{} on {}: {error}", scenario.id, world.name()));
    // Residue is the business of the cases; a cluster that was left with a hang is taken down the hard way.
    drop(cluster.stop());
    facts
}
