//! The server's line to its step daemon: standard input, a socket. Frames of four bytes of length, little-endian, and a
//! postcard message, as everywhere in the mock.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::plan::Plan;

/// The longest message: what the ranks of a node have to say to all others.
const MAX_FRAME: usize = 64 << 20;

/// What a server is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToServer {
    /// First, once.
    Start(Box<Plan>),
    /// Another node's server says something ([`crate::peer`]).
    Peer {
        /// Index of its node.
        from: u32,
        /// What.
        bytes: Vec<u8>,
    },
    /// Nothing more will come from that node.
    PeerGone(u32),
}

/// Variables for a task.
pub type Variables = Vec<(OsString, OsString)>;

/// What a server tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromServer {
    /// It serves: each of its ranks with the variables by which it finds its server.
    Ready(Vec<(u32, Variables)>),
    /// It cannot serve. A sentence.
    Failed(String),
    /// Something for the server of one node, or of all others.
    Peer {
        /// Index of the node; none for all others.
        to: Option<u32>,
        /// What.
        bytes: Vec<u8>,
    },
    /// A rank wants the step to end with this exit code.
    Abort {
        /// The rank.
        rank: u32,
        /// The code, of which a process hands on the lowest eight bits.
        code: i32,
    },
}

fn bad(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// A message of a server to others of its kind, as bytes.
pub fn bytes<M: Serialize>(message: &M) -> Vec<u8> {
    // What is written here are vectors and numbers, which postcard never refuses.
    postcard::to_stdvec(message).unwrap_or_default()
}

/// Bytes as a message; none for what is none.
pub fn message<M: DeserializeOwned>(bytes: &[u8]) -> Option<M> {
    postcard::from_bytes(bytes).ok()
}

/// Reads one message; none at the end.
pub fn read<M: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<M>> {
    let mut header = [0; 4];
    match from.read_exact(&mut header) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(header) as usize;
    if length > MAX_FRAME {
        return Err(bad(format!("a message of {length} bytes")));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    postcard::from_bytes(&body).map(Some).map_err(bad)
}

/// The way to the step daemon, for any thread.
#[derive(Debug)]
pub struct Up(Mutex<UnixStream>);

impl Up {
    /// A way by this socket.
    pub const fn new(stream: UnixStream) -> Self {
        Self(Mutex::new(stream))
    }

    /// Says something. A step daemon that is gone is noticed where its words are read.
    pub fn say(&self, message: &FromServer) {
        let Ok(body) = postcard::to_stdvec(message) else { return };
        let Ok(length) = u32::try_from(body.len()) else { return };
        let mut frame = length.to_le_bytes().to_vec();
        frame.extend(body);
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let up = Up::new(ours);
        let said = FromServer::Abort { rank: 3, code: 42 };
        up.say(&said);
        assert_eq!(read(&mut theirs).unwrap(), Some(said));
        drop(up);
        assert_eq!(read::<FromServer>(&mut theirs).unwrap(), None);
    }
}
