//! What the keeper of a private cluster starts: written by whoever starts the cluster, read by the keeper.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// File in the cluster's folder.
pub const FILE: &str = "keeper.json";

/// The daemons of a cluster, in the order in which they start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The plimsoll program.
    pub program: PathBuf,
    /// The daemons.
    pub daemons: Vec<DaemonPlan>,
}

/// One daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonPlan {
    /// Its name: `munged`, `slurmctld`, `slurmd-n1`.
    pub name: String,
    /// Its command line.
    pub argv: Vec<String>,
    /// Its working directory.
    pub cwd: PathBuf,
    /// Its environment, whole.
    pub env: Vec<(String, String)>,
    /// Where its output goes.
    pub output: PathBuf,
    /// Whether hybrid cgroups are hidden from it.
    pub isolated: bool,
    /// What is there once it can be talked to; none where nobody has to wait for it.
    pub ready: Option<Ready>,
}

/// What shows that a daemon can be talked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ready {
    /// A socket of this path.
    Socket(PathBuf),
    /// A TCP port of the loopback address.
    Port(u16),
}

impl Plan {
    /// Reads the plan of a cluster's folder.
    pub fn read(dir: &Path) -> std::io::Result<Self> {
        serde_json::from_slice(&std::fs::read(dir.join(FILE))?).map_err(std::io::Error::from)
    }

    /// Writes it there.
    pub fn write(&self, dir: &Path) -> std::io::Result<()> {
        std::fs::write(dir.join(FILE), serde_json::to_vec_pretty(self)?)
    }
}
