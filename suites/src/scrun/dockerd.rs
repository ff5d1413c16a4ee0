//! Rootless Docker as the guide sets it up, for one case: a daemon of its own, started by hand where there is no systemd, images
//! from a layout of our own.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_cluster::{procs, wait};

use crate::bundle::{INSIDE, Image, layout};
use crate::context::Context;
use crate::invoke::Invocation;
use crate::outcome::{Failure, Outcome, expect};

/// daemon.json as the guide prints it, with its storage on a shared file system as it prints that, and one line more:
/// `ip-forward`, without which a daemon of an ordinary user ends where it cannot set that. The words in braces are the guide's
/// own to change.
const DAEMON_JSON: &str = r#"{
    "experimental": true,
    "iptables": false,
    "bridge": "none",
    "no-new-privileges": true,
    "rootless": true,
    "selinux-enabled": false,
    "default-runtime": "slurm",
    "runtimes": { "slurm": { "path": "{scrun}" } },
    "data-root": "{dir}/data",
    "exec-root": "{dir}/exec",
    "storage-driver": "vfs",
    "ip-forward": false
}
"#;

/// The service override of the guide, which is the daemon's environment.
const OVERRIDE: [(&str, &str); 2] =
    [("DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER", "none"), ("DOCKERD_ROOTLESS_ROOTLESSKIT_NET", "host")];

/// The guide's security options, as meant (one of its places has `label:disable`).
const SECURITY: [&str; 7] = [
    "--security-opt",
    "label=disable",
    "--security-opt",
    "seccomp=unconfined",
    "--security-opt",
    "apparmor=unconfined",
    "--net=none",
];

/// Where distributions keep the script that starts the daemon of an ordinary user.
pub const SCRIPTS: [&str; 2] =
    ["/usr/bin/dockerd-rootless.sh", "/usr/share/docker.io/contrib/dockerd-rootless.sh"];

/// How long the daemon may take to answer, and to end: it starts containerd first, and ends it last.
const WITHIN: Duration = Duration::from_secs(30);
/// How often it is asked.
const LOOK: Duration = Duration::from_millis(100);

/// A user's Docker.
pub struct Docker<'c> {
    cx: &'c Context<'c>,
    home: PathBuf,
    run: PathBuf,
    daemon: Child,
}

impl<'c> Docker<'c> {
    /// Starts a daemon, and gives it the images `alpine` and `hello-world`.
    pub fn new(cx: &'c Context<'c>) -> Result<Self, Failure> {
        super::single::only_on_the_mock(cx)?;
        let (home, run) = (cx.folder("home", 0o700)?, cx.folder("xdg", 0o700)?);
        cx.folder("home/.config", 0o700)?;
        cx.folder("home/.config/docker", 0o700)?;
        let dir = cx.folder("docker", 0o700)?;
        let scrun = cx.cluster().conf_dir().join("bin/scrun");
        let text =
            DAEMON_JSON.replace("{scrun}", &scrun.to_string_lossy()).replace("{dir}", &dir.to_string_lossy());
        cx.file("home/.config/docker/daemon.json", text, 0o644)?;
        let log = cx.file("dockerd.log", "", 0o644)?;
        let failed = |cause: std::io::Error| Failure::broken("cannot start rootless Docker", cause);
        let Some(script) = SCRIPTS.iter().find(|path| Path::new(path).exists()) else {
            return Err(Failure::broken("dockerd-rootless.sh", "it is not there"));
        };
        let mut command = cx.cluster().command("sh");
        command.arg(script).envs(OVERRIDE).env("HOME", &home).env("XDG_RUNTIME_DIR", &run);
        command.env_remove("DOCKER_HOST").env_remove("XDG_CONFIG_HOME");
        let file = std::fs::OpenOptions::new().append(true).open(&log).map_err(failed)?;
        let errors = file.try_clone().map_err(failed)?;
        let daemon = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn().map_err(failed)?;
        let docker = Self { cx, home, run, daemon };
        let answers = wait::until(WITHIN, LOOK, || {
            docker.socket().exists() && docker.cmd(["version"]).run().is_ok_and(|run| run.status.success())
        });
        if !answers {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            let last = log.lines().rev().take(5).collect::<Vec<_>>().join("\n");
            return Err(Failure::broken("rootless Docker does not answer", last));
        }
        docker.load()?;
        Ok(docker)
    }

    /// Images come in by the archive of their only layer, as Docker reads no OCI layout of this form.
    fn load(&self) -> Outcome {
        let dir = self.cx.path("layout");
        layout(&dir, &[Image::Alpine]).map_err(|cause| Failure::broken("cannot make images", cause))?;
        let blobs = std::fs::read_dir(dir.join("blobs/sha256"))?.flatten();
        let layer = blobs.max_by_key(|entry| entry.metadata().map_or(0, |data| data.len()));
        let layer = layer.map(|entry| entry.path()).unwrap_or_default();
        let path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
        for (image, command) in [(Image::Alpine, "/bin/sh"), (Image::HelloWorld, "/bin/hello")] {
            let (env, cmd) = (format!("ENV {path}"), format!("CMD [\"{command}\"]"));
            let words =
                ["import", "--change", &env, "--change", &cmd, &layer.to_string_lossy(), image.name()];
            let run = self.cmd(words).run()?;
            if !run.status.success() {
                return Err(Failure::broken("docker imports no image", run.stderr_text()));
            }
        }
        Ok(())
    }

    fn socket(&self) -> PathBuf {
        self.run.join("docker.sock")
    }

    /// A command of Docker's.
    pub fn cmd<const N: usize>(&self, words: [&str; N]) -> Invocation<'c> {
        let invocation = Invocation::new(self.cx, "docker").opts(words);
        // As printed, DOCKER_HOST names the socket in the user's run-time directory.
        let host = format!("unix://{}", self.socket().display());
        invocation.env("HOME", &self.home).env("XDG_RUNTIME_DIR", &self.run).env("DOCKER_HOST", host)
    }

    /// `docker run --rm $DOCKER_SECURITY OPTIONS` and what runs.
    pub fn run(&self, options: &[&str], words: &[&str]) -> Invocation<'c> {
        self.cmd(["run", "--rm"]).opts(SECURITY).opts(options).opts(words)
    }

    /// The same with the image `alpine` and a script, which proves by its first word that it ran inside.
    pub fn inside(&self, options: &[&str], script: &str) -> Invocation<'c> {
        self.run(options, &["alpine", INSIDE, script])
    }

    /// `docker run -d --name NAME`
    pub fn detached(&self, name: &str, script: &str) -> Outcome {
        let run = self.cmd(["run", "-d", "--name", name]).opts(SECURITY);
        run.opts(["alpine", INSIDE, script]).run()?.exits(0).done()
    }

    /// Waits until the log of a container holds a text.
    pub fn until_logs(&self, name: &str, text: &str) -> Outcome {
        let mut seen = String::new();
        let found = wait::until(WITHIN, LOOK, || {
            let run = self.cmd(["logs", name]).run();
            seen = run.map_or_else(|error| error.to_string(), |run| run.stdout_text());
            seen.contains(text)
        });
        expect(found, format!("{text:?} in the logs of {name}"), seen)
    }

    /// The end of a case: no job is left.
    pub fn finish(&self) -> Outcome {
        self.cx.wait_idle()
    }
}

impl Drop for Docker<'_> {
    /// Whatever became of the case, no container, daemon or shim stays.
    fn drop(&mut self) {
        let mut command = self.cx.cluster().command("sh");
        let script = "docker ps -aq | xargs -r docker rm --force";
        command.args(["-c", script]).env("HOME", &self.home);
        command.env("DOCKER_HOST", format!("unix://{}", self.socket().display()));
        // What it leaves shows as residue.
        let _ = command.output();
        let pid = Pid::from_raw(self.daemon.id().cast_signed());
        let _ = kill(pid, Signal::SIGTERM);
        let dir = self.cx.cluster().conf_dir();
        let of_docker = |pid: &i32| {
            let name = procs::name(*pid);
            ["docker", "rootlesskit", "containerd", "exe", "sh"].iter().any(|part| name.starts_with(part))
        };
        let ended = |daemon: &mut Child| {
            // Whoever is gone is asked no more.
            let _ = daemon.try_wait();
            !procs::of_own_cluster(dir).iter().any(of_docker)
        };
        if !wait::until(WITHIN, LOOK, || ended(&mut self.daemon)) {
            for pid in procs::of_own_cluster(dir).into_iter().filter(|pid| of_docker(pid)) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        let _ = self.daemon.wait();
        let _ = self.cx.evidence().copy("dockerd.log", &self.cx.shared().join("dockerd.log"));
    }
}
