//! A container's terminal: opened inside, handed to whoever `--console-socket` names, or relayed by `run` itself.

use std::fs::File;
use std::io::{self, IoSlice, IsTerminal as _, Read as _, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::pty::{PtyMaster, grantpt, posix_openpt, unlockpt};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::sys::stat::Mode;
use nix::sys::termios::{SetArg, SpecialCharacterIndices, Termios, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::{Uid, dup2_stderr, dup2_stdin, dup2_stdout, fchown};
use oci_spec::runtime::Process;

use super::error::{Doing as _, Error};
use super::mounts::make_file;
use crate::sys;

/// What is relayed at once.
const CHUNK: usize = 4096;

/// Opens a terminal inside the container, which has to be the root already, makes it the three standard streams and the
/// controlling terminal, and gives the other end with the terminal's path.
pub(super) fn open_inside(process: &Process) -> Result<(PtyMaster, String), Error> {
    let what = || "open a terminal; the container needs a devpts on /dev/pts".to_owned();
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).doing(what)?;
    grantpt(&master).doing(what)?;
    unlockpt(&master).doing(what)?;
    let name = sys::pty_name(&master).doing(what)?;
    let terminal = open(name.as_str(), OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty()).doing(what)?;
    if let Some(size) = process.console_size() {
        let number = |length: u64| u16::try_from(length).unwrap_or(u16::MAX);
        sys::set_window_size(&terminal, number(size.height()), number(size.width())).doing(what)?;
    }
    // Refused where the group of terminals has no number inside; the terminal is the user's anyhow.
    let _ = fchown(&terminal, Some(Uid::from_raw(process.user().uid())), None);
    let console = Path::new("/dev/console");
    make_file(console)?;
    let nothing = None::<&str>;
    mount(Some(name.as_str()), console, nothing, MsFlags::MS_BIND, nothing)
        .doing(|| "bind /dev/console".into())?;
    sys::become_controlling_terminal(&terminal).doing(|| "get a controlling terminal".into())?;
    dup2_stdin(&terminal)
        .and_then(|()| dup2_stdout(&terminal))
        .and_then(|()| dup2_stderr(&terminal))
        .doing(what)?;
    Ok((master, name))
}

/// Connects to the socket that is to get the terminal.
pub(super) fn connect(socket: &Path) -> Result<UnixStream, Error> {
    UnixStream::connect(socket).doing(|| format!("connect to the console socket {}", socket.display()))
}

/// Hands the terminal's other end over a console socket, with its name as engines expect.
pub(super) fn hand_over(socket: &UnixStream, master: &PtyMaster, name: &str) -> Result<(), Error> {
    let fds = [master.as_raw_fd()];
    let (data, control) = ([IoSlice::new(name.as_bytes())], [ControlMessage::ScmRights(&fds)]);
    sendmsg::<()>(socket.as_raw_fd(), &data, &control, MsgFlags::MSG_NOSIGNAL, None)
        .map(drop)
        .doing(|| "hand over the terminal".into())
}

/// The terminal of a container under `run`: this process's standard input goes there, and back comes its output.
#[derive(Debug)]
pub(super) struct Relay {
    master: Option<File>,
    stdin_open: bool,
    outer: Option<Termios>,
}

impl Relay {
    /// Takes over; a terminal on standard input is raw from now on, so that every key reaches the container.
    pub(super) fn start(master: OwnedFd) -> Self {
        let stdin = io::stdin();
        let outer = stdin.is_terminal().then(|| tcgetattr(&stdin).ok()).flatten();
        if let Some(outer) = &outer {
            let mut raw = outer.clone();
            cfmakeraw(&mut raw);
            let _ = tcsetattr(&stdin, SetArg::TCSANOW, &raw);
        }
        let relay = Self { master: Some(master.into()), stdin_open: true, outer };
        relay.resize();
        relay
    }

    /// Gives the container's terminal the size of the outer one.
    pub(super) fn resize(&self) {
        if let (Some(master), Some(_)) = (&self.master, &self.outer) {
            let _ = sys::copy_window_size(io::stdin(), master);
        }
    }

    /// What the relay waits for: more input, more output.
    pub(super) fn sources(&self) -> [Option<BorrowedFd<'_>>; 2] {
        let stdin = self.stdin_open && self.master.is_some();
        [stdin.then(|| STDIN.as_fd()), self.master.as_ref().map(AsFd::as_fd)]
    }

    /// Carries input on.
    pub(super) fn input(&mut self) {
        let mut chunk = [0; CHUNK];
        let length = io::stdin().lock().read(&mut chunk).unwrap_or(0);
        let Some(master) = &mut self.master else { return };
        if length > 0 {
            let _ = master.write_all(&chunk[..length]);
            return;
        }
        self.stdin_open = false;
        // A terminal has no end of its own: the program hears of it by the key that means it.
        if let Ok(settings) = tcgetattr(&*master) {
            let _ = master.write_all(&[settings.control_chars[SpecialCharacterIndices::VEOF as usize]]);
        }
    }

    /// Carries output back; false at its end.
    pub(super) fn output(&mut self) -> bool {
        let Some(master) = &mut self.master else { return false };
        let mut chunk = [0; CHUNK];
        match master.read(&mut chunk) {
            Ok(length) if length > 0 => {
                let mut stdout = io::stdout().lock();
                let _ = stdout.write_all(&chunk[..length]).and_then(|()| stdout.flush());
                true
            }
            Err(error) if error.raw_os_error() == Some(Errno::EINTR as i32) => true,
            // EIO: nobody has the terminal open any more.
            _ => {
                self.master = None;
                false
            }
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(outer) = &self.outer {
            let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, outer);
        }
    }
}

static STDIN: std::sync::LazyLock<io::Stdin> = std::sync::LazyLock::new(io::stdin);
