//! The way to the controller: the folder of SLURM_CONF, where a mock cluster's sockets are, and a connection.

use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::frames::Incoming;
use crate::proto::{Reply, Request};
use crate::wire;

/// The controller's socket in the cluster's folder.
const SOCKET: &str = "ctld.sock";
/// Where clients put the sockets that they listen on, in the cluster's folder.
const IO_FOLDER: &str = "io";

/// Why no controller was found, or none is there any more.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// SLURM_CONF is not set.
    #[error(
        "SLURM_CONF is not set, so no cluster is known; run inside `plimsoll shell`, or set it to a mock cluster's slurm.conf"
    )]
    NoConf,
    /// The file is not there.
    #[error("cannot read {0}, which SLURM_CONF names: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// Nobody listens.
    #[error("Unable to contact slurm controller (connect failure)")]
    Unreachable(#[source] std::io::Error),
    /// The connection broke.
    #[error("Unable to contact slurm controller (connection lost)")]
    Lost,
    /// The controller speaks another protocol.
    #[error("the controller's answer cannot be understood, is it of another version?: {0}")]
    Garbled(std::io::Error),
}

/// The `slurm.conf` that SLURM_CONF names.
pub fn slurm_conf() -> Result<PathBuf, ConnectError> {
    let path = PathBuf::from(
        std::env::var_os("SLURM_CONF").filter(|path| !path.is_empty()).ok_or(ConnectError::NoConf)?,
    );
    std::fs::metadata(&path).map_err(|error| ConnectError::Unreadable(path.clone(), error))?;
    Ok(path)
}

/// The folder of the cluster whose `slurm.conf` this is.
pub fn folder(conf: &Path) -> &Path {
    conf.parent().unwrap_or(Path::new("."))
}

/// The folder for sockets of clients.
pub fn io_folder(conf: &Path) -> PathBuf {
    folder(conf).join(IO_FOLDER)
}

/// A connection to the controller.
#[derive(Debug)]
pub struct Controller {
    stream: UnixStream,
    incoming: Incoming,
}

impl Controller {
    /// Connects to the controller of the cluster that SLURM_CONF names.
    pub fn connect() -> Result<Self, ConnectError> {
        Self::connect_to(&slurm_conf()?)
    }

    /// Connects to the controller of the cluster whose `slurm.conf` this is.
    pub fn connect_to(conf: &Path) -> Result<Self, ConnectError> {
        let stream = UnixStream::connect(folder(conf).join(SOCKET)).map_err(ConnectError::Unreachable)?;
        Ok(Self { stream, incoming: Incoming::default() })
    }

    /// Sends a request.
    pub fn send(&mut self, request: &Request) -> Result<(), ConnectError> {
        let frame = wire::encode(request).map_err(ConnectError::Garbled)?;
        self.stream.write_all(&frame).map_err(|_| ConnectError::Lost)
    }

    /// Another end of the connection, for whoever speaks while somebody else listens.
    pub fn writer(&self) -> std::io::Result<UnixStream> {
        self.stream.try_clone()
    }

    /// Waits for the next reply.
    pub fn reply(&mut self) -> Result<Reply, ConnectError> {
        loop {
            if let Some(reply) = self.incoming.take().map_err(ConnectError::Garbled)? {
                return Ok(reply);
            }
            self.fill()?;
        }
    }

    /// Sends a request and waits for its first reply.
    pub fn ask(&mut self, request: &Request) -> Result<Reply, ConnectError> {
        self.send(request)?;
        self.reply()
    }

    /// Takes what has come when the descriptor is readable; a reply may be whole then. Waits when it is not.
    pub fn fill(&mut self) -> Result<(), ConnectError> {
        match self.incoming.fill(&mut self.stream) {
            Ok(Some(0)) | Err(_) => Err(ConnectError::Lost),
            Ok(_) => Ok(()),
        }
    }

    /// A reply that has come already.
    pub fn pending(&mut self) -> Result<Option<Reply>, ConnectError> {
        self.incoming.take().map_err(ConnectError::Garbled)
    }
}

impl AsFd for Controller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
