//! A terminal for a command: a pair of ends, ours and the user's.

use std::io;
use std::os::fd::OwnedFd;

use nix::pty::{Winsize, openpty};

/// The two ends of a terminal.
#[derive(Debug)]
pub struct Terminal {
    /// What the case reads.
    pub ours: OwnedFd,
    /// What the command takes for a terminal.
    pub user: OwnedFd,
}

/// Opens a terminal of this size.
pub fn open(columns: u16, rows: u16) -> io::Result<Terminal> {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size, None)?;
    // Our end must not leak into commands that other cases start at the same time, or it would never be closed.
    nix::fcntl::fcntl(&pty.master, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
    nix::fcntl::fcntl(&pty.slave, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
    Ok(Terminal { ours: pty.master, user: pty.slave })
}
