//! `plimsoll doctor --clean`: finds what killed runs left behind, and removes it.

use plimsoll_cluster::containers;
use plimsoll_cluster::leftover::{self, Cleaned};
use plimsoll_record::exit;
use plimsoll_suites::world;

use super::out;

/// Removes everything whose owner is gone, and says what. Exits with 0 when nothing is left, else with 3.
pub fn run() -> i32 {
    // Containers first: their folders are mounted in them.
    let mut cleaned = of_containers();
    cleaned.extend(leftover::clean(&world::folders()));
    for Cleaned { what, problem } in &cleaned {
        match problem {
            None => out::line(format_args!("removed {what}")),
            Some(problem) => out::line(format_args!("cannot remove {what}: {problem}")),
        }
    }
    if cleaned.is_empty() {
        out::line("nothing was left behind");
    }
    if cleaned.iter().any(|one| one.problem.is_some()) { exit::BROKEN } else { 0 }
}

/// Containers and networks, where there is an engine to ask; without one there are none.
fn of_containers() -> Vec<Cleaned> {
    containers::clean().unwrap_or_else(|cause| {
        out::line(format_args!("containers were not looked for: {cause}"));
        Vec::new()
    })
}
