//! Clusters that cost something, kept between cases: a case gets one that is as it wants it, and gives it back when it ends.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use plimsoll_cluster::real::reset::Reusable;
use plimsoll_cluster::world::{Cluster, Daemon, Disturbance, Residue};
use plimsoll_launcher::Release;
use plimsoll_launcher::step::User;

use crate::case::Wants;

/// Two cases with the same key can have the same cluster, one after the other.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    nodes: usize,
    cpus: Option<u32>,
    settings: &'static [(&'static str, &'static str)],
}

impl Key {
    fn of(wants: &Wants) -> Self {
        Self { nodes: wants.nodes, cpus: wants.cpus, settings: wants.settings }
    }
}

/// What is kept.
#[derive(Default)]
struct Kept {
    /// Clusters that no case has, the one that was given back last at the end.
    idle: Vec<(Key, Box<dyn Reusable>)>,
    /// What taking clusters down left behind.
    residue: Residue,
}

/// Clusters between two cases.
pub struct Pool {
    kept: Mutex<Kept>,
    most: usize,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool that keeps `most` clusters while no case has them: as many as there are cases at the same time.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { kept: Mutex::default(), most: most.max(1) })
    }

    /// A cluster for a case: a kept one, or a new one.
    pub fn lease(
        self: &Arc<Self>,
        wants: &Wants,
        start: impl FnOnce() -> Result<Box<dyn Reusable>, String>,
    ) -> Result<Box<dyn Cluster>, String> {
        let key = Key::of(wants);
        let found = {
            let mut kept = self.lock();
            // A controller that is killed forgets the last seconds, and takes jobs of cases before for running ones.
            let at = kept.idle.iter().rposition(|(have, _)| *have == key && !wants.separate);
            at.map(|at| kept.idle.remove(at).1)
        };
        let cluster = match found {
            Some(cluster) => cluster,
            None => start()?,
        };
        Ok(Box::new(Lease { cluster: Some(cluster), key, pool: Arc::clone(self), once: wants.separate }))
    }

    /// Takes every kept cluster down; what was left behind, each a sentence.
    pub fn finish(&self) -> Residue {
        let Kept { idle, mut residue } = std::mem::take(&mut *self.lock());
        residue.extend(idle.into_iter().flat_map(|(_, cluster)| cluster.stop()));
        residue
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, key: Key, cluster: Box<dyn Reusable>) {
        let oldest = {
            let mut kept = self.lock();
            kept.idle.push((key, cluster));
            (kept.idle.len() > self.most).then(|| kept.idle.remove(0).1)
        };
        if let Some(oldest) = oldest {
            let left = oldest.stop();
            self.lock().residue.extend(left);
        }
    }
}

/// A cluster in a case's hands.
struct Lease {
    /// There until the case gives it back.
    cluster: Option<Box<dyn Reusable>>,
    key: Key,
    pool: Arc<Pool>,
    /// Whether no other case is to have it: one that is about the loss of daemons wants a cluster without a history.
    once: bool,
}

impl Lease {
    fn cluster(&self) -> &dyn Cluster {
        // It is taken only by what consumes the lease.
        self.cluster.as_deref().unwrap_or_else(|| unreachable!("a lease without a cluster"))
    }
}

impl Cluster for Lease {
    fn world(&self) -> &'static str {
        self.cluster().world()
    }

    fn release(&self) -> Release {
        self.cluster().release()
    }

    fn nodes(&self) -> &[String] {
        self.cluster().nodes()
    }

    fn user(&self) -> &User {
        self.cluster().user()
    }

    fn command(&self, program: &str) -> Command {
        self.cluster().command(program)
    }

    fn conf_dir(&self) -> &Path {
        self.cluster().conf_dir()
    }

    fn shared_dir(&self) -> &Path {
        self.cluster().shared_dir()
    }

    fn fixed(&self) -> Option<&'static str> {
        self.cluster().fixed()
    }

    fn set_oci_conf(&self, text: Option<&str>) -> std::io::Result<()> {
        self.cluster().set_oci_conf(text)
    }

    fn spool_dir(&self, node: &str) -> PathBuf {
        self.cluster().spool_dir(node)
    }

    fn kill(&self, daemon: Daemon<'_>) -> std::io::Result<()> {
        self.cluster().kill(daemon)
    }

    fn revive(&self, daemon: Daemon<'_>) -> std::io::Result<bool> {
        self.cluster().revive(daemon)
    }

    fn can_disturb(&self, how: Disturbance) -> bool {
        self.cluster().can_disturb(how)
    }

    fn disturb(&self, node: &str, how: Disturbance) -> std::io::Result<()> {
        self.cluster().disturb(node, how)
    }

    fn first_job(&self) -> u64 {
        self.cluster().first_job()
    }

    fn wait_idle(&self, within: Duration) -> bool {
        self.cluster().wait_idle(within)
    }

    fn logs(&self) -> Vec<(String, PathBuf)> {
        self.cluster().logs()
    }

    fn stop(mut self: Box<Self>) -> Residue {
        let Some(mut cluster) = self.cluster.take() else { return Residue::new() };
        match cluster.reset() {
            Ok(mut residue) if self.once => {
                residue.extend(cluster.stop());
                residue
            }
            Ok(residue) => {
                self.pool.give_back(self.key.clone(), cluster);
                residue
            }
            // The next case gets a new one. What is left when this one is down is what counts.
            Err(wreck) => {
                log::debug!("{wreck}");
                cluster.stop()
            }
        }
    }
}
