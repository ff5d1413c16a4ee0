//! Something that srun writes to: its own streams or a file. Never waits: what does not go now is kept.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A pipe that polls as writable takes this much without waiting (PIPE_BUF).
const PIPE_CHUNK: usize = 4096;
/// More than this waiting, and srun takes no more from the tasks.
const ENOUGH: usize = 64 << 10;

/// Where output ends up.
#[derive(Debug)]
pub struct Sink {
    fd: OwnedFd,
    /// The most bytes of one write: small for what might wait in the middle of a large one.
    chunk: usize,
    bytes: Vec<u8>,
    written: usize,
    broken: bool,
}

impl Sink {
    /// Writes to a descriptor, whose flags stay as they are: others may share it.
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        let file = File::from(fd);
        // A file never makes a writer wait for a reader.
        let chunk = if file.metadata()?.is_file() { usize::MAX } else { PIPE_CHUNK };
        Ok(Self { fd: file.into(), chunk, bytes: Vec::new(), written: 0, broken: false })
    }

    /// Takes bytes and writes what goes now; false when nobody reads any more, which is told once.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        if self.broken {
            return true;
        }
        self.bytes.extend_from_slice(bytes);
        self.flush()
    }

    /// Writes what goes now; false as in [`Self::push`].
    pub fn flush(&mut self) -> bool {
        while self.waits() && self.is_ready() {
            let rest = &self.bytes[self.written..];
            match nix::unistd::write(&self.fd, &rest[..rest.len().min(self.chunk)]) {
                Ok(count) => self.written += count,
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return true,
                Err(_) => {
                    // EPIPE, a full disk: what the tasks write has nowhere to go.
                    self.broken = true;
                    self.bytes.clear();
                    self.written = 0;
                    return false;
                }
            }
        }
        if !self.waits() {
            self.bytes.clear();
            self.written = 0;
        }
        true
    }

    /// Whether something is still to be written.
    pub const fn waits(&self) -> bool {
        self.written < self.bytes.len()
    }

    /// Whether so much is still to be written that no more should be brought.
    pub const fn is_full(&self) -> bool {
        self.bytes.len() - self.written >= ENOUGH
    }

    fn is_ready(&self) -> bool {
        let mut fds = [PollFd::new(self.fd.as_fd(), PollFlags::POLLOUT)];
        // An error or a hang-up shows in the write.
        poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }
}

impl AsFd for Sink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_full_pipe_makes_nobody_wait() {
        let (mut read, write) = io::pipe().unwrap();
        let mut sink = Sink::new(write.into()).unwrap();
        let much = vec![b'x'; 300 << 10];
        assert!(sink.push(&much));
        assert!(sink.waits() && sink.is_full());
        let mut got = 0;
        let mut buffer = vec![0; 32 << 10];
        while sink.waits() {
            got += read.read(&mut buffer).unwrap();
            assert!(sink.flush());
        }
        drop(sink);
        got += read.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(got, much.len());
    }

    #[test]
    fn a_reader_that_left_is_told_once() {
        let (read, write) = io::pipe().unwrap();
        let mut sink = Sink::new(write.into()).unwrap();
        drop(read);
        assert!(!sink.push(b"x"));
        assert!(sink.push(b"y"));
        assert!(!sink.waits());
    }
}
