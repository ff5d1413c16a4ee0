//! What says whose a container or network is: the process that made it, by id and start time, and the folder that goes
//! with it.

use std::path::{Path, PathBuf};

use crate::leftover::Owner;

/// What markers and labels call this world.
pub const WORLD: &str = "containers";
/// A label that everything has; its value is the name of the cluster's folder.
pub const RUN: &str = "plimsoll.run";
/// Who made it: process id and start time.
pub const OWNER: &str = "plimsoll.owner";
/// The cluster's folder.
pub const DIR: &str = "plimsoll.dir";

/// Whose a container or network is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The process that made it.
    pub owner: Owner,
    /// The cluster's folder.
    pub dir: PathBuf,
}

impl Label {
    /// This process's, for a cluster in `dir`.
    pub fn this(dir: &Path) -> Self {
        Self { owner: Owner::this(WORLD), dir: dir.to_owned() }
    }

    /// Reads the values of its labels.
    pub fn read(owner: &str, dir: &str) -> Option<Self> {
        let (pid, start) = owner.split_once(':')?;
        let owner = Owner { pid: pid.parse().ok()?, start: start.parse().ok()?, what: WORLD.to_owned() };
        Some(Self { owner, dir: dir.into() })
    }

    /// A name for a part of the cluster, as telling as its folder's.
    pub fn name(&self, part: &str) -> String {
        format!("{}-{part}", self.run())
    }

    /// Options of `docker` that put the labels on.
    pub fn labels(&self) -> [String; 3] {
        [
            format!("--label={RUN}={}", self.run()),
            format!("--label={OWNER}={}:{}", self.owner.pid, self.owner.start),
            format!("--label={DIR}={}", self.dir.display()),
        ]
    }

    fn run(&self) -> String {
        self.dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_its_labels_are_read_back() {
        let own = Label::this(Path::new("/tmp/plimsoll-abc"));
        assert!(own.owner.lives());
        let [_, label, dir] = own.labels();
        let value = |label: &str| label.splitn(3, '=').nth(2).map(str::to_owned).unwrap();
        assert_eq!(Label::read(&value(&label), &value(&dir)), Some(own.clone()));
        assert_eq!(own.name("net"), "plimsoll-abc-net");
    }
}
