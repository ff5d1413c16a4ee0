//! The world `attach`: the live cluster whose srun is on PATH, within the limits that were set.

use plimsoll_cluster::attach::{Attached, Options, Site};
use plimsoll_cluster::world::Cluster;
use plimsoll_launcher::Release;

use super::World;
use crate::case::Wants;
use crate::machine::Machine;

/// A live cluster.
#[derive(Debug)]
pub struct AttachWorld {
    /// What may be used of it.
    pub options: Options,
    /// What it says of itself.
    pub site: Site,
    /// The release that is meant.
    pub release: Release,
    /// Who runs what.
    pub machine: Machine,
}

impl World for AttachWorld {
    fn name(&self) -> &'static str {
        "attach"
    }

    fn refuses(&self, wants: &Wants) -> Option<String> {
        let (most, there) = (self.options.nodes, self.site.nodes.len());
        if let Some((key, _)) = wants.settings.first() {
            return Some(format!(
                "it wants {key} changed, and slurm.conf of a live cluster is its administrator's"
            ));
        }
        if wants.separate {
            return Some("it kills daemons, and those of a live cluster are not killed".to_owned());
        }
        if wants.recorded {
            return Some(
                "it needs the recorder in oci.conf, which of a live cluster is its administrator's"
                    .to_owned(),
            );
        }
        if let Some(cpus) = wants.cpus {
            return Some(format!(
                "it wants nodes of {cpus} CPUs, and those of a live cluster are as they are"
            ));
        }
        if wants.nodes > most.min(there) {
            return Some(format!(
                "it wants {} nodes; the run may use {most} (--nodes), and {there} can take a job",
                wants.nodes
            ));
        }
        None
    }

    fn notes(&self) -> Vec<String> {
        let Options { shared, minutes, nodes, .. } = &self.options;
        let (version, shared) = (self.site.version, shared.display());
        vec![format!(
            "the live cluster of Slurm {version}: one case at a time, jobs of at most {nodes} node(s) and {minutes} minute(s), \
             files in {shared}"
        )]
    }

    fn start(&self, _wants: &Wants) -> Result<Box<dyn Cluster>, String> {
        match Attached::new(&self.options, &self.site, self.release, &self.machine.user) {
            Ok(cluster) => Ok(Box::new(cluster)),
            Err(cause) => Err(format!(
                "cannot make a folder in {}: {cause}; name one with --shared that is yours and that every node sees",
                self.options.shared.display()
            )),
        }
    }
}
