//! What says whose a container or network is: the process that made it, by id and start time, and the folder that goes
//! with it.

use std::path::{Path, PathBuf};

/// A label that everything has; its value is the name of the cluster's folder.
pub const RUN: &str = "plimsoll.run";
/// Who made it: process id and start time.
pub const OWNER: &str = "plimsoll.owner";
/// The cluster's folder.
pub const DIR: &str = "plimsoll.dir";

/// Whose a container or network is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The process.
    pub pid: i32,
    /// When it started, in the kernel's ticks since boot: ids come again, the two together do not.
    pub started: u64,
    /// The cluster's folder.
    pub dir: PathBuf,
}

impl Owner {
    /// This process, for a cluster in `dir`.
    pub fn this(dir: &Path) -> Self {
        let pid = std::process::id().cast_signed();
        Self { pid, started: start_time(pid).unwrap_or_default(), dir: dir.to_owned() }
    }

    /// Reads the values of its labels.
    pub fn read(owner: &str, dir: &str) -> Option<Self> {
        let (pid, started) = owner.split_once(':')?;
        Some(Self { pid: pid.parse().ok()?, started: started.parse().ok()?, dir: dir.into() })
    }

    /// Whether the process still runs.
    pub fn lives(&self) -> bool {
        start_time(self.pid) == Some(self.started)
    }

    /// A name for a part of the cluster, as telling as its folder's.
    pub fn name(&self, part: &str) -> String {
        format!("{}-{part}", self.run())
    }

    /// Options of `docker` that put the labels on.
    pub fn labels(&self) -> [String; 3] {
        [
            format!("--label={RUN}={}", self.run()),
            format!("--label={OWNER}={}:{}", self.pid, self.started),
            format!("--label={DIR}={}", self.dir.display()),
        ]
    }

    fn run(&self) -> String {
        let name = self.dir.file_name().unwrap_or_default().to_string_lossy();
        // The random part of a folder's name may have letters that the engine does not take at a name's start.
        name.into_owned()
    }
}

/// When a process started, in ticks since boot.
fn start_time(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so that fields count from the last one: the 22nd is the 20th behind it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_its_labels_are_read_back() {
        let owner = Owner::this(Path::new("/tmp/plimsoll-abc"));
        assert!(owner.lives() && owner.started > 0);
        let [_, label, dir] = owner.labels();
        let value = |label: &str| label.splitn(3, '=').nth(2).map(str::to_owned).unwrap();
        assert_eq!(Owner::read(&value(&label), &value(&dir)), Some(owner.clone()));
        assert_eq!(owner.name("net"), "plimsoll-abc-net");
        assert!(!Owner { started: owner.started + 1, ..owner }.lives());
    }
}
