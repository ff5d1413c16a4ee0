//! A command inside a node, as whoever asked the node's agent for it holds it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use super::order::{Answer, As, Order, Process, Request, Signal, send_none, send_streams};
use crate::wire;

/// Where programs are on a node.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A command that runs inside a node. Letting go of it kills the command.
#[derive(Debug)]
pub struct Remote {
    connection: UnixStream,
}

/// What a command said and how it ended.
#[derive(Clone, Debug)]
pub struct Said {
    /// How it ended.
    pub status: ExitStatus,
    /// Both of its output streams.
    pub output: String,
}

impl Remote {
    /// Starts a command with these streams.
    pub fn start(socket: &Path, order: Order, streams: [BorrowedFd<'_>; 3]) -> io::Result<Self> {
        let mut connection = UnixStream::connect(socket)?;
        send_streams(&connection, streams)?;
        wire::write(&mut connection, &Request::Run(order))?;
        match wire::read(&mut connection)? {
            Some(Answer::Started) => Ok(Self { connection }),
            Some(Answer::Failed(words)) => Err(io::Error::other(words)),
            _ => Err(gone()),
        }
    }

    /// Starts a program with nothing to read, its output appended to a file.
    pub fn to_file(socket: &Path, argv: &[&str], who: As, output: &Path) -> io::Result<Self> {
        let output = File::options().create(true).append(true).open(output)?;
        let null = File::open("/dev/null")?;
        Self::start(socket, plain(argv, who), [null.as_fd(), output.as_fd(), output.as_fd()])
    }

    /// Sends the command a signal.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        wire::write(&mut &self.connection, &signal)
    }

    /// Waits for its end.
    pub fn wait(&self) -> io::Result<ExitStatus> {
        use std::os::unix::process::ExitStatusExt as _;
        match wire::read(&mut &self.connection)? {
            Some(Answer::Exited(code)) => Ok(ExitStatus::from_raw((code & 0xff) << 8)),
            Some(Answer::Killed(signal)) => Ok(ExitStatus::from_raw(signal & 0x7f)),
            _ => Err(gone()),
        }
    }

    /// The same within a time; an error of the kind `WouldBlock` or `TimedOut` when it is over.
    pub fn wait_for(&self, within: Duration) -> io::Result<ExitStatus> {
        self.connection.set_read_timeout(Some(within))?;
        let ended = self.wait();
        self.connection.set_read_timeout(None)?;
        ended
    }

    /// The connection, for whoever waits for several things at once.
    pub fn connection(&self) -> &UnixStream {
        &self.connection
    }
}

/// Runs a short program of a node to its end, and gives its output.
pub fn ask(socket: &Path, argv: &[&str], who: As, within: Duration) -> io::Result<Said> {
    let output = tempfile::tempfile()?;
    let null = File::open("/dev/null")?;
    let streams = [null.as_fd(), output.as_fd(), output.as_fd()];
    let status = Remote::start(socket, plain(argv, who), streams)?.wait_for(within)?;
    let mut bytes = Vec::new();
    let mut from = &output;
    io::Seek::rewind(&mut from)?;
    io::Read::read_to_end(&mut from, &mut bytes)?;
    Ok(Said { status, output: String::from_utf8_lossy(&bytes).into_owned() })
}

/// A connection whose end is the node's.
pub fn hold(socket: &Path) -> io::Result<UnixStream> {
    let mut connection = UnixStream::connect(socket)?;
    send_none(&connection)?;
    wire::write(&mut connection, &Request::Hold)?;
    Ok(connection)
}

/// The processes of a node that do not belong to it, after an end to them where that is asked for.
pub fn strays(socket: &Path, end: bool, within: Duration) -> io::Result<Vec<Process>> {
    let mut connection = UnixStream::connect(socket)?;
    // One whose node is paused takes the connection and never answers.
    connection.set_read_timeout(Some(within))?;
    send_none(&connection)?;
    wire::write(&mut connection, if end { &Request::EndStrays } else { &Request::Strays })?;
    wire::read(&mut connection)?.ok_or_else(gone)
}

fn plain(argv: &[&str], who: As) -> Order {
    let pair = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    Order {
        argv: argv.iter().map(|word| word.as_bytes().to_vec()).collect(),
        env: vec![pair("PATH", PATH), pair("LANG", "C.UTF-8")],
        cwd: b"/".to_vec(),
        who,
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the node's agent is gone")
}
