//! The end of a cluster of containers, and of those whose owner did not live to take them down.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::docker::docker;
use super::label::{DIR, OWNER, Owner, RUN};
use super::node::gone;
use super::start::Parts;
use crate::real::wait;
use crate::world::Residue;

/// How long the engine may take until a container that was removed is off its network.
const LEAVING: Duration = Duration::from_secs(10);

/// Takes a cluster down, and says what could not be removed.
pub(super) fn take_down(parts: &mut Parts) -> Residue {
    let mut residue = Residue::new();
    std::thread::scope(|scope| {
        let removing: Vec<_> = parts.all().map(|container| scope.spawn(|| container.remove())).collect();
        for thread in removing {
            if let Ok(Err(words)) = thread.join() {
                residue.push(words);
            }
        }
    });
    residue.extend(remove_network(&parts.network).err());
    residue.extend(remove_folder(&parts.dir).err());
    residue
}

fn remove_network(network: &str) -> Result<(), String> {
    let mut words = String::new();
    let removed = wait::until(LEAVING, || match docker(["network", "rm", network]) {
        Ok(_) => true,
        Err(error) => {
            words = error.to_string();
            gone(&words) || words.contains("No such network")
        }
    });
    if removed { Ok(()) } else { Err(words) }
}

fn remove_folder(dir: &Path) -> Result<(), String> {
    match crate::remove::folder(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("{} cannot be removed: {error}", dir.display()))
        }
        _ => Ok(()),
    }
}

/// Removes the containers, networks and folders of clusters whose owner is gone, and names each. For `doctor --clean`;
/// what a living run owns is left alone.
pub fn remove_orphans() -> Result<Vec<String>, String> {
    let mut removed = Vec::new();
    let mut folders = BTreeSet::new();
    let format = format!("{{{{.ID}}}}\t{{{{.Label \"{OWNER}\"}}}}\t{{{{.Label \"{DIR}\"}}}}");
    for (kind, list) in [("container", ["ps", "--all"]), ("network", ["network", "ls"])] {
        let filter = format!("--filter=label={RUN}");
        let found = docker(list.into_iter().chain([filter.as_str(), "--format", format.as_str()]))
            .map_err(|error| error.to_string())?;
        for line in found.lines() {
            let mut fields = line.split('\t');
            let (Some(id), Some(owner), Some(dir)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            let Some(owner) = Owner::read(owner, dir).filter(|owner| !owner.lives()) else { continue };
            if kind == "container" {
                docker(["rm", "--force", id]).map(drop).or_else(|error| {
                    let words = error.to_string();
                    if gone(&words) { Ok(()) } else { Err(words) }
                })?;
            } else {
                remove_network(id)?;
            }
            removed.push(format!("{kind} {id} of a run that is gone (process {})", owner.pid));
            folders.insert(owner.dir);
        }
    }
    for dir in folders.into_iter().filter(|dir| dir.exists()) {
        remove_folder(&dir)?;
        removed.push(format!("folder {}", dir.display()));
    }
    Ok(removed)
}
