//! The terminal of a container: a pseudoterminal whose master goes to whoever asked for it over a socket.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use nix::pty::openpty;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::ttyname;

/// Makes one, sends its master to `socket`, and gives the other side, which becomes the controlling terminal of this process:
/// it must lead a session that has none.
pub fn open(socket: &Path) -> io::Result<File> {
    let pty = openpty(None, None)?;
    let name = ttyname(&pty.slave)?;
    // Opened again, since only opening it makes it the session's terminal.
    let user = OpenOptions::new().read(true).write(true).open(&name)?;
    send(socket, &pty.master, &name)?;
    Ok(user)
}

fn send(socket: &Path, master: &OwnedFd, name: &Path) -> io::Result<()> {
    let stream = crate::wire::connect(socket)?;
    let text = name.to_string_lossy().into_owned();
    let fds = [master.as_raw_fd()];
    let messages = [ControlMessage::ScmRights(&fds)];
    let sent = sendmsg::<()>(
        stream.as_raw_fd(),
        &[IoSlice::new(text.as_bytes())],
        &messages,
        MsgFlags::empty(),
        None,
    );
    sent.map(drop).map_err(io::Error::from)
}
