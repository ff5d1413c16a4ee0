//! What a live cluster says of itself to anybody who asks.

use std::path::PathBuf;
use std::process::Command;

use crate::real::control::Control;
use crate::real::version::{Version, VersionError};

/// A live cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The version of its client commands here.
    pub version: Version,
    /// Names of the nodes that can take a job, in the partition that was asked for or the default one.
    pub nodes: Vec<String>,
    /// Its `slurm.conf`.
    pub slurm_conf: PathBuf,
    /// SlurmdSpoolDir, with its patterns.
    pub spool: String,
}

/// Why a live cluster cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// There are no client commands.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Its controller does not answer.
    #[error("the cluster does not answer: {0}; set SLURM_CONF, or log in where srun works")]
    Silent(String),
    /// No node can take a job.
    #[error("no node of {0} can take a job now; name another one with --partition")]
    NoNodes(String),
}

impl Site {
    /// Asks the cluster whose commands are on PATH.
    pub fn ask(partition: Option<&str>) -> Result<Self, SiteError> {
        let version = Version::of("srun")?;
        let command = |program: &str| Command::new(program);
        let control = Control::new(&command);
        let config = control.ask("scontrol", &["show", "config"]).map_err(SiteError::Silent)?;
        let value = |key: &str| {
            let of = |line: &str| {
                line.strip_prefix(key)?.trim_start().strip_prefix('=').map(|v| v.trim().to_owned())
            };
            config.lines().find_map(of).unwrap_or_default()
        };
        let mut words = vec!["-h", "-N", "-t", "idle,alloc,mix", "-o", "%N %P"];
        words.extend(partition.map(|name| ["-p", name]).into_iter().flatten());
        let listed = control.ask("sinfo", &words).map_err(SiteError::Silent)?;
        // The default partition has a star behind its name.
        let ours = |line: &&str| partition.is_some() || line.ends_with('*');
        let nodes = listed
            .lines()
            .filter(ours)
            .filter_map(|line| line.split_once(' '))
            .map(|(node, _)| node.to_owned());
        let nodes: Vec<String> = nodes.collect();
        if nodes.is_empty() {
            let place =
                partition.map_or("the default partition".to_owned(), |name| format!("partition {name}"));
            return Err(SiteError::NoNodes(place));
        }
        Ok(Self { version, nodes, slurm_conf: value("SLURM_CONF").into(), spool: value("SlurmdSpoolDir") })
    }

    /// The `oci.conf` beside its `slurm.conf`, which every node has a copy of.
    pub fn oci_conf(&self) -> PathBuf {
        self.slurm_conf.with_file_name("oci.conf")
    }

    /// SlurmdSpoolDir of a node.
    pub fn spool_dir(&self, node: &str) -> PathBuf {
        self.spool.replace("%n", node).replace("%h", node).into()
    }
}
