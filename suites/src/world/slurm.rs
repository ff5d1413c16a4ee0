//! The world `slurm`: private clusters of the Slurm that is installed here.

use std::path::PathBuf;
use std::sync::Arc;

use plimsoll_cluster::real::version::Version;
use plimsoll_cluster::slurm::{Private, PrivateConfig};
use plimsoll_cluster::world::{Cluster, Residue};

use super::{Pool, World, folder};
use crate::case::Wants;
use crate::machine::Machine;

/// Private clusters, kept between cases.
#[derive(Debug)]
pub struct SlurmWorld {
    /// The plimsoll program, which keeps the daemons.
    pub program: PathBuf,
    /// The Slurm that is installed here.
    pub version: Version,
    /// Who runs what.
    pub machine: Machine,
    /// Nodes, at least.
    pub nodes: usize,
    /// Clusters between two cases.
    pub pool: Arc<Pool>,
}

impl World for SlurmWorld {
    fn name(&self) -> &'static str {
        "slurm"
    }

    fn refuses(&self, wants: &Wants) -> Option<String> {
        super::authenticates_otherwise(wants)
    }

    fn start(&self, wants: &Wants) -> Result<Box<dyn Cluster>, String> {
        let wants = Wants { nodes: self.nodes.max(wants.nodes), ..*wants };
        self.pool.lease(&wants, || {
            let config = PrivateConfig {
                program: self.program.clone(),
                parent: folder(),
                version: self.version,
                nodes: wants.nodes,
                cpus: wants.cpus,
                user: self.machine.user.clone(),
                settings: wants.owned_settings(),
            };
            match Private::start(&config) {
                Ok(cluster) => Ok(Box::new(cluster)),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn notes(&self) -> Vec<String> {
        let lacks = self.version.lacks();
        let words = if lacks.is_empty() { String::new() } else { format!("; it lacks {}", lacks.join(", ")) };
        vec![format!("private clusters of Slurm {}{words}", self.version)]
    }

    fn finish(&self) -> Residue {
        self.pool.finish()
    }
}
