//! Where cases run: something that starts a cluster for each of them.

mod attach;
mod containers;
mod pool;
mod slurm;

use std::path::PathBuf;

use plimsoll_cluster::mock::{Mock, MockConfig, Wrong};
use plimsoll_cluster::world::{Cluster, Residue};
use plimsoll_launcher::Release;

use crate::case::Wants;
use crate::machine::Machine;
use crate::need::{Found, Need};

pub use attach::AttachWorld;
pub use containers::ContainersWorld;
pub use pool::Pool;
pub use slurm::SlurmWorld;

/// Starts clusters.
pub trait World: Sync {
    /// `mock`, `slurm`, `containers` or `attach`.
    fn name(&self) -> &'static str;
    /// Starts a cluster as a case wants it; the error is one sentence.
    fn start(&self, wants: &Wants) -> Result<Box<dyn Cluster>, String>;
    /// Why a case cannot have the cluster that it wants, where it cannot; the case is then unsupported.
    fn refuses(&self, _wants: &Wants) -> Option<String> {
        None
    }
    /// Whether a need is met where cases run; this machine is asked, unless they run elsewhere.
    fn probe(&self, need: Need, machine: &Machine) -> Found {
        need.probe(machine)
    }
    /// What there is to say of its clusters before the first case runs.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
    /// Takes down what was kept between cases; what was left behind, each a sentence.
    fn finish(&self) -> Residue {
        Residue::new()
    }
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

impl World for MockWorld {
    fn name(&self) -> &'static str {
        "mock"
    }

    fn start(&self, wants: &Wants) -> Result<Box<dyn Cluster>, String> {
        self.start_wrong(wants, Wrong::default())
    }
}

impl MockWorld {
    /// Starts a cluster that does something wrong on purpose.
    pub fn start_wrong(&self, wants: &Wants, wrong: Wrong) -> Result<Box<dyn Cluster>, String> {
        let config = MockConfig {
            program: self.program.clone(),
            parent: folder(),
            nodes: self.nodes.max(wants.nodes),
            cpus: wants.cpus,
            release: self.release,
            user: self.machine.user.clone(),
            separate: wants.separate,
            time_scale: self.time_scale,
            settings: wants.owned_settings(),
        };
        match Mock::start_wrong(&config, wrong) {
            Ok(mock) => Ok(Box::new(mock)),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Every place where folders of clusters may be, for whoever looks for what was left behind.
pub fn folders() -> Vec<PathBuf> {
    vec![folder(), PathBuf::from("/dev/shm"), std::env::temp_dir()]
}

/// Where clusters' folders go: on a memory file system where the machine has one that everybody may write to, since a
/// cluster is hundreds of small files that live for a moment. `PLIMSOLL_TMPDIR` chooses another place.
fn folder() -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    if let Some(place) = std::env::var_os("PLIMSOLL_TMPDIR") {
        return place.into();
    }
    let memory = PathBuf::from("/dev/shm");
    let open = std::fs::metadata(&memory).is_ok_and(|meta| meta.permissions().mode() & 0o1777 == 0o1777);
    // Docker mounts it so that nothing on it can be executed.
    let runs = nix::sys::statvfs::statvfs(&memory)
        .is_ok_and(|fs| !fs.flags().contains(nix::sys::statvfs::FsFlags::ST_NOEXEC));
    if open && runs { memory } else { std::env::temp_dir() }
}

/// Clusters of real daemons are started with munge, which is all that they have.
fn authenticates_otherwise(wants: &Wants) -> Option<String> {
    let (_, kind) = wants.settings.iter().find(|(key, _)| *key == "AuthType")?;
    Some(format!("it wants AuthType={kind}, and the daemons of this world are started with munge"))
}
