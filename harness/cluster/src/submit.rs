//! A client command, or any other program, as the user of a cluster runs it.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::unistd::geteuid;
use plimsoll_launcher::step::User;

/// Beginnings of the names of variables that belong to a cluster: one around this one must not shine through.
const FOREIGN: [&str; 6] = ["SLURM_", "SLURMD_", "SRUN_", "SBATCH_", "SALLOC_", "SCRUN_"];

/// Takes the variables of a surrounding cluster away from a command.
pub fn without_foreign(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if FOREIGN.iter().any(|prefix| name.as_encoded_bytes().starts_with(prefix.as_bytes())) {
            command.env_remove(&name);
        }
    }
}

/// Makes a command the user's own, with that user's environment where it is somebody else, on the cluster of `conf`.
pub fn prepare(command: &mut Command, user: &User, conf: &Path) {
    without_foreign(command);
    command.env("SLURM_CONF", conf);
    become_user(command, user);
}

/// Makes a command the user's own, with that user's environment, where it is somebody else.
pub fn become_user(command: &mut Command, user: &User) {
    if user.uid != geteuid().as_raw() {
        command
            .env("HOME", &user.home)
            .env("USER", &user.name)
            .env("LOGNAME", &user.name)
            .env_remove("XDG_RUNTIME_DIR")
            .uid(user.uid)
            .gid(user.gid);
    }
}

/// Puts a file in place whole, so that whoever reads it meanwhile sees the old one or the new one; none removes it.
pub fn set_file(path: &Path, text: Option<&str>) -> std::io::Result<()> {
    match text {
        Some(text) => {
            let mut new = path.to_owned().into_os_string();
            new.push(".new");
            std::fs::write(&new, text)?;
            std::fs::rename(&new, path)
        }
        None => match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}
