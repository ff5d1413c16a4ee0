//! Set-up as the first release with containers does it, which is much its own: 22.05 reads and writes as root, makes one folder,
//! allows one task a node, and writes `config.json` before there is a task.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};

use super::identity::{is_other, write_exclusively};
use super::prepare::UNSPECIFIED;
use super::task::{Expanded, FILE_MODE};
use super::types::{Container, LaunchError, Prepared};
use crate::step::StepSpec;
use crate::{OciConf, config_json, layout};

/// Mode of the step's folder.
const MODE: u32 = 0o750;

pub(super) fn unspecified(message: String) -> LaunchError {
    LaunchError { errno: UNSPECIFIED, message }
}

/// Everything of section 1 behind the reading of `oci.conf`. What fails behind the folder leaves it there.
pub(super) fn container(spec: &StepSpec, conf: OciConf, bundle: PathBuf) -> Result<Container, LaunchError> {
    let config = config_json::load(&bundle).map_err(|error| LaunchError {
        errno: error.errno(spec.release),
        // It holds back what is wrong with which file.
        message: "Unspecified error".to_owned(),
    })?;
    let layout = layout::layout(spec, &conf).map_err(|error| unspecified(error.to_string()))?;
    make_folder(&layout.step, spec)
        .map_err(|error| LaunchError::at("cannot make the spool directory", &layout.step, &error))?;
    if spec.tasks.len() > 1 {
        return Err(unspecified(format!("unexpected number of tasks {} > 1", spec.tasks.len())));
    }
    let mut rootfs = bundle.clone().into_os_string();
    // Put together, whatever the bundle's path ends with.
    rootfs.push("/rootfs");
    let rootfs = PathBuf::from(rootfs);
    let mount_spool_dir = PathBuf::new();
    let container = Container { conf, bundle, config: Some(config), rootfs, layout, mount_spool_dir };
    Expanded::with(spec, &container, None).map_err(unspecified)?;
    if container.config.as_ref().is_some_and(|config| config.pointer("/root/path").is_none()) {
        // Here alone the folder goes again.
        let _ = std::fs::remove_dir(&container.layout.step);
        return Err(unspecified(format!("{}: root.path is missing", container.bundle.display())));
    }
    Ok(container)
}

fn make_folder(path: &Path, spec: &StepSpec) -> io::Result<()> {
    match DirBuilder::new().mode(MODE).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => other?,
    }
    // Whatever the umask is.
    std::fs::set_permissions(path, Permissions::from_mode(MODE))?;
    if is_other(&spec.user) {
        lchown(path, Some(spec.user.uid), Some(spec.user.gid))?;
    }
    Ok(())
}

impl Prepared {
    /// Writes the step's `config.json`, as the daemon's own user. Whoever cleans up finds what a failure leaves.
    pub(super) fn write_config(&self, container: &Container, position: usize) -> Result<(), LaunchError> {
        let spec = &self.spec;
        let Some(config) = &container.config else { return Ok(()) };
        let task = config_json::Task {
            pty: spec.pty,
            rootfs: &container.rootfs,
            spool: None,
            batch: spec.batch.as_ref(),
            disable_hooks: &[],
            env: &self.env,
            argv: &spec.tasks[position].argv,
        };
        let config = config_json::rewrite(config.clone(), &task, spec.release);
        let path = container.layout.tasks[position].join("config.json");
        write_exclusively(&path, &config_json::bytes(&config, spec.release), FILE_MODE, &spec.user)
            .map_err(|error| LaunchError::at("cannot write", &path, &error))
    }
}
