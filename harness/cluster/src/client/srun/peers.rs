//! The step daemons that have connected: one a node, each with the messages that came from it and those it has not taken
//! yet.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use crate::client::frames::{Incoming, Outgoing};
use crate::proto::stream::CHUNK;
use crate::proto::{FromStep, ToStep};

/// A step daemon's connection.
#[derive(Debug)]
pub struct Peer {
    stream: UnixStream,
    incoming: Incoming,
    outgoing: Outgoing,
    /// Index of its node, once it has said hello.
    pub node: Option<usize>,
    open: bool,
}

impl Peer {
    /// A connection that was just accepted.
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let (incoming, outgoing) = (Incoming::default(), Outgoing::default());
        Ok(Self { stream, incoming, outgoing, node: None, open: true })
    }

    /// Whether there is still somebody at the other end.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether something waits to be sent.
    pub const fn waits(&self) -> bool {
        self.open && self.outgoing.waiting() > 0
    }

    /// Whether it takes input as fast as it comes.
    pub const fn has_room(&self) -> bool {
        self.outgoing.waiting() < CHUNK
    }

    /// Sends a message, or as much of it as goes now.
    pub fn send(&mut self, message: &ToStep) {
        if self.open && self.outgoing.push(message).is_ok() {
            self.flush();
        }
    }

    /// Sends what goes now. A daemon that takes nothing more may still have something to say.
    pub fn flush(&mut self) {
        if self.outgoing.flush(&mut self.stream).is_err() {
            self.outgoing.clear();
        }
    }

    /// Reads once; false at the end of the connection, or of its sense.
    pub fn fill(&mut self) -> bool {
        if !matches!(self.incoming.fill(&mut self.stream), Ok(None | Some(1..))) {
            self.open = false;
        }
        self.open
    }

    /// The next message, if one is whole. A connection that makes no sense counts as ended.
    pub fn take(&mut self) -> Option<FromStep> {
        self.incoming.take().unwrap_or_else(|_| {
            self.open = false;
            None
        })
    }

    /// Hangs up.
    pub fn close(&mut self) {
        self.open = false;
        // The other end may be gone already.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

impl AsFd for Peer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
