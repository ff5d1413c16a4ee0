//! One operation of a runtime: `/bin/sh -c STRING` (rule L-TASK-10), its output and its end.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;

use super::identity::is_other;
use super::{sys, wait};
use crate::Release;
use crate::env::Env;
use crate::step::User;

/// How long an operation other than the container's own run may take before it is ended, on the guide's terms: runtimes
/// answer in milliseconds. Real releases wait for ever.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// The most that is kept of an answer; a state document is a few hundred bytes.
const LONGEST_ANSWER: usize = 1 << 20;
/// The code of an operation whose shell cannot be started.
const CANNOT_START: i32 = 127;

/// How and where operations run.
#[derive(Debug)]
pub struct Operator<'a> {
    /// The runtime's environment.
    pub env: &'a Env,
    /// The working directory.
    pub dir: Option<&'a Path>,
    /// Whom to become, when this process is root.
    pub user: Option<&'a User>,
    /// Groups to have all the same where nobody else is become, when this process is root.
    pub groups: Option<&'a [u32]>,
    /// Whether standard error is part of an answer (real releases: R-OPEN-4).
    pub errors_count: bool,
    /// The most time an operation may take.
    pub deadline: Option<Duration>,
}

/// Where an operation's output goes.
#[derive(Debug)]
pub enum Output {
    /// To the task's own streams, as a member of its process group.
    Inherit,
    /// To the task's own streams, out of reach of what is sent to the task's process group: a signal is for the container,
    /// and would end the operation that makes or starts it.
    InheritApart,
    /// Read to its end, and kept.
    Keep,
}

/// What came of an operation.
#[derive(Debug, Default)]
pub struct Done {
    /// Its exit code, 128 and the signal where one ended it.
    pub code: i32,
    /// The status that `wait` gave, of which the code is only a part: what R-OPEN-2 is about.
    pub wait_status: i32,
    /// Its output, where it was kept.
    pub output: Vec<u8>,
}

impl Done {
    fn new(status: ExitStatus, output: Vec<u8>) -> Self {
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        Self { code, wait_status: status.into_raw(), output }
    }

    /// The `status` of a Query's answer; none when it is unusable (rule L-CS-6).
    pub fn status(&self, release: Release) -> Option<String> {
        match self.state(release)?.get("status")? {
            Value::String(status) => Some(status.clone()),
            // To the releases any scalar is text.
            Value::Number(number) if release.has_open_defects() => Some(number.to_string()),
            _ => None,
        }
    }

    /// The answer as JSON. `[22.05]` does not look at the code; releases do not look behind the first value.
    pub fn state(&self, release: Release) -> Option<Value> {
        if self.code != 0 && release.at_least(Release::V23_02) {
            return None;
        }
        if !release.has_open_defects() {
            return serde_json::from_slice(&self.output).ok();
        }
        serde_json::Deserializer::from_slice(&self.output).into_iter().next()?.ok()
    }

    /// What a release says of a Query's answer that it cannot use.
    pub fn complaint(&self, release: Release) -> Option<String> {
        if release.is_later() && self.wait_status != 0 {
            let output = String::from_utf8_lossy(&self.output);
            let status = self.wait_status;
            return Some(format!("_get_container_state: RunTimeQuery failed rc:{status} output:{output}"));
        }
        if release.at_least(Release::V23_02) || self.state(release).is_some() {
            return None;
        }
        let length = self.output.len();
        Some(match self.output.trim_ascii_start().first() {
            None => format!("_get_container_state: RunTimeQuery failed rc:{} output:", self.wait_status),
            Some(first) => {
                let why = match first {
                    b'n' | b'N' => "null expected",
                    b't' | b'T' | b'f' | b'F' => "boolean expected",
                    b'{' | b'[' | b'"' => "continue",
                    _ => "unexpected character",
                };
                format!("_try_parse: JSON parsing error {length} bytes: {why}")
            }
        })
    }
}

impl Operator<'_> {
    /// The shell for a command, ready to be started.
    fn shell(&self, command: &OsStr) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(command).env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = self.dir {
            shell.current_dir(dir);
        }
        if let Some(user) = self.user.filter(|user| is_other(user)) {
            sys::become_before_exec(&mut shell, user);
        }
        if let Some(groups) = self.groups.filter(|_| nix::unistd::geteuid().is_root()) {
            sys::join_before_exec(&mut shell, groups);
        }
        super::fork::unmasked(&mut shell);
        shell
    }

    /// Runs an operation to its end.
    pub fn run(&self, command: &OsString, output: &Output) -> Done {
        self.try_run(command, output).unwrap_or_else(|error| Done {
            code: CANNOT_START,
            wait_status: CANNOT_START << 8,
            output: error.to_string().into_bytes(),
        })
    }

    fn try_run(&self, command: &OsString, output: &Output) -> io::Result<Done> {
        let mut shell = self.shell(command);
        let deadline = self.deadline.map(|limit| Instant::now() + limit);
        if !matches!(output, Output::Keep) {
            if matches!(output, Output::InheritApart) {
                shell.process_group(0);
            }
            let mut child = shell.spawn()?;
            return Ok(Done::new(await_end(&mut child, deadline)?, Vec::new()));
        }
        let (read, write) = io::pipe()?;
        let errors = if self.errors_count { Stdio::from(write.try_clone()?) } else { Stdio::null() };
        // A group of its own, so that all of it can be ended; the terminal's signals are not for it.
        let mut child = shell.stdin(Stdio::null()).stdout(write).stderr(errors).process_group(0).spawn()?;
        // With the command goes its copy of the pipe's end, which would keep it open.
        drop(shell);
        let output = read_to_end(read.into(), deadline);
        Ok(Done::new(await_end(&mut child, deadline)?, output?))
    }
}

fn read_to_end(from: OwnedFd, deadline: Option<Instant>) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut file = std::fs::File::from(from);
    let mut buffer = [0; 8192];
    while wait::readable([file.as_fd()], deadline)?.is_some() {
        match file.read(&mut buffer)? {
            0 => break,
            count => {
                let room = LONGEST_ANSWER.saturating_sub(kept.len());
                kept.extend_from_slice(&buffer[..count.min(room)]);
            }
        }
    }
    Ok(kept)
}

/// Waits for an operation, and ends it at its deadline.
fn await_end(child: &mut Child, deadline: Option<Instant>) -> io::Result<ExitStatus> {
    let pid = child.id().cast_signed();
    // Where the kernel has no such descriptor (before Linux 5.3), an operation may take its time.
    if deadline.is_some()
        && let Ok(end) = sys::pidfd(pid)
        && wait::readable([end.as_fd()], deadline)?.is_none()
    {
        // Fails for one that leads no group: such a one is alone.
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        child.kill()?;
    }
    child.wait()
}
