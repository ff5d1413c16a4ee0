//! The output variables that the container, the script's commands and the step see (scrun(1), OUTPUT ENVIRONMENT VARIABLES).
//! Pure.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::bundle::Bundle;
use crate::log::Format;

/// What they are made from.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The container.
    pub id: &'a str,
    /// The anchor.
    pub pid: u32,
    /// The bundle as it was submitted.
    pub submitted: &'a Bundle,
    /// The bundle that runs.
    pub bundle: &'a Path,
    /// The root file system that runs.
    pub rootfs: &'a Path,
    /// `--pid-file`
    pub pid_file: Option<&'a PathBuf>,
    /// The anchor's socket.
    pub socket: &'a Path,
    /// The container's working space.
    pub spool: &'a Path,
    /// `--root`
    pub root: &'a Path,
    /// `--log`
    pub log: Option<&'a PathBuf>,
    /// `--log-format`
    pub format: Format,
    /// Login name and number.
    pub user: (&'a str, u32),
    /// Name and number of the primary group.
    pub group: (&'a str, u32),
}

/// The variables, in the manual's order.
pub fn variables(facts: &Facts<'_>) -> Vec<(OsString, OsString)> {
    let mut all: Vec<(String, OsString)> = vec![
        ("SCRUN_OCI_VERSION".into(), facts.submitted.version.clone().into()),
        ("SCRUN_CONTAINER_ID".into(), facts.id.into()),
        ("SCRUN_PID".into(), facts.pid.to_string().into()),
        ("SCRUN_BUNDLE".into(), facts.bundle.into()),
        ("SCRUN_SUBMISSION_BUNDLE".into(), facts.submitted.dir.clone().into()),
    ];
    for (name, value) in &facts.submitted.annotations {
        all.push((format!("SCRUN_ANNOTATION_{name}"), value.into()));
    }
    if let Some(path) = facts.pid_file {
        all.push(("SCRUN_PID_FILE".into(), path.into()));
    }
    all.extend([
        ("SCRUN_SOCKET".into(), facts.socket.into()),
        ("SCRUN_SPOOL_DIR".into(), facts.spool.into()),
        ("SCRUN_SUBMISSION_CONFIG_FILE".into(), facts.submitted.config_file().into()),
        ("SCRUN_USER".into(), facts.user.0.into()),
        ("SCRUN_USER_ID".into(), facts.user.1.to_string().into()),
        ("SCRUN_GROUP".into(), facts.group.0.into()),
        ("SCRUN_GROUP_ID".into(), facts.group.1.to_string().into()),
        ("SCRUN_ROOT".into(), facts.root.into()),
        ("SCRUN_ROOTFS_PATH".into(), facts.rootfs.into()),
        ("SCRUN_SUBMISSION_ROOTFS_PATH".into(), facts.submitted.rootfs.clone().into()),
    ]);
    if let Some(path) = facts.log {
        all.push(("SCRUN_LOG_FILE".into(), path.into()));
    }
    all.push(("SCRUN_LOG_FORMAT".into(), facts.format.name().into()));
    all.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_manuals_variables_are_there() {
        let bundle = Bundle::sample("/b");
        let pid_file = PathBuf::from("/p");
        let facts = Facts {
            id: "c1",
            pid: 7,
            submitted: &bundle,
            bundle: Path::new("/new"),
            rootfs: Path::new("/new/rootfs"),
            pid_file: Some(&pid_file),
            socket: Path::new("/r/c1/anchor.sock"),
            spool: Path::new("/r/c1/spool"),
            root: Path::new("/r"),
            log: None,
            format: Format::Json,
            user: ("me", 1000),
            group: ("us", 100),
        };
        let all = variables(&facts);
        let value = |name: &str| all.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        assert_eq!(value("SCRUN_BUNDLE"), Some("/new".into()));
        assert_eq!(value("SCRUN_SUBMISSION_BUNDLE"), Some("/b".into()));
        assert_eq!(value("SCRUN_ANNOTATION_org.example.a"), Some("1".into()));
        assert_eq!(value("SCRUN_SUBMISSION_CONFIG_FILE"), Some("/b/config.json".into()));
        assert_eq!(value("SCRUN_LOG_FILE"), None);
        assert_eq!(all.len(), 18);
    }
}
