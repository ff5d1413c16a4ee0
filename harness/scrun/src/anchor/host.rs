//! What `scrun.lua` can do from an anchor: commands here and as steps of the job, and the log.

use std::ffi::OsString;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use nix::unistd::Pid;

use super::Anchor;
use crate::log::Level;
use crate::script::Host;

/// The exit code of a command that cannot be run, as shells have it.
const NOT_RUN: i32 = 127;

/// An anchor as its script sees it.
pub(super) struct AnchorHost {
    pub(super) anchor: Arc<Anchor>,
    /// What commands see.
    pub(super) env: Vec<(OsString, OsString)>,
}

impl AnchorHost {
    /// Runs a command to its end; both of its outputs are one text. It is ended when the container is.
    fn run(&self, mut command: Command) -> (i32, String) {
        let failed = |error: std::io::Error| (NOT_RUN, error.to_string());
        let (mut reader, writer) = match std::io::pipe() {
            Ok(pipe) => pipe,
            Err(error) => return failed(error),
        };
        let other = match writer.try_clone() {
            Ok(other) => other,
            Err(error) => return failed(error),
        };
        command
            .stdin(Stdio::null())
            .stdout(OwnedFd::from(writer))
            .stderr(OwnedFd::from(other))
            .process_group(0);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return failed(error),
        };
        // The command holds the other ends of the pipe.
        drop(command);
        self.anchor.shared.set_command(Some(Pid::from_raw(child.id().cast_signed())));
        let mut output = Vec::new();
        let read = reader.read_to_end(&mut output);
        let status = child.wait();
        self.anchor.shared.set_command(None);
        match (read, status) {
            (Ok(_), Ok(status)) => {
                let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
                (code, String::from_utf8_lossy(&output).into_owned())
            }
            (Err(error), _) | (_, Err(error)) => failed(error),
        }
    }
}

impl Host for AnchorHost {
    fn allocator_command(&self, script: &str) -> (i32, String) {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        self.run(command)
    }

    fn remote_command(&self, script: &str) -> (i32, String) {
        let mut command = Command::new(&self.anchor.order.srun);
        command.args(["--overlap", "--ntasks-per-node=1", "/bin/sh", "-c", script]);
        self.run(command)
    }

    fn log(&self, level: Level, text: &str) {
        self.anchor.log.line(level, text);
    }
}
