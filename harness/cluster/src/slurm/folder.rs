//! The folder of a private cluster: who may enter it, and what is where.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use plimsoll_launcher::step::User;

use crate::leftover;

/// Bytes of munge's key; it takes 32 to 1024.
const KEY: usize = 128;

/// A cluster's folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it is.
    pub dir: PathBuf,
}

impl Folder {
    /// Makes one in `parent` for so many nodes, with a shared folder of `user`'s.
    pub fn create(parent: &Path, nodes: &[String], user: &User) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix(leftover::PREFIX).rand_bytes(8).tempdir_in(parent)?.keep();
        let folder = Self { dir };
        // First of all, so that whatever happens it is found.
        leftover::mark(&folder.dir, "slurm")?;
        fs::set_permissions(&folder.dir, Permissions::from_mode(0o755))?;
        for name in ["munge", "log", "run", "spool", "tmp"] {
            DirBuilder::new().mode(0o755).create(folder.dir.join(name))?;
        }
        DirBuilder::new().mode(0o700).create(folder.state())?;
        for node in nodes {
            DirBuilder::new().mode(0o755).create(folder.spool(node))?;
            let tmp = folder.dir.join("tmp").join(node);
            fs::create_dir(&tmp)?;
            fs::set_permissions(&tmp, Permissions::from_mode(0o1777))?;
        }
        folder.make_shared(user)?;
        folder.make_key()?;
        Ok(folder)
    }

    /// Makes the shared folder, which is the user's.
    pub fn make_shared(&self, user: &User) -> io::Result<()> {
        fs::create_dir(self.shared())?;
        if geteuid().is_root() {
            chown(self.shared(), Some(user.uid), Some(user.gid))?;
        }
        Ok(())
    }

    fn make_key(&self) -> io::Result<()> {
        let mut bytes = [0; KEY];
        getrandom::fill(&mut bytes)?;
        fs::write(self.munge("key"), bytes)?;
        fs::set_permissions(self.munge("key"), Permissions::from_mode(0o600))
    }

    /// A file of munge's: `key`, `socket`, `pid`, `seed`, `log`.
    pub fn munge(&self, name: &str) -> PathBuf {
        self.dir.join("munge").join(name)
    }

    /// StateSaveLocation.
    pub fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    /// SlurmdSpoolDir of a node, or of all of them with `%n`.
    pub fn spool(&self, node: &str) -> PathBuf {
        self.dir.join("spool").join(node)
    }

    /// Folder of the logs.
    pub fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// The shared folder.
    pub fn shared(&self) -> PathBuf {
        self.dir.join("shared")
    }

    /// The configuration.
    pub fn slurm_conf(&self) -> PathBuf {
        self.dir.join("slurm.conf")
    }
}
