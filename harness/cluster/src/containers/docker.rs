//! The Docker engine, by its command line: what fails is then a command that a person can paste, and an engine of any age is
//! spoken to in its own version. The crate testcontainers (0.28) asks for API 1.53 and negotiates no other, which
//! Debian's engines (API 1.41 in Debian 12) refuse; `docker` also knows contexts and remote settings that its user chose.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

/// Why the engine did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    /// There is no `docker`.
    #[error("docker is not on PATH ({0}); install docker.io, or another engine with its command")]
    Absent(io::Error),
    /// It said no.
    #[error("`docker {command}` failed: {words}")]
    Refused {
        /// What was asked for.
        command: String,
        /// Its last words.
        words: String,
    },
}

/// Runs a docker command to its end and gives its output without the white space around it.
pub fn docker<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Result<String, DockerError> {
    let args: Vec<S> = args.into_iter().collect();
    let output =
        Command::new("docker").args(&args).stdin(Stdio::null()).output().map_err(DockerError::Absent)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).collect();
    let args: Vec<_> = args.iter().map(|arg| arg.as_ref().to_string_lossy()).collect();
    Err(DockerError::Refused { command: args.join(" "), words: last.join(" ") })
}

/// The engine's version, where one answers.
pub fn engine() -> Result<String, DockerError> {
    docker(["version", "--format", "{{.Server.Version}}"])
}

/// Whether an image is there.
pub fn has_image(tag: &str) -> bool {
    docker(["image", "inspect", "--format", "{{.Id}}", tag]).is_ok()
}
