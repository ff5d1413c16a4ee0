//! What is kept of a container between two calls of the runtime: a directory below `--root` with `state.json` and, until
//! it is started, the fifo on which it waits.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::{geteuid, mkfifo};
use oci_spec::runtime::Hook;
use serde::{Deserialize, Serialize};

use super::error::{Doing as _, Error, to};
use super::process_tree::{self, Stat};

/// The life of a container (rule L-CS-2 reads these words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// It is being made.
    Creating,
    /// It waits for `start`.
    Created,
    /// Its program runs.
    Running,
    /// Its program has ended.
    Stopped,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Status::Creating => "creating",
            Status::Created => "created",
            Status::Running => "running",
            Status::Stopped => "stopped",
        })
    }
}

/// The directory of all containers.
#[derive(Clone, Debug)]
pub(super) struct Root(pub PathBuf);

impl Root {
    /// The one that was named, made where it is missing; else `$XDG_RUNTIME_DIR/plimsoll`, `/run/plimsoll` for root, or a
    /// directory in /tmp that nobody else can enter.
    pub(super) fn open(named: Option<PathBuf>) -> Result<Self, Error> {
        let uid = geteuid();
        let xdg = std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty());
        let own = named.is_some();
        let path = match (named, xdg) {
            (Some(path), _) => path,
            (None, Some(dir)) => Path::new(&dir).join("plimsoll"),
            (None, None) if uid.is_root() => PathBuf::from("/run/plimsoll"),
            (None, None) => PathBuf::from(format!("/tmp/plimsoll-runtime-{uid}")),
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .doing(|| to("make the directory", &path))?;
        let data = fs::symlink_metadata(&path).doing(|| to("look at", &path))?;
        if !own && (data.uid() != uid.as_raw() || data.mode() & 0o077 != 0 || !data.is_dir()) {
            let cause = io::Error::other("somebody else can enter it; name another one with --root");
            return Err(Error::Call { what: to("use", &path), source: cause });
        }
        Ok(Self(path))
    }

    /// Takes an id.
    pub(super) fn reserve(&self, id: &str) -> Result<Dir, Error> {
        let path = self.0.join(id);
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => Ok(Dir(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::Exists { id: id.to_owned(), root: self.0.clone() })
            }
            Err(source) => Err(Error::Call { what: to("make the directory", &path), source }),
        }
    }

    /// The container of an id.
    pub(super) fn find(&self, id: &str) -> Result<(Dir, Saved), Error> {
        let dir = Dir(self.0.join(id));
        match dir.load() {
            Ok(saved) => Ok((dir, saved)),
            Err(Error::Call { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Err(Error::NoContainer { id: id.to_owned(), root: self.0.clone() })
            }
            Err(error) => Err(error),
        }
    }

    /// Every container, by its id. Directories of other programs are passed over: `--root` may be /run/user/UID itself.
    pub(super) fn all(&self) -> Result<Vec<(Dir, Saved)>, Error> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.0).doing(|| to("read", &self.0))? {
            let dir = Dir(entry.doing(|| to("read", &self.0))?.path());
            if let Ok(saved) = dir.load() {
                all.push((dir, saved));
            }
        }
        all.sort_by(|a, b| a.1.id.cmp(&b.1.id));
        Ok(all)
    }
}

/// The directory of one container.
#[derive(Clone, Debug)]
pub(super) struct Dir(pub PathBuf);

impl Dir {
    fn state(&self) -> PathBuf {
        self.0.join("state.json")
    }

    /// The fifo on which a created container waits.
    pub(super) fn fifo(&self) -> PathBuf {
        self.0.join("start.fifo")
    }

    fn load(&self) -> Result<Saved, Error> {
        let path = self.state();
        let text = fs::read(&path).doing(|| to("read", &path))?;
        serde_json::from_slice(&text).map_err(io::Error::from).doing(|| to("read", &path))
    }

    /// Writes the state, the whole or nothing.
    pub(super) fn save(&self, saved: &Saved) -> Result<(), Error> {
        let (path, temporary) = (self.state(), self.0.join("state.tmp"));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
            file.write_all(&serde_json::to_vec(saved)?)?;
            fs::rename(&temporary, &path)
        };
        write().doing(|| to("write", &path))
    }

    /// Makes the fifo.
    pub(super) fn make_fifo(&self) -> Result<(), Error> {
        mkfifo(&self.fifo(), Mode::from_bits_truncate(0o600)).doing(|| to("make", &self.fifo()))
    }

    /// Removes all of it; that it is gone already is no error.
    pub(super) fn remove(&self) -> Result<(), Error> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).doing(|| to("remove", &self.0))
            }
            _ => Ok(()),
        }
    }

    /// How the container is now.
    pub(super) fn status(&self, saved: &Saved) -> Status {
        if saved.pid == 0 {
            // Who made it may have been killed; then it never comes to be.
            return if process_tree::lives(saved.maker) { Status::Creating } else { Status::Stopped };
        }
        if !process_tree::lives(saved.process()) {
            Status::Stopped
        } else if self.fifo().exists() {
            Status::Created
        } else {
            Status::Running
        }
    }
}

/// state.json: what later calls need, config.json not being there any more then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    /// `ociVersion` of config.json.
    pub oci_version: String,
    /// The id.
    pub id: String,
    /// Pid of the first process; 0 while there is none.
    pub pid: i32,
    /// When that process started, by which its pid is told from a later one of the same number.
    pub start_time: u64,
    /// The runtime process that makes the container.
    pub maker: Stat,
    /// The bundle.
    pub bundle: PathBuf,
    /// The root file system.
    pub rootfs: PathBuf,
    /// When it was made: RFC 3339.
    pub created: String,
    /// Who made it: a user's id.
    pub owner: u32,
    /// `annotations` of config.json.
    pub annotations: BTreeMap<String, String>,
    /// Hooks for `start`.
    pub poststart: Vec<Hook>,
    /// Hooks for `delete`.
    pub poststop: Vec<Hook>,
}

impl Saved {
    /// Its first process.
    pub(super) fn process(&self) -> Stat {
        Stat { pid: self.pid, start_time: self.start_time }
    }

    /// The state as hooks get it, by the runtime specification.
    pub(super) fn for_hooks(&self, status: Status) -> serde_json::Value {
        let mut state = serde_json::json!({
            "ociVersion": self.oci_version,
            "id": self.id,
            "status": status,
            "bundle": self.bundle,
        });
        if self.pid != 0 && status != Status::Stopped {
            state["pid"] = self.pid.into();
        }
        if !self.annotations.is_empty() {
            state["annotations"] = serde_json::json!(self.annotations);
        }
        state
    }

    /// The state as `state` prints it: with what crun and runc add.
    pub(super) fn for_users(&self, status: Status) -> serde_json::Value {
        let mut state = self.for_hooks(status);
        state["pid"] = if status == Status::Stopped { 0 } else { self.pid }.into();
        state["rootfs"] = serde_json::json!(self.rootfs);
        state["created"] = self.created.as_str().into();
        state["owner"] = owner_name(self.owner).into();
        state
    }
}

/// The name of a user, or its number where it has none.
pub(super) fn owner_name(uid: u32) -> String {
    let user = nix::unistd::User::from_uid(uid.into()).ok().flatten();
    user.map_or_else(|| uid.to_string(), |user| user.name)
}
