//! What scrun needs of a cluster: a job, a word to its steps, its end. The crate of the mock implements it; nothing here
//! knows how.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use plimsoll_launcher::Release;

/// A job that scrun asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What is asked of it, as srun's input variables ([`crate::inputs::of_job`]).
    pub inputs: Vec<(String, OsString)>,
    /// The bundle.
    pub bundle: PathBuf,
    /// The container's id, by which squeue shows the job.
    pub id: String,
    /// The command's name, for a job that has no other.
    pub command: String,
}

/// A job that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: u32,
    /// Its user.
    pub user: (String, u32),
    /// Its group.
    pub group: (String, u32),
    /// Its own variables, which srun and the script go by.
    pub env: Vec<(OsString, OsString)>,
}

/// How an allocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was given back.
    GivenBack,
    /// It was taken away: cancelled, out of time, a node lost. In Slurm's words.
    Taken(String),
}

/// A job of scrun's own. It ends when this is dropped, or its process ends.
pub trait Allocation: Send + Sync {
    /// The job.
    fn job(&self) -> &Job;
    /// Blocks until it has ended. Called once.
    fn wait(&self) -> End;
    /// Gives it back with the exit code of its container, and waits until that is noted.
    fn give_back(&self, code: i32);
}

/// A cluster, as one call of scrun uses it. Errors are sentences for the user.
pub trait Cluster: Sync {
    /// Whose behaviour is meant.
    fn release(&self, conf: &Path) -> Result<Release, String>;
    /// Asks for a job and waits for its nodes.
    fn allocate(&self, conf: &Path, wanted: &Wanted) -> Result<Box<dyn Allocation>, String>;
    /// A job that is there already.
    fn find(&self, conf: &Path, job: &str) -> Result<Job, String>;
    /// Signals the steps of a job that run this container; false when there is none (any more).
    fn signal(&self, conf: &Path, job: u32, id: &str, signal: i32) -> Result<bool, String>;
}
