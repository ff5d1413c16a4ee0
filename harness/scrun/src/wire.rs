//! What the operations say to an anchor over its socket, one line of JSON each way.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::place::State;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Request {
    /// Where does it stand?
    State,
    /// Run it.
    Start,
    /// Send it this signal.
    Kill(i32),
    /// End it; answered when it has ended.
    Delete,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// It was done.
    Done,
    /// Where it stands.
    State(Box<State>),
    /// It was not done, and why.
    Refused(String),
}

/// Sends one message.
pub fn send<T: Serialize>(stream: &mut UnixStream, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line)
}

/// Reads one message; none when the other side has gone.
pub fn receive<T: DeserializeOwned>(stream: &UnixStream) -> io::Result<Option<T>> {
    let mut line = String::new();
    if BufReader::new(stream).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    serde_json::from_str(&line).map(Some).map_err(io::Error::from)
}

/// A name for a socket that is short enough for the kernel, however deep its folder is: an engine's ids have 64 letters, and a
/// socket's path has at most 107. The descriptor must stay open as long as the name is used.
fn short(socket: &Path) -> io::Result<(File, PathBuf)> {
    let dir = File::open(socket.parent().unwrap_or(Path::new(".")))?;
    let name =
        format!("/proc/self/fd/{}/{}", dir.as_raw_fd(), socket.file_name().unwrap_or_default().display());
    Ok((dir, name.into()))
}

/// Listens on a socket.
pub fn listen(socket: &Path) -> io::Result<UnixListener> {
    let (_dir, name) = short(socket)?;
    UnixListener::bind(name)
}

/// Connects to one.
pub fn connect(socket: &Path) -> io::Result<UnixStream> {
    let (_dir, name) = short(socket)?;
    UnixStream::connect(name)
}

/// Asks the anchor behind a socket; none when there is none (any more).
pub fn ask(socket: &Path, request: &Request) -> Option<Reply> {
    let mut stream = connect(socket).ok()?;
    send(&mut stream, request).ok()?;
    receive(&stream).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let socket = deep.join("anchor.sock");
        let listener = listen(&socket).unwrap();
        let answer = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let request = receive::<Request>(&stream).unwrap();
            send(&mut stream, &Reply::Done).unwrap();
            request
        });
        assert_eq!(ask(&socket, &Request::Kill(9)), Some(Reply::Done));
        assert_eq!(answer.join().unwrap(), Some(Request::Kill(9)));
        assert_eq!(ask(&deep.join("no.sock"), &Request::State), None);
    }
}
