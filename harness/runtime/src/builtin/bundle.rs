//! A bundle: its config.json, read and checked before anything is made of it.

use std::fs;
use std::path::{Path, PathBuf};

use oci_spec::runtime::{Hook, Linux, LinuxNamespaceType, Process, Spec};

use super::error::{Error, to};

/// A bundle that can be run.
#[derive(Debug)]
pub(super) struct Bundle {
    /// Its directory, absolute, without links.
    pub dir: PathBuf,
    /// The root file system, likewise.
    pub rootfs: PathBuf,
    /// config.json.
    pub spec: Spec,
    /// The process of [`Self::spec`].
    pub process: Process,
    /// The Linux part, empty where there is none.
    pub linux: Linux,
}

impl Bundle {
    /// Reads the bundle in `dir` (`config` replaces its config.json) and refuses what the built-in runtime cannot do.
    pub(super) fn load(dir: Option<&Path>, config: Option<&Path>) -> Result<Self, Error> {
        let call = |what: String| |source| Error::Call { what, source };
        let named = dir.unwrap_or(Path::new("."));
        let dir = fs::canonicalize(named).map_err(call(to("open the bundle", named)))?;
        let path = config.map_or_else(|| dir.join("config.json"), Path::to_owned);
        let text = fs::read(&path).map_err(call(to("read", &path)))?;
        let refuse = |cause: &str| Error::Config { path: path.clone(), cause: cause.to_owned() };
        let spec: Spec = serde_json::from_slice(&text).map_err(|error| refuse(&error.to_string()))?;
        let process = spec.process().clone().ok_or_else(|| refuse("`process` is missing"))?;
        if process.args().as_ref().is_none_or(Vec::is_empty) {
            return Err(refuse("`process.args` is empty"));
        }
        if !process.cwd().is_absolute() {
            return Err(refuse("`process.cwd` is not absolute"));
        }
        let root = spec.root().as_ref().ok_or_else(|| refuse("`root` is missing"))?;
        let rootfs = dir.join(root.path());
        let rootfs = fs::canonicalize(&rootfs).map_err(call(to("open the root file system", &rootfs)))?;
        if !rootfs.is_dir() {
            return Err(refuse("`root.path` is no directory"));
        }
        let linux = match spec.linux() {
            Some(linux) => linux.clone(),
            None => return Err(refuse("`linux` is missing")),
        };
        let bundle = Self { dir, rootfs, spec, process, linux };
        if !bundle.namespaces().any(|(kind, _)| kind == LinuxNamespaceType::Mount) {
            return Err(refuse(
                "`linux.namespaces` has no `mount`, without which the host's mounts would change",
            ));
        }
        if bundle.namespaces().any(|(kind, _)| kind == LinuxNamespaceType::Time) {
            return Err(refuse(
                "the built-in runtime has no time namespaces; leave `time` out of `linux.namespaces`",
            ));
        }
        if bundle.linux.seccomp().is_some() {
            return Err(refuse(
                "the built-in runtime has no seccomp filters; leave `linux.seccomp` out, or use crun",
            ));
        }
        Ok(bundle)
    }

    /// The namespaces: their kind, and the path of one to join.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = (LinuxNamespaceType, Option<&Path>)> {
        let namespaces = self.linux.namespaces().iter().flatten();
        namespaces.map(|namespace| (namespace.typ(), namespace.path().as_deref()))
    }

    /// Whether the container gets a namespace of a kind that did not exist before.
    pub(super) fn makes(&self, wanted: LinuxNamespaceType) -> bool {
        self.namespaces().any(|(kind, path)| kind == wanted && path.is_none())
    }

    /// Whether the program gets a terminal.
    pub(super) fn terminal(&self) -> bool {
        self.process.terminal().unwrap_or(false)
    }

    /// The hooks of a kind.
    pub(super) fn hooks(&self, kind: HookKind) -> &[Hook] {
        let Some(hooks) = self.spec.hooks() else { return &[] };
        let found = match kind {
            HookKind::Prestart => hooks.prestart(),
            HookKind::CreateRuntime => hooks.create_runtime(),
            HookKind::CreateContainer => hooks.create_container(),
            HookKind::StartContainer => hooks.start_container(),
            HookKind::Poststart => hooks.poststart(),
            HookKind::Poststop => hooks.poststop(),
        };
        found.as_deref().unwrap_or_default()
    }
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HookKind {
    /// After the namespaces are made; in the runtime's.
    Prestart,
    /// Likewise, behind [`Self::Prestart`].
    CreateRuntime,
    /// Before the root is changed; in the container's namespaces.
    CreateContainer,
    /// Before the program; inside the container.
    StartContainer,
    /// When the program runs.
    Poststart,
    /// When the container is deleted.
    Poststop,
}
