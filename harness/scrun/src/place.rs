//! Where a container's files are: `ROOT/ID/`, with the anchor's socket, its last state and the spool for `scrun.lua`.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::status::Status;

/// Why there is no place for a container, or no container at it.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Inside a user namespace everybody is root, so that the user's own folder cannot be told.
    #[error(
        "called as root, which may be inside a user namespace: give --root, or set XDG_RUNTIME_DIR, so that nobody's \
         folder has to be guessed"
    )]
    Root,
    /// The folder cannot be made.
    #[error("cannot make {0}: {1}")]
    Folder(PathBuf, io::Error),
    /// There is one of that name.
    #[error("container `{0}` exists already; delete it first, or take another id")]
    Exists(String),
    /// There is none of that name.
    #[error("container `{0}` does not exist in {1}")]
    Missing(String, PathBuf),
    /// A file cannot be written or read.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
}

/// The folder of all containers: `--root`, else the user's run-time directory, else `/run/user/UID`.
pub fn root(
    asked: Option<&Path>,
    uid: u32,
    env: &dyn Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, PlaceError> {
    if let Some(root) = asked {
        return Ok(root.to_owned());
    }
    if let Some(dir) = env("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()) {
        return Ok(PathBuf::from(dir).join("scrun"));
    }
    if uid == 0 { Err(PlaceError::Root) } else { Ok(PathBuf::from(format!("/run/user/{uid}/scrun"))) }
}

/// What is known of a container without its anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// `ociVersion` of its bundle.
    pub oci_version: String,
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: Status,
    /// The anchor.
    pub pid: u32,
    /// The bundle as it was submitted.
    pub bundle: PathBuf,
    /// `annotations`
    pub annotations: std::collections::BTreeMap<String, String>,
    /// The job that it has or had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<u32>,
    /// The exit code, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

/// A container's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    root: PathBuf,
    id: String,
}

impl Place {
    /// That of a container, whether it is there or not.
    pub fn new(root: &Path, id: &str) -> Self {
        Self { root: root.to_owned(), id: id.to_owned() }
    }

    /// The folder of all containers.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The container's.
    pub fn dir(&self) -> PathBuf {
        self.root.join(&self.id)
    }

    /// The anchor's socket.
    pub fn socket(&self) -> PathBuf {
        self.dir().join("anchor.sock")
    }

    /// Working space for `scrun.lua`.
    pub fn spool(&self) -> PathBuf {
        self.dir().join("spool")
    }

    /// What the anchor is told.
    pub fn order(&self) -> PathBuf {
        self.dir().join("anchor.json")
    }

    fn state_file(&self) -> PathBuf {
        self.dir().join("state.json")
    }

    /// Makes it; a container of that name must not be there.
    pub fn make(&self) -> Result<(), PlaceError> {
        let folder = |path: PathBuf, error| PlaceError::Folder(path, error);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.root)
            .map_err(|error| folder(self.root.clone(), error))?;
        match DirBuilder::new().mode(0o700).create(self.dir()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(PlaceError::Exists(self.id.clone()));
            }
            made => made.map_err(|error| folder(self.dir(), error))?,
        }
        let spool = DirBuilder::new().mode(0o700).create(self.spool());
        spool.map_err(|error| folder(self.spool(), error))
    }

    /// Fails when there is no such container.
    pub fn check(&self) -> Result<(), PlaceError> {
        if self.dir().is_dir() {
            Ok(())
        } else {
            Err(PlaceError::Missing(self.id.clone(), self.root.clone()))
        }
    }

    /// Writes the state in one go, so that nobody reads half of it.
    pub fn write_state(&self, state: &State) -> Result<(), PlaceError> {
        let new = self.dir().join("state.json.new");
        let failed = |error: io::Error| PlaceError::File(self.state_file(), error);
        let text = serde_json::to_vec(state).map_err(|error| failed(error.into()))?;
        fs::write(&new, text).and_then(|()| fs::rename(&new, self.state_file())).map_err(failed)
    }

    /// The state as it was written last.
    pub fn read_state(&self) -> Result<State, PlaceError> {
        let failed = |error: io::Error| PlaceError::File(self.state_file(), error);
        let text = fs::read(self.state_file()).map_err(failed)?;
        serde_json::from_slice(&text).map_err(|error| failed(error.into()))
    }

    /// Takes all of it away; nothing there is no failure.
    pub fn remove(&self) -> Result<(), PlaceError> {
        match fs::remove_dir_all(self.dir()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(PlaceError::File(self.dir(), error)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_never_guessed_for_root() {
        let none = |_: &str| None;
        let xdg = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| OsString::from("/x"));
        assert_eq!(root(Some(Path::new("/r")), 0, &none).unwrap(), PathBuf::from("/r"));
        assert_eq!(root(None, 0, &xdg).unwrap(), PathBuf::from("/x/scrun"));
        assert_eq!(root(None, 7, &none).unwrap(), PathBuf::from("/run/user/7/scrun"));
        assert!(matches!(root(None, 0, &none), Err(PlaceError::Root)));
    }

    #[test]
    fn a_name_is_taken_once() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(&dir.path().join("root"), "c");
        assert!(place.check().is_err());
        place.make().unwrap();
        place.check().unwrap();
        assert!(matches!(place.make(), Err(PlaceError::Exists(_))));
        place.remove().unwrap();
        place.remove().unwrap();
        place.make().unwrap();
    }
}
