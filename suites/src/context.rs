//! What a case has in its hands: a cluster of its own, the profile's `oci.conf` on it, bundles, and the commands.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use plimsoll_cluster::world::{Cluster, Residue};
use plimsoll_fixtures::{BuildError, Bundle, BundleBuilder, Fixture, Owner};
use plimsoll_launcher::{Mode, Operation, Release};
use plimsoll_profiles::Change;
use plimsoll_runtime::recorder::{Call, read_calls};
use tokio::runtime::Handle;

use crate::case::Case;
use crate::evidence::Evidence;
use crate::invoke::Invocation;
use crate::need::Need;
use crate::outcome::Failure;
use crate::stop::Stop;
use crate::target::{Place, Target};

/// One case at work.
pub struct Context<'a> {
    case: &'static Case,
    target: &'a Target,
    cluster: Box<dyn Cluster>,
    evidence: Evidence,
    runtime: Handle,
    stop: Stop,
    program: PathBuf,
    time_scale: f64,
    made: Cell<usize>,
}

/// What a context is made from, beside its cluster.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The case.
    pub case: &'static Case,
    /// What it tests.
    pub target: &'a Target,
    /// Where its evidence goes.
    pub evidence: Evidence,
    /// What reads streams and waits.
    pub runtime: Handle,
    /// The run's switch.
    pub stop: Stop,
    /// The plimsoll program, for the recorder.
    pub program: PathBuf,
    /// Factor on every deadline.
    pub time_scale: f64,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("case", &self.case.id)
            .field("target", &self.target.id)
            .finish_non_exhaustive()
    }
}

impl<'a> Context<'a> {
    /// Takes a cluster that has just started, and puts the target's `oci.conf` on it.
    pub fn new(parts: Parts<'a>, cluster: Box<dyn Cluster>) -> Result<Self, Failure> {
        let Parts { case, target, evidence, runtime, stop, program, time_scale } = parts;
        let made = Cell::new(0);
        let cx = Self { case, target, cluster, evidence, runtime, stop, program, time_scale, made };
        if cx.cluster.fixed().is_none() {
            match cx.target.plugin() {
                Some(plugin) => cx.set_plugin(&plugin.plugstack)?,
                None => cx.set_oci_conf(&cx.profile_conf()?)?,
            }
        }
        Ok(cx)
    }

    /// The case.
    pub fn case(&self) -> &'static Case {
        self.case
    }

    /// The release that is meant.
    pub fn release(&self) -> Release {
        self.cluster.release()
    }

    /// How the profile drives its runtime.
    pub fn mode(&self) -> Mode {
        self.target.mode
    }

    /// What is tested.
    pub fn target(&self) -> &Target {
        self.target
    }

    /// The cluster, for what has no shorter way below.
    pub fn cluster(&self) -> &dyn Cluster {
        &*self.cluster
    }

    /// The number of the case's first job, as the commands take it; the next one has the next number.
    pub fn first_job(&self) -> String {
        self.cluster.first_job().to_string()
    }

    /// Whether a daemon of the cluster has written a text to its log, where not every complaint reaches the client.
    pub fn logs_have(&self, text: &str) -> bool {
        self.cluster.logs().iter().any(|(_, path)| {
            std::fs::read(path).is_ok_and(|log| String::from_utf8_lossy(&log).contains(text))
        })
    }

    /// Names of the nodes.
    pub fn nodes(&self) -> &[String] {
        self.cluster.nodes()
    }

    /// A folder of the user's own that every node sees.
    pub fn shared(&self) -> &Path {
        self.cluster.shared_dir()
    }

    /// The case's evidence.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    pub(crate) fn time_scale(&self) -> f64 {
        self.time_scale
    }

    /// `srun`
    pub fn srun(&self) -> Invocation<'_> {
        Invocation::new(self, "srun")
    }

    /// `sbatch`
    pub fn sbatch(&self) -> Invocation<'_> {
        Invocation::new(self, "sbatch")
    }

    /// `salloc`
    pub fn salloc(&self) -> Invocation<'_> {
        Invocation::new(self, "salloc")
    }

    /// `scancel`
    pub fn scancel(&self) -> Invocation<'_> {
        Invocation::new(self, "scancel")
    }

    /// `squeue`
    pub fn squeue(&self) -> Invocation<'_> {
        Invocation::new(self, "squeue")
    }

    /// `scontrol`
    pub fn scontrol(&self) -> Invocation<'_> {
        Invocation::new(self, "scontrol")
    }

    /// `sinfo`
    pub fn sinfo(&self) -> Invocation<'_> {
        Invocation::new(self, "sinfo")
    }

    /// `scrun`
    pub fn scrun(&self) -> Invocation<'_> {
        Invocation::new(self, "scrun")
    }

    /// A shell on the submit host, for pipelines: `cx.shell("srun … | head -1")`.
    pub fn shell(&self, script: &str) -> Invocation<'_> {
        Invocation::new(self, "/bin/sh").opts(["-c", script])
    }

    /// A plain bundle of a fixture, for the user who runs the commands.
    pub fn bundle(&self, fixture: Fixture) -> Result<Bundle, Failure> {
        self.build(BundleBuilder::new(fixture))
    }

    /// A bundle as a builder describes it, for the user who runs the commands.
    pub fn build(&self, builder: BundleBuilder) -> Result<Bundle, Failure> {
        self.build_at(builder, &self.path("bundle"))
    }

    /// The same at a path of the case's own choice.
    pub fn build_at(&self, builder: BundleBuilder, dir: &Path) -> Result<Bundle, Failure> {
        let user = self.cluster.user();
        let owner = Owner { uid: user.uid, gid: user.gid };
        let takes_rootfs = self.target.lacks(Need::ConfigJson);
        if let Some(why) = takes_rootfs.filter(|_| !builder.is_plain()) {
            return Err(Failure::Unsupported(Need::ConfigJson, why.to_owned()));
        }
        let builder = self.target.bundle_changes().iter().fold(builder, |builder, change| {
            builder.edit(match change {
                Change::NoUserNamespace => no_user_namespace,
                Change::OwnSysfs => own_sysfs,
            })
        });
        match builder.owner(owner).usual_tools().build(dir) {
            Ok(bundle) if takes_rootfs.is_some() => Ok(Bundle { dir: bundle.rootfs.clone(), ..bundle }),
            Ok(bundle) => {
                // What the user wrote, to be set against what the runtime was given.
                let name = dir.file_name().unwrap_or_default().to_string_lossy();
                self.evidence.copy(&format!("{name}.config.json"), &dir.join("config.json"))?;
                Ok(bundle)
            }
            Err(error @ (BuildError::NoProgram { program: "busybox", .. } | BuildError::Busybox { .. })) => {
                Err(Failure::Unsupported(Need::Busybox, error.to_string()))
            }
            Err(error) => Err(Failure::broken("cannot build a bundle", error)),
        }
    }

    /// The profile's `oci.conf` as it is on this cluster, for cases that add to it.
    pub fn profile_conf(&self) -> Result<String, Failure> {
        let root = self.folder("runtime-root", 0o700)?;
        let calls = if self.case.wants.recorded { Some(self.folder("calls", 0o700)?) } else { None };
        let recorder = calls.as_deref().map(|into| (self.program.as_path(), into));
        for (name, text) in self.target.scripts() {
            self.file(&name, text, 0o755)?;
        }
        let place = Place { runtime_root: &root, scripts: Some(self.shared()), recorder };
        self.target
            .oci_conf_on(self.release(), &place)
            .map(|(text, _)| text)
            .map_err(|cause| Failure::broken("cannot write oci.conf", cause))
    }

    /// Has the cluster load these plugins, and no `oci.conf`.
    fn set_plugin(&self, plugstack: &str) -> Result<(), Failure> {
        let path = self.cluster.conf_dir().join("plugstack.conf");
        std::fs::write(&path, format!("{plugstack}\n"))
            .map_err(|cause| Failure::broken(format!("cannot write {}", path.display()), cause))?;
        self.remove_oci_conf()
    }

    /// Puts another `oci.conf` on the cluster; it holds from the next step on.
    pub fn set_oci_conf(&self, text: &str) -> Result<(), Failure> {
        self.may_configure()?;
        self.evidence.add("oci.conf", text.as_bytes())?;
        self.cluster.set_oci_conf(Some(text)).map_err(|cause| Failure::broken("cannot write oci.conf", cause))
    }

    /// Puts an `oci.conf` on the cluster whose operations are these shell commands, in which patterns are expanded. For
    /// cases about what the launcher does, whose evidence of the calls stands in for a container. A command must not hold
    /// a double quote, which a quoted value cannot; what is longer goes into a script ([`Self::file`]).
    pub fn set_runtime(&self, operations: &[(Operation, &str)]) -> Result<(), Failure> {
        let mut text = String::new();
        for (operation, command) in operations {
            if command.contains('"') {
                return Err(Failure::broken(
                    self.case.id,
                    "a command holds a double quote (a fault of the case)",
                ));
            }
            text.extend([operation.key(), "=\"", command, "\"\n"]);
        }
        self.set_oci_conf(&text)
    }

    /// The same in run mode, with this command for run; every other operation does nothing.
    pub fn set_scripted_run(&self, command: &str) -> Result<(), Failure> {
        use Operation::{Delete, Kill, Query, Run};
        self.set_runtime(&[(Run, command), (Query, "false"), (Kill, "true"), (Delete, "true")])
    }

    /// Whether `oci.conf` is ours to change; the case is unsupported where it is not.
    fn may_configure(&self) -> Result<(), Failure> {
        match self.cluster.fixed() {
            Some(why) => Err(Failure::Unsupported(Need::World, why.to_owned())),
            None => Ok(()),
        }
    }

    /// Takes `oci.conf` away.
    pub fn remove_oci_conf(&self) -> Result<(), Failure> {
        self.may_configure()?;
        self.cluster.set_oci_conf(None).map_err(|cause| Failure::broken("cannot remove oci.conf", cause))
    }

    /// What the recorder noted so far, in the order in which the calls began. For cases that are `.recorded()`.
    pub fn calls(&self) -> Result<Vec<Call>, Failure> {
        if !self.case.wants.recorded {
            return Err(Failure::broken(
                self.case.id,
                "it looks at calls and is not .recorded() (a fault of the case)",
            ));
        }
        read_calls(&self.shared().join("calls"))
            .map_err(|cause| Failure::broken("cannot read the calls", cause))
    }

    /// The calls of one operation.
    pub fn calls_of(&self, operation: Operation) -> Result<Vec<Call>, Failure> {
        Ok(self.calls()?.into_iter().filter(|call| call.operation == operation).collect())
    }

    /// The operations that were called, in order, repeated ones once.
    pub fn operations(&self) -> Result<Vec<&'static str>, Failure> {
        let mut names: Vec<&str> = self.calls()?.iter().map(|call| call.operation.name()).collect();
        names.dedup();
        Ok(names)
    }

    /// Waits until no job is left and every step has cleaned up, as cases about clean-up must before they look.
    pub fn wait_idle(&self) -> Result<(), Failure> {
        let limit = crate::invoke::DEADLINE.mul_f64(self.time_scale);
        let idle = self.cluster.wait_idle(limit);
        crate::outcome::expect(
            idle,
            format!("no job left within {} s", limit.as_secs_f32()),
            "there still is one",
        )
    }

    /// A new name in the shared folder that nothing has yet: `NAME-1`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.made.set(self.made.get() + 1);
        self.shared().join(format!("{name}-{}", self.made.get()))
    }

    /// A folder of the user's in the shared one, made where it is missing.
    pub fn folder(&self, name: &str, mode: u32) -> Result<PathBuf, Failure> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.shared().join(name);
        let write = || {
            std::fs::create_dir_all(&path)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
            self.give(&path)
        };
        write().map_err(|cause| Failure::broken(format!("cannot make {}", path.display()), cause))?;
        Ok(path)
    }

    /// A file of the user's in the shared folder.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>, mode: u32) -> Result<PathBuf, Failure> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.shared().join(name);
        let write = || {
            std::fs::write(&path, bytes)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
            self.give(&path)
        };
        write().map_err(|cause| Failure::broken(format!("cannot write {}", path.display()), cause))?;
        Ok(path)
    }

    /// Makes a path the user's own, where the harness is somebody else.
    fn give(&self, path: &Path) -> std::io::Result<()> {
        let user = self.cluster.user();
        if nix::unistd::geteuid().as_raw() == user.uid {
            return Ok(());
        }
        std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid))
    }

    /// Ends the cluster and says what was left behind; logs and the recorder's notes go to the evidence first.
    pub fn finish(self) -> Residue {
        for (name, path) in self.cluster.logs() {
            // A log that nobody wrote to says nothing, and there is one in every case.
            if std::fs::metadata(&path).is_ok_and(|data| data.len() == 0) {
                continue;
            }
            // Evidence that cannot be written must not hide the verdict.
            let _ = self.evidence.copy(&name, &path);
        }
        let _ = self.evidence.copy("calls", &self.shared().join("calls"));
        self.cluster.stop()
    }
}

/// A bundle for a runtime that makes its own user namespace.
fn no_user_namespace(config: &mut serde_json::Value) {
    let linux = &mut config["linux"];
    if let Some(namespaces) = linux["namespaces"].as_array_mut() {
        namespaces.retain(|namespace| namespace["type"] != "user");
    }
    if let Some(linux) = linux.as_object_mut() {
        linux.remove("uidMappings");
        linux.remove("gidMappings");
    }
}

/// A bundle for a runtime that has a kernel of its own.
fn own_sysfs(config: &mut serde_json::Value) {
    for mount in config["mounts"].as_array_mut().into_iter().flatten() {
        if mount["destination"] == "/sys" {
            *mount = serde_json::json!({"destination": "/sys", "type": "sysfs", "source": "sysfs"});
        }
    }
}
