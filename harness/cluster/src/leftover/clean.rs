//! Finding and removing what killed runs left behind.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::mount::{MntFlags, umount2};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use super::owner::{Owner, PREFIX};
use crate::real::wait;
use crate::{procs, remove};

/// How long killed processes may take to be gone; only a stuck kernel takes longer.
const ENDING: Duration = Duration::from_secs(5);

/// Something that was left, and what came of removing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// What it was, in a few words with its path or name.
    pub what: String,
    /// Why it is still there, where it is.
    pub problem: Option<String>,
}

/// Removes everything in `parents` whose owner is gone, with its processes and mounts. An ordinary user's run removes that
/// user's own only.
pub fn clean(parents: &[PathBuf]) -> Vec<Cleaned> {
    let entries = parents.iter().flat_map(|parent| fs::read_dir(parent).into_iter().flatten().flatten());
    let mut dirs: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|dir| is_left(dir)).collect();
    dirs.sort();
    dirs.dedup();
    dirs.iter().map(|dir| remove_all(dir)).collect()
}

fn is_left(dir: &Path) -> bool {
    let Ok(data) = fs::symlink_metadata(dir) else { return false };
    let ours = geteuid().is_root() || data.uid() == geteuid().as_raw();
    // Processes are found by this name in their environment, so that a short one of somebody's own making would find many.
    let ours = ours && dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    data.is_dir() && ours && Owner::of(dir).is_some_and(|owner| !owner.lives())
}

fn remove_all(dir: &Path) -> Cleaned {
    let what = Owner::of(dir).map_or_else(String::new, |owner| owner.what);
    let mut ended = 0;
    let gone = wait::until(ENDING, || {
        let pids = procs::of_cluster(dir);
        ended = ended.max(pids.len());
        for pid in &pids {
            // One that has gone meanwhile is no loss.
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        pids.is_empty()
    });
    let unmounted = unmount_below(dir);
    let removed = remove::folder(dir);
    let problem = match removed {
        // Its own keeper may have been faster.
        _ if !dir.exists() => None,
        Err(error) => Some(error.to_string()),
        Ok(()) => Some("it came back".to_owned()),
    };
    let problem = if gone { problem } else { Some("its processes do not end".to_owned()) };
    let what = format!("{} ({what}; processes ended: {ended}, mounts undone: {unmounted})", dir.display());
    Cleaned { what, problem }
}

/// Undoes every mount below a folder of ours, the innermost first.
fn unmount_below(dir: &Path) -> usize {
    let below = format!("{}/", dir.display());
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points =
        mounts.lines().filter_map(|line| line.split(' ').nth(4)).filter(|point| point.starts_with(&below));
    let mut points: Vec<&str> = points.collect();
    points.reverse();
    points.iter().filter(|point| umount2(**point, MntFlags::MNT_DETACH).is_ok()).count()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::super::owner::{MARKER, mark};
    use super::*;

    #[test]
    fn what_a_dead_owner_left_goes_with_its_processes_and_nothing_else_does() {
        let parent = tempfile::tempdir().unwrap();
        let [living, left, strange] =
            ["plimsoll-a", "plimsoll-b", "plimsoll-c"].map(|name| parent.path().join(name));
        for dir in [&living, &left, &strange] {
            fs::create_dir(dir).unwrap();
        }
        mark(&living, "mock").unwrap();
        let dead = Owner { start: 1, ..Owner::this("slurm") };
        fs::write(left.join(MARKER), serde_json::to_vec(&dead).unwrap()).unwrap();
        let conf = left.join("slurm.conf");
        let mut child =
            Command::new("sleep").arg("60").env("SLURM_CONF", conf).stdin(Stdio::null()).spawn().unwrap();
        let cleaned = clean(&[parent.path().to_owned()]);
        assert_eq!(cleaned.len(), 1, "{cleaned:?}");
        assert_eq!(cleaned[0].problem, None);
        assert!(cleaned[0].what.contains("slurm; processes ended: 1"), "{cleaned:?}");
        assert!(living.exists() && strange.exists() && !left.exists());
        child.wait().unwrap();
    }
}
