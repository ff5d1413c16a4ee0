//! What a mock cluster is made of: written by whoever starts it, read by its daemons.

use std::path::{Path, PathBuf};

use plimsoll_launcher::Release;
use plimsoll_launcher::deviation::Deviation;
use plimsoll_pmi::fault::Fault;
use serde::{Deserialize, Serialize};

/// File in the cluster's folder that holds its [`Setup`].
pub const SETUP_FILE: &str = "mock.json";
/// File in the cluster's folder that its nodes have in the place of /etc/hosts.
pub const HOSTS: &str = "hosts";
/// Socket of the controller in the cluster's folder.
pub const SOCKET: &str = "ctld.sock";
/// CPUs of a node where nothing else is asked: enough for the cases' bursts, whatever the machine has.
pub const DEFAULT_CPUS: u32 = 8;
/// MiB of a node, a number to be shown.
pub const NODE_MEMORY: u64 = 16_384;

/// A mock cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// Its folder.
    pub dir: PathBuf,
    /// The plimsoll program.
    pub program: PathBuf,
    /// Whose behaviour is meant.
    pub release: Release,
    /// Names of the nodes.
    pub nodes: Vec<String>,
    /// CPUs of each.
    pub cpus: u32,
    /// Factor on every time that Slurm waits: KillWait, time limits.
    pub time_scale: f64,
    /// Lines of `slurm.conf` beyond the usual ones.
    pub settings: Vec<(String, String)>,
    /// Whether controller and nodes are processes of their own.
    pub separate: bool,
    /// What the launcher does wrong on purpose, for `plimsoll selftest` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Deviation>,
    /// What the MPI servers do wrong, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mpi_fault: Option<Fault>,
}

impl Setup {
    /// A line of `slurm.conf`, or its default.
    pub fn setting(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value.as_str())
    }

    /// KillWait (30 s unless set), scaled.
    pub fn kill_wait(&self) -> std::time::Duration {
        let seconds = self.setting("KillWait").and_then(|text| text.parse().ok()).unwrap_or(30.0_f64);
        self.scaled(seconds)
    }

    /// UnkillableStepTimeout (60 s unless set), scaled.
    pub fn unkillable(&self) -> std::time::Duration {
        let set = self.setting("UnkillableStepTimeout").and_then(|text| text.parse().ok());
        self.scaled(set.unwrap_or(60.0_f64))
    }

    /// MinJobAge: how long a job that is over is still known. 300 s unless set, and not scaled: it is time for whoever looks
    /// at the job, who is no faster here.
    pub fn min_job_age(&self) -> std::time::Duration {
        let seconds = self.setting("MinJobAge").and_then(|text| text.parse().ok()).unwrap_or(300.0);
        std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }

    /// Seconds of Slurm's as they pass here.
    pub fn scaled(&self, seconds: f64) -> std::time::Duration {
        std::time::Duration::try_from_secs_f64(seconds * self.time_scale).unwrap_or_default()
    }

    /// Whether LaunchParameters holds use_interactive_step; it does unless something else is set.
    pub fn interactive_step(&self) -> bool {
        self.setting("LaunchParameters").is_none_or(|value| value.contains("use_interactive_step"))
    }

    /// MaxArraySize (1001 unless set).
    pub fn max_array_size(&self) -> u32 {
        self.setting("MaxArraySize").and_then(|text| text.parse().ok()).unwrap_or(1001)
    }

    /// SlurmdSpoolDir of a node.
    pub fn spool_dir(&self, node: &str) -> PathBuf {
        self.dir.join("spool").join(node)
    }

    /// The cluster's `slurm.conf`.
    pub fn slurm_conf(&self) -> PathBuf {
        self.dir.join("slurm.conf")
    }

    /// The controller's socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.join(SOCKET)
    }

    /// Reads the setup of a cluster's folder.
    pub fn read(dir: &Path) -> std::io::Result<Self> {
        let text = std::fs::read(dir.join(SETUP_FILE))?;
        serde_json::from_slice(&text).map_err(std::io::Error::from)
    }
}
