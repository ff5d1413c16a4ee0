//! Where step daemons meet srun: a socket in the cluster's folder, and a cookie by which they are known.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::client::connect::io_folder;

/// No socket could be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {}: {error}; is the cluster still running?", path.display())]
pub struct RendezvousError {
    path: PathBuf,
    error: io::Error,
}

/// A socket that srun listens on; the file goes when this is dropped.
#[derive(Debug)]
pub struct Rendezvous {
    listener: UnixListener,
    path: PathBuf,
    cookie: [u8; 16],
}

impl Rendezvous {
    /// Listens in the folder of the cluster whose `slurm.conf` this is.
    pub fn new(conf: &Path) -> Result<Self, RendezvousError> {
        let mut path = io_folder(conf);
        let mut cookie = [0; 16];
        let random = getrandom::fill(&mut cookie);
        // Part of the name is random too: a socket of an srun that was killed may lie there under its old pid.
        let tag = u32::from_le_bytes([cookie[0], cookie[1], cookie[2], cookie[3]]);
        path.push(format!("srun-{}-{tag:08x}", std::process::id()));
        let listen = || {
            random?;
            let listener = UnixListener::bind(&path)?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        };
        match listen() {
            Ok(listener) => Ok(Self { listener, path, cookie }),
            Err(error) => Err(RendezvousError { path, error }),
        }
    }

    /// The socket.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a step daemon must say.
    pub const fn cookie(&self) -> [u8; 16] {
        self.cookie
    }

    /// A connection that waits, if one does.
    pub fn accept(&self) -> Option<UnixStream> {
        self.listener.accept().ok().map(|(stream, _)| stream)
    }
}

impl AsFd for Rendezvous {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Drop for Rendezvous {
    fn drop(&mut self) {
        // The cluster may have been taken down, with its folder.
        let _ = std::fs::remove_file(&self.path);
    }
}
