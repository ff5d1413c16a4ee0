//! Terminals: what nix's termios leaves out.
#![expect(
    unsafe_code,
    reason = "the ioctls of a terminal have no safe wrapper; every block says why it is sound"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd as _};

use nix::pty::{PtyMaster, ptsname_r};

use super::process::check;

/// Makes a terminal the controlling one of this session, whose leader this process must be.
pub(crate) fn become_controlling_terminal(terminal: impl AsFd) -> io::Result<()> {
    // SAFETY: takes plain numbers and an open descriptor.
    check(unsafe { libc::ioctl(terminal.as_fd().as_raw_fd(), libc::TIOCSCTTY, 0) }.into())
}

/// The path of a pty's other end, in the mount namespace where the pty was opened.
pub(crate) fn pty_name(master: &PtyMaster) -> io::Result<String> {
    Ok(ptsname_r(master)?)
}

/// Gives a terminal a size.
pub(crate) fn set_window_size(terminal: impl AsFd, rows: u16, columns: u16) -> io::Result<()> {
    let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the pointer is to a live structure of the type that this ioctl reads.
    check(unsafe { libc::ioctl(terminal.as_fd().as_raw_fd(), libc::TIOCSWINSZ, &raw const size) }.into())
}

/// Gives a terminal the size of another.
pub(crate) fn copy_window_size(from: impl AsFd, to: impl AsFd) -> io::Result<()> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the pointer is to a live structure of the type that this ioctl writes.
    check(unsafe { libc::ioctl(from.as_fd().as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) }.into())?;
    // SAFETY: the pointer is to a live structure of the type that this ioctl reads.
    check(unsafe { libc::ioctl(to.as_fd().as_raw_fd(), libc::TIOCSWINSZ, &raw const size) }.into())
}
