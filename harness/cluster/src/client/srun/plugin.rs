//! Options that a plugin adds to srun: the mock's own of Pyxis, a double, where `plugstack.conf` beside `slurm.conf` names it.
//!
//! A real one is a library that slurmstepd loads. Here srun wraps the command in the double's own, which makes the same
//! container in the task's process.

use std::ffi::OsString;
use std::path::Path;

use crate::client::options::{Given, Row, Takes};

/// What names the plugin in `plugstack.conf`.
const LIBRARY: &str = "spank_pyxis.so";
/// The file of plugins beside `slurm.conf`.
const PLUGSTACK: &str = "plugstack.conf";

/// Its options, of which each may be given once.
pub const OPTIONS: [Row; 3] = [
    Row {
        short: None,
        long: "container-image",
        takes: Takes::Value("IMAGE"),
        env: &["PYXIS_CONTAINER_IMAGE"],
        help: "[pyxis] the image or root file system to run in",
    },
    Row {
        short: None,
        long: "container-mounts",
        takes: Takes::Value("SRC:DST[,…]"),
        env: &[],
        help: "[pyxis] folders of the node that are there as well",
    },
    Row {
        short: None,
        long: "container-workdir",
        takes: Takes::Value("DIR"),
        env: &[],
        help: "[pyxis] the directory to start in",
    },
];

/// Whether the cluster has the plugin; variables are looked up with `env`.
pub fn loaded(env: &dyn Fn(&str) -> Option<OsString>) -> bool {
    let conf = env("SLURM_CONF").unwrap_or_default();
    let Some(folder) = Path::new(&conf).parent() else { return false };
    let text = std::fs::read_to_string(folder.join(PLUGSTACK)).unwrap_or_default();
    text.lines().any(|line| !line.trim_start().starts_with('#') && line.contains(LIBRARY))
}

/// The command as it runs where the plugin was asked for a container.
pub fn wrapped(given: &[Given], command: Vec<OsString>) -> Vec<OsString> {
    let value =
        |name: &str| given.iter().rev().find(|one| one.name == name).and_then(|one| one.value.clone());
    let Some(image) = value("container-image") else { return command };
    let Ok(program) = std::env::current_exe() else { return command };
    let mut words: Vec<OsString> = vec![program.into(), "double".into(), "pyxis".into()];
    words.extend(["--container-image".into(), image]);
    for name in ["container-mounts", "container-workdir"] {
        if let Some(value) = value(name) {
            words.extend([format!("--{name}").into(), value]);
        }
    }
    words.push("--".into());
    words.extend(command);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_has_the_plugin_that_its_file_names() {
        let dir = tempfile::tempdir().unwrap();
        let conf = dir.path().join("slurm.conf").into_os_string();
        let env = |name: &str| (name == "SLURM_CONF").then(|| conf.clone());
        assert!(!loaded(&env));
        std::fs::write(dir.path().join(PLUGSTACK), "# required spank_pyxis.so\n").unwrap();
        assert!(!loaded(&env));
        std::fs::write(dir.path().join(PLUGSTACK), "required /usr/lib/slurm/spank_pyxis.so\n").unwrap();
        assert!(loaded(&env));
    }

    #[test]
    fn a_command_is_wrapped_when_an_image_is_asked_for() {
        let command: Vec<OsString> = vec!["env".into()];
        assert_eq!(wrapped(&[], command.clone()), command);
        let given = |name, value: &str| Given { name, value: Some(value.into()), from: None };
        let words = wrapped(&[given("container-image", "/i"), given("container-mounts", "/a:/b")], command);
        assert_eq!(
            words[1..],
            ["double", "pyxis", "--container-image", "/i", "--container-mounts", "/a:/b", "--", "env"]
        );
    }
}
