//! Why the built-in runtime did not do what it was asked for: one sentence each.

use std::io;
use std::path::{Path, PathBuf};

use super::container::Status;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The command line.
    #[error("{0}")]
    Usage(String),
    /// A system call or a file.
    #[error("cannot {what}: {source}")]
    Call {
        /// What was tried, with its path.
        what: String,
        /// The cause.
        source: io::Error,
    },
    /// config.json says what cannot be done.
    #[error("{}: {cause}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// No container of that id.
    #[error("container `{id}` does not exist in {}", root.display())]
    NoContainer {
        /// Its id.
        id: String,
        /// The directory of all containers.
        root: PathBuf,
    },
    /// The id is taken.
    #[error("container `{id}` exists already in {}; delete it, or take another id", root.display())]
    Exists {
        /// Its id.
        id: String,
        /// The directory of all containers.
        root: PathBuf,
    },
    /// The container is in another state than the operation needs.
    #[error("container `{id}` is {status}, {wanted}")]
    Status {
        /// Its id.
        id: String,
        /// How it is.
        status: Status,
        /// What it would have to be.
        wanted: &'static str,
    },
    /// A hook failed.
    #[error("hook {}: {cause}", path.display())]
    Hook {
        /// Its program.
        path: PathBuf,
        /// How it failed.
        cause: String,
    },
    /// The container's process could not become what it should; the text is its own.
    #[error("{0}")]
    Inside(String),
    /// A signal came while the container was being made.
    #[error("interrupted by signal {0}")]
    Interrupted(i32),
}

/// Says what was tried when a call fails.
pub(super) trait Doing<T> {
    /// `what` begins with a verb: `read /etc/passwd`.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Call { what: what(), source: source.into() })
    }
}

/// `verb PATH`, for [`Doing::doing`].
pub(super) fn to(verb: &str, path: &Path) -> String {
    format!("{verb} {}", path.display())
}
