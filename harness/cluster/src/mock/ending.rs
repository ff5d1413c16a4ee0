//! Waiting for the end of a mock's daemon, with a limit.

use std::io::{BufReader, Read as _};
use std::os::fd::AsFd as _;
use std::process::ChildStdout;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// What a daemon still says before its end, which closes its output; none when it does not end in time.
pub fn read_to_end(output: &mut BufReader<ChildStdout>, within: Duration) -> Option<String> {
    let deadline = Instant::now() + within;
    let mut said = output.buffer().to_vec();
    let mut chunk = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(output.get_ref().as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(0) => return None,
            Err(nix::errno::Errno::EINTR) => continue,
            Ok(_) | Err(_) => {}
        }
        match output.get_mut().read(&mut chunk) {
            Ok(0) | Err(_) => return Some(String::from_utf8_lossy(&said).into_owned()),
            Ok(count) => said.extend_from_slice(&chunk[..count]),
        }
    }
}
