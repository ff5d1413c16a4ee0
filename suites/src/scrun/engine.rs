//! Rootless Podman as the guide sets it up, for one case: a home of its own, images from a layout of our own, nothing of the
//! user's and nothing from the network.

use std::path::PathBuf;

use crate::bundle::{INSIDE, Image, layout};
use crate::context::Context;
use crate::invoke::Invocation;
use crate::outcome::{Failure, Outcome};

/// containers.conf as the guide prints it, and one line more. The guide's own text says to change the two words in braces: the
/// path of scrun, and the manager of cgroups where there is no systemd. The line more is `lock_type`: otherwise the locks of all
/// Podmans of a user are one piece of shared memory that outlives them, and a case would leave it to the next.
const CONTAINERS_CONF: &str = r#"[containers]
apparmor_profile = "unconfined"
cgroupns = "host"
cgroups = "enabled"
default_sysctls = []
label = false
netns = "host"
no_hosts = true
pidns = "host"
utsns = "host"
userns = "host"

[engine]
cgroup_manager = "{manager}"
runtime = "slurm"
runtime_supports_nocgroups = [ "slurm" ]
runtime_supports_json = [ "slurm" ]
remote = false
lock_type = "file"

[engine.runtimes]
slurm = [ "{scrun}" ]
"#;

/// storage.conf as the guide prints it.
const STORAGE_CONF: &str = r#"[storage]
driver = "vfs"
runroot = "$HOME/containers"
graphroot = "$HOME/containers"

[storage.options]
pull_options = {use_hard_links = "true", enable_partial_images = "true"}

[storage.options.vfs]
ignore_chown_errors = "true"
"#;

/// How long monitors may take to end: they call Podman once more.
const ENDING: std::time::Duration = std::time::Duration::from_secs(10);
/// How often it is looked whether they have.
const LOOK: std::time::Duration = std::time::Duration::from_millis(5);

/// A user's Podman.
pub struct Podman<'c> {
    cx: &'c Context<'c>,
    home: PathBuf,
    run: PathBuf,
}

impl<'c> Podman<'c> {
    /// With the image `alpine`.
    pub fn new(cx: &'c Context<'c>) -> Result<Self, Failure> {
        Self::with(cx, &[Image::Alpine])
    }

    /// With these images.
    pub fn with(cx: &'c Context<'c>, images: &[Image]) -> Result<Self, Failure> {
        super::single::only_on_the_mock(cx)?;
        let home = cx.folder("home", 0o700)?;
        let run = cx.folder("xdg", 0o700)?;
        cx.folder("home/.config", 0o700)?;
        cx.folder("home/.config/containers", 0o700)?;
        let scrun = cx.cluster().conf_dir().join("bin/scrun");
        let text =
            CONTAINERS_CONF.replace("{manager}", "cgroupfs").replace("{scrun}", &scrun.to_string_lossy());
        cx.file("home/.config/containers/containers.conf", text, 0o644)?;
        cx.file("home/.config/containers/storage.conf", STORAGE_CONF, 0o644)?;
        let podman = Self { cx, home, run };
        let dir = cx.path("layout");
        layout(&dir, images).map_err(|cause| Failure::broken("cannot make images", cause))?;
        for image in images {
            // The path is made a name, which must be lower case: a short one, seen from where commands run.
            let source = format!("oci:{}:{}", dir.file_name().unwrap_or_default().display(), image.name());
            let name = image.name();
            let run = podman.cmd(["pull", "--quiet", &source]).run()?;
            let id = run.stdout_text().trim().to_owned();
            if !run.status.success() || id.is_empty() {
                return Err(Failure::broken("podman pulls no image from a layout", run.stderr_text()));
            }
            podman.cmd(["tag", &id, name]).run()?.exits(0).done()?;
        }
        Ok(podman)
    }

    /// A command of Podman's.
    pub fn cmd<const N: usize>(&self, words: [&str; N]) -> Invocation<'c> {
        self.dressed(Invocation::new(self.cx, "podman").opts(words))
    }

    /// Any command in Podman's environment.
    pub fn dressed(&self, invocation: Invocation<'c>) -> Invocation<'c> {
        invocation.env("HOME", &self.home).env("XDG_RUNTIME_DIR", &self.run).without_env("XDG_CONFIG_HOME")
    }

    /// `podman run --rm OPTIONS alpine` and a script for the image's shell, which proves by its first word that it ran inside.
    pub fn inside(&self, options: &[&str], script: &str) -> Invocation<'c> {
        self.cmd(["run", "--rm"]).opts(options).opts(["alpine", INSIDE, script])
    }

    /// `podman run -d --name NAME alpine` and a script.
    pub fn detached(&self, name: &str, script: &str) -> Outcome {
        self.cmd(["run", "-d", "--name", name, "alpine", INSIDE, script]).run()?.exits(0).checked().map(drop)
    }

    /// Where scrun has its containers.
    pub fn scrun_root(&self) -> PathBuf {
        self.run.join("scrun")
    }

    /// Waits until the log of a container holds a text.
    pub fn until_logs(&self, name: &str, text: &str) -> Outcome {
        let mut seen = String::new();
        let within = std::time::Duration::from_secs(20);
        let found = plimsoll_cluster::wait::until(within, std::time::Duration::from_millis(50), || {
            let run = self.cmd(["logs", name]).run();
            seen = run.map_or_else(|error| error.to_string(), |run| run.stdout_text());
            seen.contains(text)
        });
        crate::outcome::expect(found, format!("{text:?} in the logs of {name}"), seen)
    }

    /// The end of a case: no job is left, and no container of scrun's.
    pub fn finish(&self) -> Outcome {
        self.cx.wait_idle()?;
        let left: Vec<String> = std::fs::read_dir(self.scrun_root())
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        crate::outcome::expect(left.is_empty(), "no files of scrun's left", format!("{left:?}"))
    }
}

impl Drop for Podman<'_> {
    /// Whatever became of the case: no container stays, nor the process that keeps Podman's namespace.
    fn drop(&mut self) {
        let mut command = self.cx.cluster().command("timeout");
        command.env("HOME", &self.home).env("XDG_RUNTIME_DIR", &self.run).env_remove("XDG_CONFIG_HOME");
        // What it leaves shows as residue.
        let _ = command.args(["-k", "1", "20", "podman", "rm", "--force", "--all", "--time", "0"]).output();
        // A monitor outlives its container by what it has to tidy up.
        let dir = self.cx.cluster().conf_dir();
        let monitors = || {
            let mut own = plimsoll_cluster::procs::of_own_cluster(dir).into_iter();
            own.any(|pid| plimsoll_cluster::procs::name(pid) == "conmon")
        };
        plimsoll_cluster::wait::until(ENDING, LOOK, || !monitors());
        let pid = std::fs::read_to_string(self.run.join("libpod/tmp/pause.pid")).unwrap_or_default();
        if let Ok(pid) = pid.trim().parse() {
            let _ =
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
            // A killed process is there for a moment more.
            plimsoll_cluster::wait::until(ENDING, LOOK, || plimsoll_cluster::procs::start_of(pid).is_none());
        }
    }
}
