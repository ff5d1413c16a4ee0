//! What can go wrong with profiles, one sentence each with path, cause and remedy.

use std::io;
use std::path::PathBuf;

/// A profile that cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// One of its files cannot be read.
    #[error("cannot read {}: {cause}; a profile is a folder with profile.toml and oci.conf", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Its description is wrong.
    #[error("{} is no profile: {cause}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: toml::de::Error,
    },
    /// The folder's name is another one.
    #[error("{} calls itself `{id}`; a profile's id is the name of its folder", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// What it calls itself.
        id: String,
    },
    /// Nothing would be run.
    #[error("{} names no program; set `program = [\"crun\"]` or what its commands begin with", .0.display())]
    NoProgram(PathBuf),
}

/// A program that was asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// It is not installed.
    #[error("{program} is not installed; install it, or use --runtime double or auto")]
    NotInstalled {
        /// The program.
        program: String,
    },
    /// There is only a built-in one.
    #[error("{profile} has no program but the built-in one; use --runtime double or auto")]
    BuiltIn {
        /// The profile.
        profile: String,
    },
    /// There is no double of it.
    #[error("there is no double of {runtime}; install it, or choose another profile")]
    NoDouble {
        /// The runtime.
        runtime: String,
    },
}

/// A path that no `oci.conf` can hold: between double quotes there is no way to write one, or a line break (rule C-LEX-4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("oci.conf cannot hold the path {0:?}, for its quotes or line breaks; use another folder")]
pub struct UnwritablePath(pub PathBuf);
