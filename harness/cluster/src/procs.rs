//! Processes of this machine as `/proc` shows them: who descends from whom, and an end for all of them.

use std::collections::{HashMap, HashSet};
use std::fs;

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

/// Processes that name `needle` in their environment or command line, this one and its ancestors apart.
pub fn mentioning(needle: &[u8]) -> Vec<i32> {
    let own = std::process::id().cast_signed();
    let names = |pid: i32, file: &str| {
        fs::read(format!("/proc/{pid}/{file}"))
            .is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    };
    all()
        .filter(|&pid| pid != own && parent_of(pid).is_some())
        .filter(|&pid| names(pid, "environ") || names(pid, "cmdline"))
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
        let mark = format!("plimsoll-procs-test-{}", std::process::id());
        let mut child =
            Command::new("sleep").arg("60").env("MARK", &mark).stdin(Stdio::null()).spawn().unwrap();
        let pid = child.id().cast_signed();
        assert!(children().contains(&pid));
        assert!(descendants(std::process::id().cast_signed()).contains(&pid));
        assert_eq!(mentioning(mark.as_bytes()), [pid]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!children().contains(&pid));
    }
}
