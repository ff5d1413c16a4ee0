//! The tasks' input: srun's own or files, read only when those who get it have room.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use nix::errno::Errno;

use super::target::{StepNames, Target};
use crate::filename::{is_per_node, is_per_task};
use crate::proto::stream::{CHUNK, InputFor};

/// Who gets the bytes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goes {
    /// Every task.
    All,
    /// Every task of the node with this index.
    Node(usize),
    /// One rank.
    Task(u32),
    /// Nobody: it has ended.
    Nobody,
}

/// A descriptor that input is read from.
#[derive(Debug)]
pub struct Source {
    fd: OwnedFd,
    /// Who gets what it gives.
    pub goes: Goes,
}

impl Source {
    /// srun's own standard input.
    pub fn own(goes: Goes) -> io::Result<Self> {
        Ok(Self { fd: io::stdin().as_fd().try_clone_to_owned()?, goes })
    }

    /// Reads once; no bytes at the end. A terminal that srun may not read from, in the background, is at its end.
    pub fn read(&mut self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; CHUNK];
        match nix::unistd::read(&self.fd, &mut bytes) {
            Ok(count) => {
                bytes.truncate(count);
                Some(bytes)
            }
            Err(Errno::EINTR | Errno::EAGAIN) => None,
            Err(_) => Some(Vec::new()),
        }
    }
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// An input file that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("Could not open stdin file {}: {error}", path.display())]
pub struct OpenError {
    path: PathBuf,
    error: io::Error,
}

/// What a target means for the request of the step.
pub const fn input_for(target: &Target) -> InputFor {
    match target {
        Target::All | Target::File(_) => InputFor::All,
        Target::None => InputFor::None,
        Target::Task(rank) => InputFor::Task(*rank),
    }
}

/// Opens the sources of a target.
pub fn open(target: &Target, names: &StepNames) -> Result<Vec<Source>, OpenError> {
    let own = |goes| {
        Source::own(goes)
            .map(|source| vec![source])
            .map_err(|error| OpenError { path: "/dev/stdin".into(), error })
    };
    let pattern = match target {
        Target::All => return own(Goes::All),
        Target::Task(rank) => return own(Goes::Task(*rank)),
        Target::None => return Ok(Vec::new()),
        Target::File(pattern) => pattern,
    };
    let file = |node, rank, goes| {
        let path = names.path(pattern, node, rank);
        match File::open(&path) {
            Ok(file) => Ok(Source { fd: file.into(), goes }),
            Err(error) => Err(OpenError { path, error }),
        }
    };
    let mut sources = Vec::new();
    if is_per_task(pattern) {
        for (node, (_, ranks)) in names.layout.iter().enumerate() {
            for rank in ranks {
                sources.push(file(node, *rank, Goes::Task(*rank))?);
            }
        }
    } else if is_per_node(pattern) {
        for node in 0..names.layout.len() {
            sources.push(file(node, 0, Goes::Node(node))?);
        }
    } else {
        sources.push(file(0, 0, Goes::All)?);
    }
    Ok(sources)
}
