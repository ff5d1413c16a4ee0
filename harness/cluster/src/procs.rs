//! Processes of this machine as `/proc` shows them: who descends from whom, and an end for all of them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use signal_hook::consts::SIGCHLD;
use signal_hook::iterator::Signals;

/// What is needed of `/proc/PID/stat`.
struct Stat {
    parent: i32,
    start: u64,
}

/// None when the process has gone meanwhile, or is a zombie.
fn stat_of(pid: i32) -> Option<Stat> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so that fields count from the last one: the third is the state.
    let mut fields = line.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    // The 22nd field of proc(5).
    let start = fields.nth(17)?.parse().ok()?;
    (state != "Z" && state != "X").then_some(Stat { parent, start })
}

fn parent_of(pid: i32) -> Option<i32> {
    stat_of(pid).map(|stat| stat.parent)
}

/// When a process started, in clock ticks since the machine's start; none where there is none, or only a zombie.
pub fn start_of(pid: i32) -> Option<u64> {
    stat_of(pid).map(|stat| stat.start)
}

/// Children of a process as the kernel lists them, zombies included; none where it keeps no such list
/// (CONFIG_PROC_CHILDREN).
fn listed_children(pid: i32) -> Option<Vec<i32>> {
    let mut found = Vec::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        // A thread that has just ended has none.
        let list = match fs::read_to_string(thread.path().join("children")) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && thread.path().exists() => {
                return None;
            }
            list => list.unwrap_or_default(),
        };
        found.extend(list.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
    }
    Some(found)
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

/// Every living process that descends from `root`, without it; each behind its parent. The list is read while it changes:
/// one that gets another parent meanwhile can be missing, so that who must have all of them asks again.
pub fn descendants(root: i32) -> Vec<i32> {
    let Some(mut found) = listed_children(root) else { return descendants_by_parents(root) };
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        found.extend(listed_children(pid).unwrap_or_default());
        next += 1;
    }
    found.retain(|&pid| parent_of(pid).is_some());
    found
}

/// The same from the parents of all processes of the machine.
fn descendants_by_parents(root: i32) -> Vec<i32> {
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

/// Lets what loses its parent below this process become a child of this process, so that [`of_own_cluster`] finds it, and
/// takes note of the end of daemons among them, as init would: Podman waits for its monitor until it is gone for good.
///
/// Which child was adopted cannot be asked. One that leads a session was: what is started here either stays in this session
/// or leads a process group, which cannot begin a session; the rest is named to [`spare`].
pub fn adopt_orphans() {
    static ONCE: Once = Once::new();
    // A kernel from before this call leaves them to init, where only the whole machine's list shows them.
    let _ = nix::sys::prctl::set_child_subreaper(true);
    ONCE.call_once(|| {
        let Ok(mut signals) = Signals::new([SIGCHLD]) else { return };
        std::thread::spawn(move || {
            for _ in signals.forever() {
                reap_sessions();
            }
        });
    });
}

/// Children whose end somebody here waits for, though they may lead a session.
static SPARED: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// Leaves the end of this child to whoever started it.
pub fn spare(pid: i32) {
    SPARED.lock().unwrap_or_else(PoisonError::into_inner).push(pid);
}

fn reap_sessions() {
    for pid in listed_children(std::process::id().cast_signed()).unwrap_or_default() {
        let spared = SPARED.lock().unwrap_or_else(PoisonError::into_inner).contains(&pid);
        if !spared && leads_session_as_zombie(pid) {
            let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
        }
    }
}

fn leads_session_as_zombie(pid: i32) -> bool {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((_, fields)) = line.rsplit_once(')') else { return false };
    let mut fields = fields.split_whitespace();
    // State, parent, process group, session: fields 3 to 6 of proc(5).
    fields.next() == Some("Z") && fields.nth(2).is_some_and(|session| session.parse() == Ok(pid))
}

/// First arguments of our own daemons, and of our own runtimes, whose environment a site may have emptied: they name their
/// cluster's folder behind it.
const DAEMONS: [&[u8]; 7] = [b"mockd", b"stepd", b"mpid", b"keeper", b"runtime", b"faulty", b"record"];

/// The processes of a cluster, by its folder: those that have it in their environment, as everything that a job starts
/// does, and its daemons. Somebody's `tail -f` of a log there is not one of them.
pub fn of_cluster(dir: &Path) -> Vec<i32> {
    let own = std::process::id().cast_signed();
    all().filter(|&pid| pid != own && parent_of(pid).is_some() && belongs_to(pid, dir)).collect()
}

/// The same among the descendants of this process, which started the cluster and has called [`adopt_orphans`]. The
/// machine's other processes are not looked into: there may be thousands, and this is asked once a case. For a cluster
/// whose daemons have ended, so that nothing changes its parent any more.
pub fn of_own_cluster(dir: &Path) -> Vec<i32> {
    descendants(std::process::id().cast_signed()).into_iter().filter(|&pid| belongs_to(pid, dir)).collect()
}

fn belongs_to(pid: i32, dir: &Path) -> bool {
    let needle = dir.as_os_str().as_encoded_bytes();
    let names = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let is_daemon = || {
        let line = read("cmdline");
        line.split(|byte| *byte == 0).nth(1).is_some_and(|word| DAEMONS.contains(&word)) && names(&line)
    };
    names(&read("environ")) || is_daemon()
}

/// The name that a process has given itself, at most 15 bytes of it; empty when it has gone.
pub fn name(pid: i32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()
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
    fn a_daemon_that_was_adopted_does_not_stay_a_zombie() {
        adopt_orphans();
        let output =
            Command::new("sh").args(["-c", "setsid sh -c 'sleep 0.1' >/dev/null & echo $!"]).output();
        let pid: i32 = String::from_utf8(output.unwrap().stdout).unwrap().trim().parse().unwrap();
        let (within, pause) = (std::time::Duration::from_secs(10), std::time::Duration::from_millis(5));
        assert!(crate::wait::until(within, pause, || !Path::new(&format!("/proc/{pid}")).exists()));
    }

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
        let own = std::process::id().cast_signed();
        assert!(descendants(own).contains(&pid) && descendants_by_parents(own).contains(&pid));
        assert_eq!(of_cluster(dir.path()), [pid]);
        assert_eq!(of_own_cluster(dir.path()), [pid]);
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!children().contains(&pid));
    }
}
