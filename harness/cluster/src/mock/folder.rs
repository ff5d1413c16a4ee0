//! A mock's folder: the names of the client commands, slurm.conf, and a program that the cluster's user can run.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::{Mock, StartError, Wrong};
use crate::client::TOOLS;
use crate::deviant;
use crate::setup::{HOSTS, SETUP_FILE, Setup};
use crate::{hostlist, leftover};

impl Mock {
    /// Makes sure that another user can run the program: where a folder above it is closed, a copy is used.
    pub(super) fn reachable(&mut self) -> Result<(), StartError> {
        if self.user.uid == geteuid().as_raw() {
            return Ok(());
        }
        let program = self.setup.program.clone();
        let open = |path: &Path| {
            fs::metadata(path).is_ok_and(|meta| meta.mode() & 0o001 != 0 || meta.uid() == self.user.uid)
        };
        if program.ancestors().all(open) {
            return Ok(());
        }
        let copy = self.setup.dir.join("plimsoll");
        // A link would share its mode with the program itself, which is not ours to change.
        let made = fs::copy(&program, &copy);
        made.and_then(|_| fs::set_permissions(&copy, Permissions::from_mode(0o755)))
            .map_err(|error| StartError::Unreachable(self.user.name.clone(), program, error))?;
        self.setup.program = copy;
        Ok(())
    }

    /// Fills the cluster's folder; `wrong` is what they do wrong on purpose.
    pub(super) fn fill(&self, wrong: Wrong) -> io::Result<()> {
        let dir = &self.setup.dir;
        for (name, mode) in [("bin", 0o755), ("log", 0o755), ("spool", 0o755)] {
            DirBuilder::new().mode(mode).create(dir.join(name))?;
        }
        fs::create_dir(dir.join("io"))?;
        fs::set_permissions(dir.join("io"), Permissions::from_mode(0o1777))?;
        fs::create_dir(dir.join("shared"))?;
        if geteuid().is_root() {
            chown(dir.join("shared"), Some(self.user.uid), Some(self.user.gid))?;
        }
        for tool in TOOLS {
            let path = dir.join("bin").join(tool);
            let script = match (wrong.clients, wrong.scrun) {
                (_, Some(wrong)) if tool == "scrun" => {
                    Some(deviant::scrun_script(&self.setup.program, wrong))
                }
                // The deviations of the client commands are about Slurm's own; scrun's are its own.
                (Some(deviation), _) if tool != "scrun" => {
                    Some(deviant::script(&self.setup.program, deviation, tool))
                }
                _ => None,
            };
            match script {
                None => symlink(&self.setup.program, path)?,
                Some(script) => {
                    fs::write(&path, script)?;
                    fs::set_permissions(&path, Permissions::from_mode(0o755))?;
                }
            }
        }
        fs::write(dir.join("slurm.conf"), slurm_conf(&self.setup))?;
        // The nodes of a mock are all of this machine, which is as good as a shared file system.
        fs::write(dir.join("scrun.lua"), plimsoll_scrun::site::scripts::SHARED)?;
        fs::write(dir.join(HOSTS), hosts(&self.setup))?;
        let text = serde_json::to_vec_pretty(&self.setup).map_err(io::Error::from)?;
        fs::write(dir.join(SETUP_FILE), text)?;
        leftover::mark(dir, "mock")
    }
}

/// A new folder for a cluster that everybody may enter.
pub fn folder(parent: &Path) -> io::Result<PathBuf> {
    let dir =
        tempfile::Builder::new().prefix(crate::leftover::PREFIX).rand_bytes(8).tempdir_in(parent)?.keep();
    fs::set_permissions(&dir, Permissions::from_mode(0o755))?;
    Ok(dir)
}

/// The machine's own names, and those of the nodes, which are all this machine: launchers of MPI look their nodes up.
fn hosts(setup: &Setup) -> String {
    let own = fs::read_to_string("/etc/hosts").unwrap_or_default();
    format!("{}\n127.0.0.1 {}\n", own.trim_end(), setup.nodes.join(" "))
}

fn slurm_conf(setup: &Setup) -> String {
    let mut lines = vec![
        "# A mock cluster of plimsoll. Its client commands read where this file is; the lines are for people.".to_owned(),
        format!("ClusterName={}", setup.setting("ClusterName").unwrap_or("plimsoll")),
        "SlurmctldHost=localhost".to_owned(),
    ];
    if setup.setting("LaunchParameters").is_none() {
        lines.push("LaunchParameters=use_interactive_step".to_owned());
    }
    lines.extend(setup.settings.iter().map(|(key, value)| format!("{key}={value}")));
    lines.push(format!("NodeName={} CPUs={} State=UNKNOWN", hostlist::compress(&setup.nodes), setup.cpus));
    lines.push(format!("PartitionName={} Nodes=ALL Default=YES State=UP", crate::controller::PARTITION));
    lines.join("\n") + "\n"
}
