//! Where cases run: something that starts a cluster for each of them.

use std::path::PathBuf;

use plimsoll_cluster::world::Cluster;
use plimsoll_launcher::Release;

use crate::case::Wants;
use crate::machine::Machine;

/// Starts clusters.
pub trait World: Sync {
    /// `mock`, `slurm`, `containers` or `attach`.
    fn name(&self) -> &'static str;
    /// Starts a cluster as a case wants it; the error is one sentence.
    fn start(&self, wants: &Wants) -> Result<Box<dyn Cluster>, String>;
}

/// The mock: a cluster of its own for each case.
#[derive(Clone, Debug)]
pub struct MockWorld {
    /// The plimsoll program, which is every part of the mock.
    pub program: PathBuf,
    /// What the mock behaves like.
    pub release: Release,
    /// Who runs what.
    pub machine: Machine,
    /// Nodes, at least.
    pub nodes: usize,
    /// Factor on every time that Slurm waits.
    pub time_scale: f64,
}

impl MockWorld {
    /// Whether the mock can be started yet.
    pub const BUILT: bool = false;
}

impl World for MockWorld {
    fn name(&self) -> &'static str {
        "mock"
    }

    fn start(&self, wants: &Wants) -> Result<Box<dyn Cluster>, String> {
        let _ = (wants, &self.program);
        Err("the mock is not built yet".to_owned())
    }
}
