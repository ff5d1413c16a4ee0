//! A bundle's `config.json` as far as scrun goes by it, and where its command is in the container. Pure but for looking.

use std::path::{Path, PathBuf};

use plimsoll_launcher::Release;
use plimsoll_launcher::config_json::{self, ConfigError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is needed of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Its folder, absolute.
    pub dir: PathBuf,
    /// `ociVersion`
    pub version: String,
    /// `process.args`
    pub args: Vec<String>,
    /// `process.env` taken apart; entries without `=` name nothing.
    pub env: Vec<(String, String)>,
    /// `process.terminal`
    pub terminal: bool,
    /// The root file system, absolute.
    pub rootfs: PathBuf,
    /// `annotations`
    pub annotations: Vec<(String, String)>,
    /// Where something is mounted over the root file system.
    pub mounts: Vec<PathBuf>,
}

/// Why a bundle cannot run.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Its config.json does not load.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It names no command.
    #[error("{0}: process.args names no command")]
    NoCommand(PathBuf),
    /// The command is not in the container. The words are those by which Podman and Docker know an exit code of 127.
    #[error("executable file not found in $PATH: `{0}` is not in the container")]
    NotFound(String),
    /// The command cannot be run. The words are those by which Podman and Docker know an exit code of 126.
    #[error("`{0}` in the container: permission denied")]
    Denied(String),
}

impl Bundle {
    /// Reads a bundle.
    pub fn load(dir: &Path) -> Result<Self, BundleError> {
        let config = config_json::load(dir)?;
        let rootfs = config_json::rootfs(&config, dir, Release::Guide)?;
        let bundle = Self::of(dir, rootfs, &config);
        if bundle.args.is_empty() { Err(BundleError::NoCommand(bundle.config_file())) } else { Ok(bundle) }
    }

    fn of(dir: &Path, rootfs: PathBuf, config: &Value) -> Self {
        let list = |pointer: &str| -> Vec<String> {
            let entries = config.pointer(pointer).and_then(Value::as_array);
            entries.into_iter().flatten().filter_map(|entry| entry.as_str().map(str::to_owned)).collect()
        };
        let split = |entry: &String| {
            let (name, value) = entry.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let annotations = config.get("annotations").and_then(Value::as_object).into_iter().flatten();
        let mounts = config.get("mounts").and_then(Value::as_array).into_iter().flatten();
        Self {
            dir: dir.to_owned(),
            version: config["ociVersion"].as_str().unwrap_or_default().to_owned(),
            args: list("/process/args"),
            env: list("/process/env").iter().filter_map(split).collect(),
            terminal: config.pointer("/process/terminal").and_then(Value::as_bool).unwrap_or(false),
            rootfs,
            annotations: annotations
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
            mounts: mounts.filter_map(|mount| Some(PathBuf::from(mount["destination"].as_str()?))).collect(),
        }
    }

    /// Its `config.json`.
    pub fn config_file(&self) -> PathBuf {
        self.dir.join("config.json")
    }

    /// The command as the step is to run it. A name without a slash becomes the path that it has in the container: the step
    /// daemon would look it up on the host (rule L-TASK-2) and pass on a path that the container may lack.
    pub fn command(&self) -> Result<Vec<String>, BundleError> {
        let Some((first, rest)) = self.args.split_first() else {
            return Err(BundleError::NoCommand(self.config_file()));
        };
        let found = if first.contains('/') { self.at_path(first)? } else { self.in_path(first)? };
        Ok(std::iter::once(found).chain(rest.iter().cloned()).collect())
    }

    fn at_path(&self, path: &str) -> Result<String, BundleError> {
        // What is relative is so to a directory that the image knows, and what is mounted is not here to be looked at.
        if !path.starts_with('/') || self.is_mounted(Path::new(path)) {
            return Ok(path.to_owned());
        }
        match self.look(Path::new(path), 0) {
            Some(file) if is_program(&file) => Ok(path.to_owned()),
            Some(_) => Err(BundleError::Denied(path.to_owned())),
            None => Err(BundleError::NotFound(path.to_owned())),
        }
    }

    fn in_path(&self, name: &str) -> Result<String, BundleError> {
        let path = self.env.iter().rev().find(|(known, _)| known == "PATH").map(|(_, value)| value.as_str());
        let path = path.unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        let mut denied = false;
        for dir in path.split(':').filter(|dir| dir.starts_with('/')) {
            let candidate = Path::new(dir).join(name);
            if self.is_mounted(&candidate) {
                // Nobody here can say; the runtime will.
                return Ok(name.to_owned());
            }
            match self.look(&candidate, 0) {
                Some(file) if is_program(&file) => return Ok(candidate.to_string_lossy().into_owned()),
                Some(_) => denied = true,
                None => {}
            }
        }
        let name = name.to_owned();
        Err(if denied { BundleError::Denied(name) } else { BundleError::NotFound(name) })
    }

    fn is_mounted(&self, path: &Path) -> bool {
        self.mounts.iter().any(|mount| path.starts_with(mount))
    }

    /// The file on the host that a path of the container means; links are followed as the container would.
    fn look(&self, path: &Path, depth: usize) -> Option<PathBuf> {
        const MAX_LINKS: usize = 40;
        let mut inside = PathBuf::from("/");
        for (index, part) in path.components().enumerate() {
            match part {
                std::path::Component::Normal(name) => inside.push(name),
                std::path::Component::ParentDir => drop(inside.pop()),
                _ => continue,
            }
            let here = self.rootfs.join(inside.strip_prefix("/").ok()?);
            let kind = std::fs::symlink_metadata(&here).ok()?;
            if kind.is_symlink() {
                let target = std::fs::read_link(&here).ok()?;
                let parent = inside.parent().unwrap_or(Path::new("/")).to_owned();
                let rest: PathBuf = path.components().skip(index + 1).collect();
                if depth >= MAX_LINKS {
                    return None;
                }
                return self.look(&parent.join(target).join(rest), depth + 1);
            }
        }
        Some(self.rootfs.join(inside.strip_prefix("/").ok()?))
    }
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.mode() & 0o111 != 0)
}

#[cfg(test)]
impl Bundle {
    /// A small one.
    pub fn sample(dir: &str) -> Self {
        let config = serde_json::json!({
            "ociVersion": "1.0.2",
            "process": {"args": ["sh", "-c", "true"], "env": ["PATH=/usr/bin:/bin", "A=1=2", "odd"]},
            "annotations": {"org.example.a": "1"},
            "mounts": [{"destination": "/mnt"}],
        });
        Self::of(Path::new(dir), Path::new(dir).join("rootfs"), &config)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_config_is_taken_apart() {
        let bundle = Bundle::sample("/b");
        assert_eq!(bundle.args, ["sh", "-c", "true"]);
        assert_eq!(bundle.env[1], ("A".to_owned(), "1=2".to_owned()));
        assert_eq!(bundle.env.len(), 2);
        assert!(!bundle.terminal);
    }

    #[test]
    fn commands_are_found_in_the_container() {
        let dir = tempfile::tempdir().unwrap();
        let rootfs = dir.path().join("rootfs");
        fs::create_dir_all(rootfs.join("bin")).unwrap();
        fs::create_dir_all(rootfs.join("usr")).unwrap();
        fs::write(rootfs.join("bin/box"), "").unwrap();
        fs::set_permissions(rootfs.join("bin/box"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(rootfs.join("bin/data"), "").unwrap();
        symlink("/bin/box", rootfs.join("bin/sh")).unwrap();
        symlink("../bin", rootfs.join("usr/bin")).unwrap();
        symlink("loop", rootfs.join("bin/loop")).unwrap();
        let of = |args: &[&str]| {
            let mut bundle = Bundle::sample(&dir.path().to_string_lossy());
            bundle.args = args.iter().map(|arg| (*arg).to_owned()).collect();
            bundle.command()
        };
        assert_eq!(of(&["sh", "-c", "x"]).unwrap(), ["/usr/bin/sh", "-c", "x"]);
        assert_eq!(of(&["/bin/sh"]).unwrap(), ["/bin/sh"]);
        assert_eq!(of(&["/mnt/tool"]).unwrap(), ["/mnt/tool"]);
        assert_eq!(of(&["./tool"]).unwrap(), ["./tool"]);
        assert!(matches!(of(&["nowhere"]), Err(BundleError::NotFound(_))));
        assert!(matches!(of(&["/bin/nowhere"]), Err(BundleError::NotFound(_))));
        assert!(matches!(of(&["/bin/loop"]), Err(BundleError::NotFound(_))));
        assert!(matches!(of(&["data"]), Err(BundleError::Denied(_))));
        assert!(matches!(of(&["/bin"]), Err(BundleError::Denied(_))));
    }
}
