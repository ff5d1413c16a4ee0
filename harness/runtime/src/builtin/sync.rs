//! What the runtime and the container's first process say to each other while the container is made: one packet a word,
//! over a socket that ends with either of them.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, sendmsg,
    socketpair,
};

use super::error::{Doing as _, Error};
use crate::sys;

/// The longest text of an error that is passed on.
const LONGEST: usize = 8192;

/// A word.
#[derive(Debug)]
pub(super) enum Word {
    /// From the runtime: the ids are mapped.
    Mapped,
    /// From the middle process, which joined namespaces: the first process has this pid.
    Pid(i32),
    /// From the first process: its mounts are made, it waits for hooks.
    Mounted,
    /// From the runtime: the hooks went well.
    Continue,
    /// From the first process: the other end of its terminal comes along.
    Terminal(OwnedFd),
    /// From the first process: all is done but the program.
    Ready,
    /// From the runtime: run the program.
    Start,
    /// From either process inside: why it failed.
    Failed(String),
    /// The other end is closed: it died, or became the program.
    Closed,
}

/// One end.
#[derive(Debug)]
pub(super) struct Sync(OwnedFd);

impl Sync {
    /// Both ends. An exec closes them.
    pub(super) fn pair() -> Result<(Self, Self), Error> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let pair = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags);
        pair.map(|(a, b)| (Self(a), Self(b))).doing(|| "make a socket".into())
    }

    /// Says a word. The other end being gone is told by [`Self::hear`].
    pub(super) fn say(&self, word: &Word) {
        let (letter, rest, fd) = match word {
            Word::Mapped => (b'u', vec![], None),
            Word::Pid(pid) => (b'p', pid.to_ne_bytes().to_vec(), None),
            Word::Mounted => (b'm', vec![], None),
            Word::Continue => (b'c', vec![], None),
            Word::Terminal(fd) => (b't', vec![], Some(fd.as_raw_fd())),
            Word::Ready => (b'r', vec![], None),
            Word::Start => (b's', vec![], None),
            Word::Failed(text) => (b'f', text.as_bytes().iter().copied().take(LONGEST).collect(), None),
            Word::Closed => return,
        };
        let letter = [letter];
        let data = [IoSlice::new(&letter), IoSlice::new(&rest)];
        let fds: Vec<i32> = fd.into_iter().collect();
        let rights = [ControlMessage::ScmRights(&fds)];
        let control = if fds.is_empty() { &[][..] } else { &rights[..] };
        let _ = sendmsg::<()>(self.0.as_raw_fd(), &data, control, MsgFlags::MSG_NOSIGNAL, None);
    }

    /// Waits for the next word.
    pub(super) fn hear(&self) -> Result<Word, Error> {
        let mut buffer = vec![0; LONGEST + 1];
        let mut space = nix::cmsg_space!([i32; 1]);
        let (length, fd) = loop {
            let mut data = [IoSliceMut::new(&mut buffer)];
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            match recvmsg::<()>(self.0.as_raw_fd(), &mut data, Some(&mut space), flags) {
                Err(nix::errno::Errno::EINTR) => {}
                Err(nix::errno::Errno::ECONNRESET) => break (0, None),
                Err(errno) => return Err(errno).doing(|| "hear from the container".into()),
                Ok(message) => {
                    let fd = message.cmsgs().ok().and_then(|mut all| {
                        all.find_map(|control| match control {
                            ControlMessageOwned::ScmRights(fds) => fds.first().copied(),
                            _ => None,
                        })
                    });
                    break (message.bytes, fd);
                }
            }
        };
        let fd = fd.map(sys::own_received);
        let rest = buffer.get(1..length).unwrap_or_default();
        let pid = || rest.try_into().ok().map(i32::from_ne_bytes);
        Ok(match (buffer[..length].first(), fd) {
            (None, _) => Word::Closed,
            (Some(b'u'), _) => Word::Mapped,
            (Some(b'm'), _) => Word::Mounted,
            (Some(b'c'), _) => Word::Continue,
            (Some(b'r'), _) => Word::Ready,
            (Some(b's'), _) => Word::Start,
            (Some(b't'), Some(fd)) => Word::Terminal(fd),
            (Some(b'p'), _) => match pid() {
                Some(pid) => Word::Pid(pid),
                None => return Err(strange()),
            },
            (Some(b'f'), _) => Word::Failed(String::from_utf8_lossy(rest).into_owned()),
            _ => return Err(strange()),
        })
    }
}

impl AsFd for Sync {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn strange() -> Error {
    Error::Call { what: "understand the container".into(), source: io::ErrorKind::InvalidData.into() }
}
