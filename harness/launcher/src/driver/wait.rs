//! Waiting for descriptors, with a deadline or without one.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Waits until something can be read from one of `fds`, or its other end is gone; says from which. None when the deadline
/// has passed first.
pub fn readable<const N: usize>(
    fds: [BorrowedFd<'_>; N],
    deadline: Option<Instant>,
) -> io::Result<Option<[bool; N]>> {
    let mut polled = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
    loop {
        let timeout = match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
            None => PollTimeout::NONE,
            Some(left) if left.is_zero() => return Ok(None),
            // Rounded up, so that a rest of less than a millisecond is no busy loop.
            Some(left) => {
                PollTimeout::try_from(left.as_millis().saturating_add(1)).unwrap_or(PollTimeout::MAX)
            }
        };
        match poll(&mut polled, timeout) {
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => return Ok(Some(polled.map(|fd| fd.any().unwrap_or(true)))),
            Err(error) => return Err(error.into()),
        }
    }
}
