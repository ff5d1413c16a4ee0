//! Hooks: programs of config.json that run at points of a container's life, with its state on their standard input.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use oci_spec::runtime::Hook;
use serde_json::Value;

use super::error::Error;
use crate::sys;

/// Runs hooks one after another until one fails.
pub(super) fn run(hooks: &[Hook], state: &Value) -> Result<(), Error> {
    hooks.iter().try_for_each(|hook| run_one(hook, state))
}

/// Runs all hooks; what fails is said on standard error and stops nothing (poststart and poststop).
pub(super) fn run_all(hooks: &[Hook], state: &Value) {
    for hook in hooks {
        if let Err(error) = run_one(hook, state) {
            eprintln!("plimsoll runtime: warning: {error}");
        }
    }
}

fn run_one(hook: &Hook, state: &Value) -> Result<(), Error> {
    let fail = |cause: String| Error::Hook { path: hook.path().clone(), cause };
    let mut command = Command::new(hook.path());
    if let Some((name, args)) = hook.args().as_deref().and_then(|args| args.split_first()) {
        command.arg0(name).args(args);
    }
    command.env_clear();
    for entry in hook.env().iter().flatten() {
        if let Some((name, value)) = entry.split_once('=') {
            command.env(name, value);
        }
    }
    // Standard output is the container's, not the hook's.
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().map_err(|error| fail(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A hook need not read it.
        let _ = stdin.write_all(state.to_string().as_bytes());
    }
    let limit = hook.timeout().and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
    match wait(&mut child, limit) {
        Ok(Some(status)) if status.success() => Ok(()),
        Ok(Some(status)) => Err(fail(status.to_string())),
        Ok(None) => Err(fail(format!("it ran longer than its timeout of {} s", hook.timeout().unwrap_or(0)))),
        Err(error) => Err(fail(error.to_string())),
    }
}

/// Waits for a child; none when it was still running at the limit, and was killed for it.
fn wait(child: &mut Child, limit: Option<Duration>) -> io::Result<Option<ExitStatus>> {
    let Some(limit) = limit else { return child.wait().map(Some) };
    let deadline = Instant::now() + limit;
    let process = sys::process_fd(child.id())?;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up, so that it does not spin in the last millisecond.
        let millis = i32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(process.as_fd(), PollFlags::POLLIN)], timeout) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
            Ok(0) if left.is_zero() => {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            Ok(0) => {}
            Ok(_) => return child.wait().map(Some),
        }
    }
}
