//! Processes of this machine as `/proc` shows them: who descends from whom, and an end for all of them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process and its parent, from `/proc/PID/stat`. None when it has gone meanwhile, or is a zombie.
fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so that fields count from the last one.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (state != "Z" && state != "X").then_some(parent)
}

fn all() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Every process that is not a zombie.
pub fn living() -> impl Iterator<Item = i32> {
    all().filter(|&pid| parent_of(pid).is_some())
}

/// Every living process that descends from `root`, without it.
pub fn descendants(root: i32) -> Vec<i32> {
    let parents: HashMap<i32, i32> = all().filter_map(|pid| Some((pid, parent_of(pid)?))).collect();
    let mut found: Vec<i32> = Vec::new();
    let mut known: HashSet<i32> = HashSet::from([root]);
    loop {
        let before = found.len();
        for (&pid, parent) in &parents {
            if known.contains(parent) && known.insert(pid) {
                found.push(pid);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// The living children of this process.
pub fn children() -> Vec<i32> {
    let own = std::process::id().cast_signed();
    all().filter(|&pid| parent_of(pid) == Some(own)).collect()
}

/// Sends a signal to every descendant of `root`; says whether there was any.
pub fn signal_descendants(root: i32, signal: Signal) -> bool {
    let pids = descendants(root);
    for pid in &pids {
        // One that has gone meanwhile is no loss.
        let _ = kill(Pid::from_raw(*pid), signal);
    }
    !pids.is_empty()
}

/// First arguments of our own daemons, which name their cluster's folder behind it.
const DAEMONS: [&[u8]; 3] = [b"mockd", b"stepd", b"keeper"];

/// The processes of a cluster, by its folder: those that have it in their environment, as everything that a job starts
/// does, and its daemons. Somebody's `tail -f` of a log there is not one of them.
pub fn of_cluster(dir: &Path) -> Vec<i32> {
    let own = std::process::id().cast_signed();
    let needle = dir.as_os_str().as_encoded_bytes();
    let names = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let read = |pid: i32, file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let is_daemon = |pid: i32| {
        let line = read(pid, "cmdline");
        line.split(|byte| *byte == 0).nth(1).is_some_and(|word| DAEMONS.contains(&word)) && names(&line)
    };
    all()
        .filter(|&pid| pid != own && parent_of(pid).is_some())
        .filter(|&pid| names(&read(pid, "environ")) || is_daemon(pid))
        .collect()
}

/// A process's command line, for messages.
pub fn command_line(pid: i32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end_matches('\0').replace('\0', " ")
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_child_is_found_by_its_parent_and_by_its_environment() {
        let dir = tempfile::tempdir().unwrap();
        let start = |command: &mut Command| command.stdin(Stdio::null()).spawn().unwrap();
        let mut child =
            start(Command::new("sleep").arg("60").env("SLURM_CONF", dir.path().join("slurm.conf")));
        let mut stranger =
            start(Command::new("tail").arg("-f").arg("/dev/null").arg(dir.path().join("none")));
        let pid = child.id().cast_signed();
        assert!(children().contains(&pid));
        assert!(descendants(std::process::id().cast_signed()).contains(&pid));
        assert_eq!(of_cluster(dir.path()), [pid]);
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!children().contains(&pid));
    }
}
