//! A stream on its way from the command to where it was meant to go, with a copy of its beginning.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::PollFlags;

use super::call::{Bytes, Stream};

/// The most that is kept of a stream.
pub(super) const KEPT: usize = 1 << 20;

/// What is written at once: a pipe that polls as writable takes this much without blocking (PIPE_BUF).
const CHUNK: usize = 4096;

/// One stream.
#[derive(Debug)]
pub(super) struct Tee {
    source: Option<std::fs::File>,
    target: std::fs::File,
    pending: Vec<u8>,
    kept: Vec<u8>,
    total: u64,
}

impl Tee {
    /// A tee to `target`, and the end that the command writes to.
    pub(super) fn new(target: BorrowedFd<'_>) -> io::Result<(Self, OwnedFd)> {
        let target = std::fs::File::from(target.try_clone_to_owned()?);
        let (reader, writer) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
        // Only this end: the command's has to block as it would have blocked.
        fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let tee = Self { source: Some(reader.into()), target, pending: vec![], kept: vec![], total: 0 };
        Ok((tee, writer))
    }

    /// What it waits for: to write what it holds, else to read more; none at its end.
    pub(super) fn waits_for(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        if !self.pending.is_empty() {
            return Some((self.target.as_fd(), PollFlags::POLLOUT));
        }
        self.source.as_ref().map(|source| (source.as_fd(), PollFlags::POLLIN))
    }

    /// Takes one step; false when there is nothing to do without waiting.
    pub(super) fn step(&mut self) -> bool {
        if !self.pending.is_empty() {
            match self.target.write(&self.pending) {
                Ok(written) => drop(self.pending.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // Nobody reads any more: the command shall learn it as it would have without us.
                Err(_) => {
                    self.pending.clear();
                    self.source = None;
                }
            }
            return true;
        }
        let Some(source) = &mut self.source else { return false };
        let mut chunk = [0; CHUNK];
        match source.read(&mut chunk) {
            Ok(0) => self.source = None,
            Ok(length) => {
                self.total += length as u64;
                let room = KEPT.saturating_sub(self.kept.len()).min(length);
                self.kept.extend_from_slice(&chunk[..room]);
                self.pending.extend_from_slice(&chunk[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(_) => self.source = None,
        }
        true
    }

    /// Whether something is held that has not been written.
    pub(super) fn holds(&self) -> bool {
        !self.pending.is_empty()
    }

    /// What is noted of it.
    pub(super) fn note(mut self) -> Stream {
        let truncated = self.total > self.kept.len() as u64;
        if truncated
            && let Err(error) = std::str::from_utf8(&self.kept)
            && error.error_len().is_none()
        {
            // Text stays text: a character that was cut in two goes whole.
            self.kept.truncate(error.valid_up_to());
        }
        Stream { truncated, total: self.total, data: Bytes::from(self.kept), not_captured: None }
    }
}

/// The note on a stream that was left alone.
pub(super) fn left_alone(reason: &str) -> Stream {
    Stream { data: Bytes::from(""), total: 0, truncated: false, not_captured: Some(reason.to_owned()) }
}
