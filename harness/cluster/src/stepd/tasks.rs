//! The tasks' processes: their streams' ends, and what became of them.

use std::io;
use std::os::fd::OwnedFd;

use nix::fcntl::OFlag;
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, pipe2};
use plimsoll_launcher::driver::{Task, TaskStdio};

use crate::view::ExitCode;

/// The step daemon's ends of a task's streams.
#[derive(Debug, Default)]
pub struct Ends {
    /// Where its standard input is written.
    pub stdin: Option<OwnedFd>,
    /// Where its output is read; of a pty all of it.
    pub stdout: Option<OwnedFd>,
    /// Where its errors are read.
    pub stderr: Option<OwnedFd>,
    /// The pty itself, for its size.
    pub pty: Option<OwnedFd>,
}

/// A task that was started.
#[derive(Debug)]
pub struct Started {
    /// Its rank.
    pub rank: u32,
    /// Its process.
    pub task: Task,
    /// How it ended.
    pub exit: Option<(ExitCode, bool)>,
}

fn open_null() -> io::Result<OwnedFd> {
    Ok(std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?.into())
}

/// Pipes for a task, or /dev/null for an input that it is not to get.
pub fn pipes(with_input: bool) -> io::Result<(TaskStdio, Ends)> {
    let (out_read, out_write) = pipe2(OFlag::O_CLOEXEC)?;
    let (err_read, err_write) = pipe2(OFlag::O_CLOEXEC)?;
    let (stdin, end) = if with_input {
        let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
        (read, Some(write))
    } else {
        (open_null()?, None)
    };
    let own = TaskStdio { stdin, stdout: out_write, stderr: err_write, controlling_terminal: false };
    Ok((own, Ends { stdin: end, stdout: Some(out_read), stderr: Some(err_read), pty: None }))
}

/// A pty for a task.
pub fn terminal((columns, rows): (u16, u16), owner: (u32, u32)) -> io::Result<(TaskStdio, Ends)> {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let OpenptyResult { master, slave } = openpty(&size, None)?;
    for fd in [&master, &slave] {
        nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
    }
    // Only root can hand it over, and only root has to.
    let _ = std::os::unix::fs::fchown(&slave, Some(owner.0), Some(owner.1));
    let stdio = TaskStdio {
        stdin: slave.try_clone()?,
        stdout: slave.try_clone()?,
        stderr: slave,
        controlling_terminal: true,
    };
    let ends = Ends {
        stdin: Some(master.try_clone()?),
        stdout: Some(master.try_clone()?),
        stderr: None,
        pty: Some(master),
    };
    Ok((stdio, ends))
}

/// Gives a pty another size; the kernel sends SIGWINCH.
#[expect(unsafe_code, reason = "nix has no safe call for TIOCSWINSZ")]
pub fn resize(pty: &OwnedFd, columns: u16, rows: u16) {
    nix::ioctl_write_ptr_bad!(set_size, libc::TIOCSWINSZ, Winsize);
    use std::os::fd::AsRawFd as _;
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the descriptor is open and `size` lives through the call. A terminal that is gone has no size to care for.
    let _ = unsafe { set_size(pty.as_raw_fd(), &raw const size) };
}

/// What `waitpid` says of every child that has ended since, and whether any child is left.
pub fn reap() -> (Vec<(i32, ExitCode, bool)>, bool) {
    let mut ended = Vec::new();
    loop {
        match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => {
                ended.push((pid.as_raw(), ExitCode::exited((code & 0xff).try_into().unwrap_or(255)), false));
            }
            Ok(WaitStatus::Signaled(pid, signal, core)) => {
                ended.push((pid.as_raw(), ExitCode::signaled((signal as i32).try_into().unwrap_or(0)), core));
            }
            Ok(WaitStatus::StillAlive) => return (ended, true),
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return (ended, false),
        }
    }
}
