//! srun's terminal for `--pty`: its size, and its raw mode, which is taken back whatever happens.
#![expect(unsafe_code, reason = "the window size is asked for with an ioctl that no safe wrapper has")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

/// Columns and rows of the window of a terminal; an error where the descriptor is none.
pub fn window(fd: BorrowedFd<'_>) -> io::Result<(u16, u16)> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the descriptor is open for the length of the borrow, and TIOCGWINSZ writes one winsize to the pointer.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    if result == 0 { Ok((size.ws_col, size.ws_row)) } else { Err(io::Error::last_os_error()) }
}

/// A terminal in raw mode, until it is dropped.
#[derive(Debug)]
pub struct Raw {
    fd: OwnedFd,
    before: Termios,
}

impl Raw {
    /// Puts the terminal into raw mode: every key goes to the task.
    pub fn enter(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let fd = fd.try_clone_to_owned()?;
        let before = tcgetattr(&fd)?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(&fd, SetArg::TCSANOW, &raw)?;
        Ok(Self { fd, before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.fd, SetArg::TCSANOW, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use nix::pty::openpty;
    use nix::sys::termios::LocalFlags;

    use super::*;

    #[test]
    fn raw_mode_is_taken_back() {
        let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        let fd = pty.slave.as_fd();
        let echoes = || tcgetattr(fd).unwrap().local_flags.contains(LocalFlags::ECHO);
        assert_eq!(window(fd).unwrap(), (80, 24));
        assert!(echoes());
        let raw = Raw::enter(fd).unwrap();
        assert!(!echoes());
        drop(raw);
        assert!(echoes());
    }

    #[test]
    fn a_pipe_has_no_window() {
        let (read, _write) = io::pipe().unwrap();
        assert_eq!(window(read.as_fd()).unwrap_err().raw_os_error(), Some(libc::ENOTTY));
    }
}
