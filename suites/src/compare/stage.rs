//! A scenario's things put on a cluster: bundle, files, `oci.conf`; and the texts with their names filled in.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use plimsoll_cluster::world::Cluster;
use plimsoll_fixtures::{BundleBuilder, Fixture, Flaw, Owner};
use plimsoll_launcher::{Mode, Operation};
use serde_json::Value;

use super::scenario::{BundleForm, Conf, FIRST_JOB, Scenario, Usual};

/// Folder of the recorder's notes below the shared one.
const CALLS: &str = "calls";

/// The script that calls the built-in runtime: `OPERATION --bundle BUNDLE ID WORDS…`, the words for the recorder's eyes alone.
/// Create gives its streams away, since a release reads them to their end.
const RUNTIME: &str = "#!/bin/sh
bundle=$3 id=$4
case $1 in
create) exec {program} runtime --root {shared}/root create --bundle \"$bundle\" \"$id\" </dev/null >/dev/null 2>&1 ;;
start) exec {program} runtime --root {shared}/root start \"$id\" ;;
run) exec {program} runtime --root {shared}/root run --bundle \"$bundle\" \"$id\" ;;
query) exec {program} runtime --root {shared}/root state \"$id\" ;;
kill) exec {program} runtime --root {shared}/root kill -a \"$id\" ;;
delete) exec {program} runtime --root {shared}/root delete --force \"$id\" ;;
esac
";

/// What cannot be put on a cluster; one sentence.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A file or folder.
    #[error("cannot make {}: {cause}", path.display())]
    Place {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The bundle.
    #[error("cannot build the bundle: {0}")]
    Bundle(#[from] plimsoll_fixtures::BuildError),
    /// A fault of the table.
    #[error("scenario {0} holds `{1}`, which is no JSON")]
    NotJson(&'static str, &'static str),
}

/// A cluster with a scenario's things on it.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// The cluster.
    pub cluster: &'a dyn Cluster,
    /// The plimsoll program, where the cluster's nodes find it.
    pub program: &'a Path,
    /// The scenario.
    pub scenario: &'a Scenario,
}

impl Stage<'_> {
    /// The folder of the recorder's notes.
    pub fn calls(&self) -> PathBuf {
        self.cluster.shared_dir().join(CALLS)
    }

    /// The number of the scenario's first job.
    pub fn first_job(&self) -> u64 {
        self.cluster.first_job().max(FIRST_JOB)
    }

    /// The bundle's place.
    pub fn bundle(&self) -> PathBuf {
        self.cluster.shared_dir().join("bundle")
    }

    /// Puts everything in its place.
    pub fn set_up(&self) -> Result<(), StageError> {
        for folder in [CALLS, "root"] {
            self.folder(&self.cluster.shared_dir().join(folder))?;
        }
        self.file(&self.cluster.shared_dir().join("runtime"), &self.fill(RUNTIME))?;
        for (name, text) in self.scenario.files {
            self.file(&self.cluster.shared_dir().join(name), &self.fill(text))?;
        }
        self.build()?;
        self.write_conf(self.conf().as_deref())
    }

    /// Writes `oci.conf`, or takes it away.
    pub fn write_conf(&self, text: Option<&str>) -> Result<(), StageError> {
        self.cluster
            .set_oci_conf(text)
            .map_err(|cause| StageError::Place { path: self.cluster.conf_dir().join("oci.conf"), cause })
    }

    /// The text of the scenario's `oci.conf`; none where there is none.
    pub fn conf(&self) -> Option<String> {
        match self.scenario.conf {
            Conf::Absent => None,
            Conf::Text(text) => Some(self.fill(text)),
            Conf::Usual(usual) => {
                let operations = operations_of(usual.mode)
                    .iter()
                    .filter(|operation| !usual.without.contains(operation))
                    .map(|operation| {
                        format!("{}=\"{}\"\n", operation.key(), self.command(*operation, &usual))
                    });
                Some(operations.collect::<String>() + &self.fill(usual.lines))
            }
        }
    }

    fn command(&self, operation: Operation, usual: &Usual) -> String {
        let own = usual.instead.iter().find(|(known, _)| *known == operation).map(|(_, command)| *command);
        let command = match own {
            Some(command) => self.fill(command),
            None => self.usual_command(operation),
        };
        let behind =
            if usual.words.is_empty() { String::new() } else { format!(" {}", self.fill(usual.words)) };
        format!("{} {command}{behind}", self.recorder(operation))
    }

    fn usual_command(&self, operation: Operation) -> String {
        let runtime = self.cluster.shared_dir().join("runtime");
        format!("{} {} --bundle %b %n.%u.%j.%s.%t", runtime.display(), operation.name())
    }

    fn recorder(&self, operation: Operation) -> String {
        let (program, calls) = (self.program.display(), self.calls());
        // In the shell's place, so that no shell is left that says how it ended.
        format!("exec {program} record --into {} --operation {} --", calls.display(), operation.name())
    }

    /// A text of the table with its names filled in.
    pub fn fill(&self, text: &str) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        let shown = |path: &Path| path.display().to_string();
        let mut text = text.to_owned();
        for operation in Operation::ALL {
            let name = operation.name();
            let command = || format!("{} {}", self.recorder(operation), self.usual_command(operation));
            for (place, value) in [
                (format!("{{{name}}}"), &command as &dyn Fn() -> String),
                (format!("{{record {name}}}"), &|| self.recorder(operation)),
            ] {
                if text.contains(&place) {
                    text = text.replace(&place, &value());
                }
            }
        }
        let printed = "{program} runtime --root {shared}/root create --bundle %b %n.%u.%j.%s.%t";
        text = text.replace("{create as printed}", printed);
        for (place, value) in [
            ("{shared}", shown(self.cluster.shared_dir())),
            ("{bundle}", shown(&self.bundle())),
            ("{program}", shown(self.program)),
            ("{conf}", shown(self.cluster.conf_dir())),
            ("{user}", self.cluster.user().name.clone()),
            ("{job}", self.first_job().to_string()),
        ] {
            text = text.replace(place, &value);
        }
        text
    }

    fn build(&self) -> Result<(), StageError> {
        let user = self.cluster.user();
        let owner = Owner { uid: user.uid, gid: user.gid };
        let plain = BundleBuilder::new(Fixture::Busybox).owner(owner);
        let builder = match self.scenario.bundle {
            BundleForm::Absent => return Ok(()),
            BundleForm::Plain => plain,
            BundleForm::NoConfig => plain.flaw(Flaw::NoConfig),
            BundleForm::Unreadable => plain.flaw(Flaw::UnreadableConfig),
            BundleForm::Folder => plain.flaw(Flaw::ConfigIsFolder),
            BundleForm::NoRootfs => plain.flaw(Flaw::NoRootfs),
            BundleForm::Bytes(bytes) => plain.flaw(Flaw::ConfigBytes(bytes.into())),
            BundleForm::Edited(edits) => self.edited(plain, edits)?,
        };
        builder.build(&self.bundle())?;
        Ok(())
    }

    fn edited(
        &self,
        mut builder: BundleBuilder,
        edits: &'static [(&'static str, &'static str)],
    ) -> Result<BundleBuilder, StageError> {
        for (pointer, json) in edits {
            let value = match *json {
                "" => None,
                json => Some(
                    serde_json::from_str::<Value>(json)
                        .map_err(|_| StageError::NotJson(self.scenario.id, json))?,
                ),
            };
            builder = builder.edit(move |config| put(config, pointer, value));
        }
        Ok(builder)
    }

    fn folder(&self, path: &Path) -> Result<(), StageError> {
        let make = || {
            fs::create_dir_all(path)?;
            fs::set_permissions(path, Permissions::from_mode(0o700))?;
            self.give(path)
        };
        make().map_err(|cause| StageError::Place { path: path.to_owned(), cause })
    }

    fn file(&self, path: &Path, text: &str) -> Result<(), StageError> {
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        let make = || {
            fs::write(path, text)?;
            fs::set_permissions(path, Permissions::from_mode(mode))?;
            self.give(path)
        };
        make().map_err(|cause| StageError::Place { path: path.to_owned(), cause })
    }

    /// Makes a path the user's own, where the harness is somebody else.
    fn give(&self, path: &Path) -> std::io::Result<()> {
        let user = self.cluster.user();
        if geteuid().as_raw() == user.uid {
            return Ok(());
        }
        lchown(path, Some(user.uid), Some(user.gid))
    }
}

/// The operations that a mode needs, in the order in which the guide prints them.
fn operations_of(mode: Mode) -> &'static [Operation] {
    use Operation::{Create, Delete, Kill, Query, Run, Start};
    match mode {
        Mode::Run => &[Query, Kill, Delete, Run],
        Mode::CreateStart => &[Query, Create, Start, Kill, Delete],
    }
}

/// Sets the member at a pointer, or takes it away.
fn put(config: &mut Value, pointer: &str, value: Option<Value>) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    let Some(Value::Object(members)) = config.pointer_mut(parent) else { return };
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_set_and_taken_away() {
        let mut config = json!({"root": {"path": "rootfs", "readonly": true}});
        put(&mut config, "/root/path", None);
        put(&mut config, "/hooks", Some(json!({})));
        assert_eq!(config, json!({"root": {"readonly": true}, "hooks": {}}));
    }
}
