//! The world `containers`: a real release from one of our images, its nodes containers.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use plimsoll_cluster::containers::{Containers, Wanted};
use plimsoll_cluster::setup::DEFAULT_CPUS;
use plimsoll_cluster::world::{Cluster, Residue};
use plimsoll_launcher::Release;

use super::{Pool, World, folder};
use crate::case::Wants;
use crate::machine::Machine;
use crate::need::{Answers, Found, Need};

/// Clusters of containers, kept between cases.
#[derive(Debug)]
pub struct ContainersWorld {
    /// The plimsoll program, where the user can run it.
    pub program: PathBuf,
    /// The release that runs.
    pub release: Release,
    /// Who runs what.
    pub machine: Machine,
    /// Nodes, at least.
    pub nodes: usize,
    /// Clusters between two cases.
    pub pool: Arc<Pool>,
    /// What a node meets, once one was asked.
    pub answers: OnceLock<Result<Answers, String>>,
}

/// The cluster whose node is asked what it meets: the one that most cases want.
const PLAIN: Wants = Wants { nodes: 1, cpus: None, separate: false, settings: &[], recorded: false };

impl World for ContainersWorld {
    fn name(&self) -> &'static str {
        "containers"
    }

    fn refuses(&self, wants: &Wants) -> Option<String> {
        super::authenticates_otherwise(wants)
    }

    fn start(&self, wants: &Wants) -> Result<Box<dyn Cluster>, String> {
        let wants = Wants { nodes: self.nodes.max(wants.nodes), ..*wants };
        self.pool.lease(&wants, || {
            let wanted = Wanted {
                program: self.program.clone(),
                parent: folder(),
                nodes: wants.nodes,
                cpus: wants.cpus.unwrap_or(DEFAULT_CPUS),
                release: self.release,
                user: self.machine.user.clone(),
                settings: wants.owned_settings(),
            };
            match Containers::start(&wanted) {
                Ok(cluster) => Ok(Box::new(cluster)),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    /// A node is asked, not this machine: what is installed, mounted and allowed there is another matter.
    fn probe(&self, need: Need, machine: &Machine) -> Found {
        if matches!(need, Need::Root | Need::Unprivileged) {
            // Who runs the harness and the commands is the same inside.
            return need.probe(machine);
        }
        match self.answers.get_or_init(|| self.ask()) {
            Ok(answers) => answers.of(need),
            Err(cause) => Found { met: false, what: format!("a node could not be asked: {cause}") },
        }
    }

    fn finish(&self) -> Residue {
        self.pool.finish()
    }
}

impl ContainersWorld {
    fn ask(&self) -> Result<Answers, String> {
        let cluster = self.start(&PLAIN)?;
        let program = self.program.to_string_lossy();
        let asked =
            cluster.command(&program).args(["needs", &self.machine.user.name]).current_dir("/").output();
        let said = asked.map_err(|cause| cause.to_string()).and_then(|output| {
            Answers::read(&output.stdout)
                .map_err(|cause| format!("{cause}: {}", String::from_utf8_lossy(&output.stderr)))
        });
        // What this cluster leaves behind it says when it is taken down.
        let _ = cluster.stop();
        said
    }
}
