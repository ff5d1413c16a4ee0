//! What runs on a node beside the node itself: step daemons, runtimes, tasks, clients that were left. For the agent inside,
//! which sees the processes of its container alone.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::order::Process;
use crate::procs;
use crate::real::wait;

/// The processes that a node consists of, by the names that the kernel knows them by: the engine's init, and daemons. A
/// controller's helper has a name of its own from 22.05 on.
const NODE: [&str; 6] = ["docker-init", "tini", "munged", "slurmctld", "slurmd", "slurmscriptd"];
/// How long killed processes may take to go; a kernel that is stuck takes longer.
const GOING: Duration = Duration::from_secs(3);

/// Finds them.
pub fn find() -> Vec<Process> {
    let own = std::process::id().cast_signed();
    procs::living()
        .filter(|&pid| pid != 1 && pid != own)
        .filter(|pid| {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            !name.is_empty() && !NODE.contains(&name.trim_end())
        })
        .map(|pid| Process { pid, command: procs::command_line(pid) })
        .collect()
}

/// Kills them, and gives those that are left.
pub fn end() -> Vec<Process> {
    let mut left = find();
    wait::until(GOING, || {
        for process in &left {
            // One that has gone meanwhile is no loss.
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
        left = find();
        left.is_empty()
    });
    left
}
