//! What the agent inside a node is asked for, and what it answers: frames on a Unix socket in the cluster's folder. The
//! three streams of a command go along as descriptors, so that its output is never copied and a terminal stays one.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use serde::{Deserialize, Serialize};

/// Who a command runs as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum As {
    /// Root, as the agent does.
    Root,
    /// A user of the node by name, for daemons that have one.
    Name(String),
    /// These ids.
    Ids {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
    },
}

/// A request, the first frame of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Run a command; three descriptors come before it.
    Run(Order),
    /// End the node when this connection ends.
    Hold,
    /// Name the processes that do not belong to the node itself; the answer is a list of [`Process`].
    Strays,
    /// Kill them, and name those that are left.
    EndStrays,
}

/// A process of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its process id inside the node.
    pub pid: i32,
    /// Its command line.
    pub command: String,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Program and arguments; the program is looked for on the PATH of `env`.
    pub argv: Vec<Vec<u8>>,
    /// Its whole environment.
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
    /// Its working directory.
    pub cwd: Vec<u8>,
    /// Who it runs as.
    pub who: As,
}

/// What the agent says of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It runs.
    Started,
    /// It could not be started.
    Failed(String),
    /// It ended with this code.
    Exited(i32),
    /// A signal ended it.
    Killed(i32),
}

/// A signal for the command that a connection is about.
pub type Signal = i32;

/// Sends a command's three streams.
pub fn send_streams(to: &UnixStream, streams: [BorrowedFd<'_>; 3]) -> io::Result<()> {
    let raw: Vec<RawFd> = streams.iter().map(std::os::fd::AsRawFd::as_raw_fd).collect();
    let message = [ControlMessage::ScmRights(&raw)];
    sendmsg::<()>(to.as_raw_fd(), &[IoSlice::new(b"3")], &message, MsgFlags::empty(), None)?;
    Ok(())
}

/// Receives what came before a request: three streams, or nothing for a request without.
pub fn receive_streams(from: &UnixStream) -> io::Result<Option<[OwnedFd; 3]>> {
    let mut mark = [0_u8];
    let mut room = nix::cmsg_space!([RawFd; 3]);
    let mut into = [IoSliceMut::new(&mut mark)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(from.as_raw_fd(), &mut into, Some(&mut room), flags)?;
    let mut streams = Vec::new();
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(raw) = part {
            // SAFETY: the kernel has just made these descriptors for this process, and nobody else knows them.
            #[expect(unsafe_code, reason = "a received descriptor is a bare number until it is owned")]
            streams.extend(raw.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
        }
    }
    Ok(<[OwnedFd; 3]>::try_from(streams).ok())
}

/// Says that no streams come along.
pub fn send_none(to: &UnixStream) -> io::Result<()> {
    sendmsg::<()>(to.as_raw_fd(), &[IoSlice::new(b"0")], &[], MsgFlags::empty(), None)?;
    Ok(())
}
