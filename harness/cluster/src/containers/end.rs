//! The end of a cluster of containers, and of those whose owner did not live to take them down.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::docker::{DockerError, docker};
use super::label::{DIR, Label, OWNER, RUN};
use super::node::gone;
use super::start::Parts;
use crate::leftover::{Cleaned, Owner};
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

/// Removes the containers and networks of clusters whose owner is gone, with their folders. For `doctor --clean`; what a living
/// run owns is left alone. The error says why the engine could not be asked.
pub fn clean() -> Result<Vec<Cleaned>, DockerError> {
    let mut cleaned = Vec::new();
    let mut folders = BTreeMap::new();
    let format = format!("{{{{.ID}}}}\t{{{{.Label \"{OWNER}\"}}}}\t{{{{.Label \"{DIR}\"}}}}");
    let filter = format!("--filter=label={RUN}");
    // Containers first, since a network goes only without them.
    for (kind, list) in [("container", ["ps", "--all"]), ("network", ["network", "ls"])] {
        let found = docker(list.into_iter().chain([filter.as_str(), "--format", format.as_str()]));
        for line in found?.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [id, owner, dir] = fields[..] else { continue };
            let Some(label) = Label::read(owner, dir).filter(|label| !label.owner.lives()) else { continue };
            let removed = if kind == "container" { remove_container(id) } else { remove_network(id) };
            let what = format!("{kind} {id} of a run that is gone (process {})", label.owner.pid);
            cleaned.push(Cleaned { what, problem: removed.err() });
            folders.insert(label.dir, label.owner);
        }
    }
    for (dir, owner) in folders {
        // A label is anybody's to write: only a folder that names the same owner itself is removed.
        if Owner::of(&dir).as_ref() == Some(&owner) {
            cleaned.push(Cleaned {
                what: format!("folder {}", dir.display()),
                problem: remove_folder(&dir).err(),
            });
        }
    }
    Ok(cleaned)
}

pub(super) fn remove_container(id: &str) -> Result<(), String> {
    match docker(["rm", "--force", id]) {
        Ok(_) => Ok(()),
        // It goes by itself at its end, which may come first.
        Err(error) if gone(&error.to_string()) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}
