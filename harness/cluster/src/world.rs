//! The one trait behind which every cluster stands, real or mock: cases speak Slurm's own command line, and this says
//! where the commands are and what belongs to the cluster.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::User;

/// What a case may do to a cluster beyond its command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemon<'a> {
    /// The controller.
    Controller,
    /// The node daemon of a node.
    Node(&'a str),
    /// The step daemon of a job's only running step on a node.
    Step(&'a str),
}

/// What a case may do to a node as a whole, where a node is more than its daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// Every process of the node stands still.
    Pause,
    /// They go on.
    Resume,
    /// The node is off the network.
    Cut,
    /// It is back on it.
    Join,
    /// It is gone with everything on it.
    Kill,
}

/// What was found when a cluster was taken down: processes, mounts, files, jobs that should not have been there. Each a
/// sentence.
pub type Residue = Vec<String>;

/// A running cluster.
pub trait Cluster: Send + Sync {
    /// `mock`, `slurm`, `containers` or `attach`.
    fn world(&self) -> &'static str;
    /// The release whose behaviour is meant.
    fn release(&self) -> Release;
    /// Names of the nodes.
    fn nodes(&self) -> &[String];
    /// Who runs the client commands.
    fn user(&self) -> &User;
    /// A client command (`srun` …) or any other program, run as [`Self::user`] with the cluster's environment; the working
    /// directory and the streams are the caller's to set.
    fn command(&self, program: &str) -> Command;
    /// The folder of `slurm.conf` and `oci.conf`.
    fn conf_dir(&self) -> &Path;
    /// A folder of the user's own that every node sees, for bundles and output files; it goes with the cluster.
    fn shared_dir(&self) -> &Path;
    /// Why `oci.conf` is not ours to change, where it is not.
    fn fixed(&self) -> Option<&'static str> {
        None
    }
    /// Writes `oci.conf` for the next step, or removes it.
    fn set_oci_conf(&self, text: Option<&str>) -> io::Result<()>;
    /// SlurmdSpoolDir of a node.
    fn spool_dir(&self, node: &str) -> PathBuf;
    /// Kills a daemon with SIGKILL, for cases about loss.
    fn kill(&self, daemon: Daemon<'_>) -> io::Result<()>;
    /// Whether it can do this to a node as a whole.
    fn can_disturb(&self, _how: Disturbance) -> bool {
        false
    }
    /// Does something to a node as a whole; an error of the kind `Unsupported` where nodes are only daemons.
    fn disturb(&self, node: &str, how: Disturbance) -> io::Result<()> {
        let words = format!("nodes of the world {} cannot be disturbed ({how:?} of {node})", self.world());
        Err(io::Error::new(io::ErrorKind::Unsupported, words))
    }
    /// Starts a daemon again that was killed, and waits until it answers. False where there is nothing that it could come
    /// back to: with a step daemon goes its step, and with a daemon of the mock everything that it looked after.
    fn revive(&self, _daemon: Daemon<'_>) -> io::Result<bool> {
        Ok(false)
    }
    /// The number of the first job that is submitted to it, where nobody else submits any.
    fn first_job(&self) -> u64 {
        1
    }
    /// Waits until no job is left and every step has cleaned up; false when the time ran out.
    fn wait_idle(&self, within: std::time::Duration) -> bool;
    /// The daemons' logs, for evidence.
    fn logs(&self) -> Vec<(String, PathBuf)>;
    /// Takes the cluster down, and says what was left behind that should not have been.
    fn stop(self: Box<Self>) -> Residue;
}
