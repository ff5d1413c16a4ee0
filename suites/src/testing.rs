//! A world for the framework's own tests: a folder, and an `srun` that only runs its command.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use plimsoll_cluster::world::{Cluster, Daemon, Residue};
use plimsoll_launcher::step::User;
use plimsoll_launcher::{Mode, Release};
use plimsoll_record::RunInfo;

use crate::case;
use crate::case::{Releases, Wants};
use crate::context::Context;
use crate::defects::R_OPEN_2;
use crate::machine::Machine;
use crate::outcome::Outcome;
use crate::rules::{G_REQ_5, L_RUN_1};
use crate::stop::Stop;
use crate::target::{Source, Target};
use crate::world::World;

case! {
    /// A case for every profile.
    pub const EACH = must("test.each", exits_3).rules(&[G_REQ_5]);
}
case! {
    /// A case for one profile.
    pub const ONCE = must("test.once", exits_3).rules(&[G_REQ_5]).once();
}
case! {
    /// A case for one mode.
    pub const IN_MODE = must("test.in-mode", exits_3).rules(&[G_REQ_5]).in_mode(Mode::CreateStart);
}
case! {
    /// A case for real releases.
    pub const ONLY_REAL = must("test.only-real", exits_3).rules(&[G_REQ_5]).releases(Releases::REAL);
}
case! {
    /// A case that fails.
    pub const WRONG = must("test.wrong", exits_42).rules(&[G_REQ_5, L_RUN_1]).known(&[R_OPEN_2.everywhere()]);
}
case! {
    /// A case that is broken.
    pub const PANICS = must("test.panics", panics).rules(&[G_REQ_5]);
}
case! {
    /// A case whose command does not end.
    pub const HANGS = must("test.hangs", hangs).rules(&[G_REQ_5]);
}

fn exits_3(cx: &Context<'_>) -> Outcome {
    cx.srun().tasks(1).sh("echo out; echo error >&2; exit 3").run()?.exits(3).stdout_is("out\n").done()
}

fn exits_42(cx: &Context<'_>) -> Outcome {
    cx.srun().sh("exit 3").run()?.exits(42).done()
}

fn panics(cx: &Context<'_>) -> Outcome {
    let nodes = cx.nodes();
    cx.srun().sh(&nodes[nodes.len()]).run()?.done()
}

fn hangs(cx: &Context<'_>) -> Outcome {
    let started = cx.srun().sh("echo ready; exec sleep 60").limit(Duration::from_secs(1)).start()?;
    started.until_stdout_has("ready")?;
    started.wait()?.exits(0).done()
}

/// A target with an empty `oci.conf`.
pub fn target(id: &str, mode: Mode) -> Target {
    Target {
        id: id.to_owned(),
        runtime: "none".to_owned(),
        mode,
        real: true,
        why: "a test".to_owned(),
        needs: vec![],
        cannot: vec![],
        missing: None,
        source: Source::File { path: PathBuf::from("oci.conf"), text: String::new() },
    }
}

/// What reads streams.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A run's description.
pub fn info() -> RunInfo {
    RunInfo {
        id: "test".to_owned(),
        world: "fake".to_owned(),
        release: "24.11".to_owned(),
        jobs: 1,
        ..RunInfo::default()
    }
}

/// Starts folders.
#[derive(Clone, Debug, Default)]
pub struct FakeWorld {
    /// What each cluster says was left behind.
    pub residue: Residue,
    /// Whether it does not start at all.
    pub broken: bool,
    /// The run's switch.
    pub stop: Stop,
}

struct FakeCluster {
    dir: tempfile::TempDir,
    user: User,
    nodes: Vec<String>,
    residue: Residue,
}

const SRUN: &str = "#!/bin/sh\nwhile :; do case $1 in -n) shift 2;; *) break;; esac; done\nexec \"$@\"\n";

impl World for FakeWorld {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn start(&self, _: &Wants) -> Result<Box<dyn Cluster>, String> {
        use std::os::unix::fs::PermissionsExt as _;
        if self.broken {
            return Err("no such thing".to_owned());
        }
        let dir = tempfile::tempdir().unwrap();
        let srun = dir.path().join("srun");
        std::fs::write(&srun, SRUN).unwrap();
        std::fs::set_permissions(&srun, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut user = Machine::new(None).unwrap().user;
        user.uid = nix::unistd::geteuid().as_raw();
        Ok(Box::new(FakeCluster { dir, user, nodes: vec!["n1".to_owned()], residue: self.residue.clone() }))
    }
}

impl Cluster for FakeCluster {
    fn world(&self) -> &'static str {
        "fake"
    }
    fn release(&self) -> Release {
        Release::V24_11
    }
    fn nodes(&self) -> &[String] {
        &self.nodes
    }
    fn user(&self) -> &User {
        &self.user
    }
    fn command(&self, program: &str) -> Command {
        // Through the shell: a script that was just written may still be open for writing in a child of another thread.
        let mut command = Command::new("/bin/sh");
        command.arg(self.dir.path().join(program));
        command
    }
    fn conf_dir(&self) -> &Path {
        self.dir.path()
    }
    fn shared_dir(&self) -> &Path {
        self.dir.path()
    }
    fn set_oci_conf(&self, text: Option<&str>) -> std::io::Result<()> {
        std::fs::write(self.dir.path().join("oci.conf"), text.unwrap_or_default())
    }
    fn spool_dir(&self, node: &str) -> PathBuf {
        self.dir.path().join(node)
    }
    fn kill(&self, _: Daemon<'_>) -> std::io::Result<()> {
        Ok(())
    }
    fn wait_idle(&self, _: Duration) -> bool {
        true
    }
    fn logs(&self) -> Vec<(String, PathBuf)> {
        vec![]
    }
    fn stop(self: Box<Self>) -> Residue {
        self.residue.clone()
    }
}
