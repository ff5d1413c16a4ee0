//! The marker in a folder that names the process which made it.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::procs;

/// What the names of folders of ours begin with.
pub const PREFIX: &str = "plimsoll-";
/// Name of the file in a folder of ours.
pub const MARKER: &str = "plimsoll-owner.json";

/// The process that made a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its process id.
    pub pid: i32,
    /// When it started, in clock ticks since the machine's start: process ids come back.
    pub start: u64,
    /// What the folder is for: a world's name, or `program`.
    pub what: String,
}

impl Owner {
    /// This process.
    pub fn this(what: &str) -> Self {
        let pid = std::process::id().cast_signed();
        Self { pid, start: procs::start_of(pid).unwrap_or_default(), what: what.to_owned() }
    }

    /// Reads a folder's marker; none where it is no folder of ours.
    pub fn of(dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(dir.join(MARKER)).ok()?).ok()
    }

    /// Whether that very process still runs.
    pub fn lives(&self) -> bool {
        procs::start_of(self.pid) == Some(self.start)
    }
}

/// Marks a folder as this process's own.
pub fn mark(dir: &Path, what: &str) -> io::Result<()> {
    fs::write(dir.join(MARKER), serde_json::to_vec(&Owner::this(what))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_the_process_that_made_it() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Owner::of(dir.path()), None);
        mark(dir.path(), "slurm").unwrap();
        let owner = Owner::of(dir.path()).unwrap();
        assert_eq!(owner, Owner::this("slurm"));
        assert!(owner.lives() && owner.start > 0);
        assert!(!Owner { start: owner.start + 1, ..owner }.lives());
    }
}
