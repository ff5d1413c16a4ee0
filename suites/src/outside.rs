//! A runtime without any Slurm: create, start, kill and delete on a fixture bundle, as the guide's section "Testing OCI
//! runtime outside of Slurm" has it (rule G-OUT-1).

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use plimsoll_fixtures::{Bundle, BundleBuilder, Fixture, Owner};
use plimsoll_launcher::step::User;

use crate::target::{Place, Target};

/// How long one command, or the container's answer to it, may take: a hundred times what it takes on a quiet machine.
const LIMIT: Duration = Duration::from_secs(5);
/// The pause between two looks at what nobody announces.
const LOOK: Duration = Duration::from_millis(2);

/// Name of the container, the guide's.
const NAME: &str = "test";

/// The contained program: ends at SIGTERM, and says when it is ready for it.
const PROGRAM: &str = "trap 'exit 0' TERM; echo >/.plimsoll/proof/ready; while :; do sleep 60 & wait; done";

/// What came of trying a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// Every command succeeded, and the container was started and ended by them; with what there is to say of it.
    Works(Option<String>),
    /// A command failed; what it was, and what it said.
    Fails(String),
    /// It has no such commands.
    NotMeant(String),
    /// It could not be tried, which says nothing of it.
    Broken(String),
}

/// Tries the runtime of a target as `user`, in a folder of its own that is gone afterwards. The caller's mount namespace
/// is the one that it runs in.
pub fn try_out(target: &Target, user: &User) -> Tried {
    if let Some(missing) = &target.missing {
        return Tried::NotMeant(missing.clone());
    }
    let dir = match tempfile::Builder::new().prefix("plimsoll-outside-").tempdir() {
        Ok(dir) => dir,
        Err(cause) => return Tried::Broken(format!("cannot make a folder: {cause}")),
    };
    Trial::new(target, user, dir.path()).map_or_else(|tried| tried, |trial| trial.run())
}

struct Trial<'a> {
    user: &'a User,
    bundle: Bundle,
    /// The program and its general options, as a line for the shell.
    front: String,
    output: std::path::PathBuf,
}

impl<'a> Trial<'a> {
    fn new(target: &Target, user: &'a User, dir: &Path) -> Result<Self, Tried> {
        let broken =
            |cause: &dyn std::fmt::Display| Tried::Broken(format!("cannot prepare a bundle: {cause}"));
        fs::set_permissions(dir, Permissions::from_mode(0o755)).map_err(|cause| broken(&cause))?;
        let root = dir.join("root");
        fs::create_dir(&root).map_err(|cause| broken(&cause))?;
        fs::set_permissions(&root, Permissions::from_mode(0o700)).map_err(|cause| broken(&cause))?;
        if nix::unistd::geteuid().is_root() {
            chown(&root, Some(user.uid), Some(user.gid)).map_err(|cause| broken(&cause))?;
        }
        let text = target
            .oci_conf(&Place { runtime_root: &root, scripts: None, recorder: None })
            .map_err(|cause| broken(&cause))?;
        let front = front(&text)
            .ok_or_else(|| Tried::NotMeant("it has no command that asks for a state".to_owned()))?;
        let fixture = if Path::new("/bin/busybox").exists() { Fixture::Busybox } else { Fixture::Host };
        let bundle = BundleBuilder::new(fixture)
            .owner(Owner { uid: user.uid, gid: user.gid })
            .args(["/bin/sh", "-c", PROGRAM])
            .build(&dir.join("bundle"))
            .map_err(|cause| broken(&cause))?;
        Ok(Self { user, bundle, front, output: dir.join("output") })
    }

    fn run(&self) -> Tried {
        let tried = self.operations();
        if tried.is_err() {
            // Whatever is still there must not outlive the folder.
            let _ = self.call(&["delete", "--force", NAME]);
        }
        match tried {
            Ok(said) => Tried::Works(said),
            Err(said) => Tried::Fails(said),
        }
    }

    fn operations(&self) -> Result<Option<String>, String> {
        let bundle = self.bundle.dir.display().to_string();
        let mut said = None;
        if let Err(printed) = self.succeed(&["create", NAME, "--bundle", &bundle]) {
            // The guide prints the option behind the name; some runtimes want it before.
            self.succeed(&["create", "--bundle", &bundle, NAME]).map_err(|_| printed)?;
            said = Some("create wants --bundle before the name, where the guide prints it behind".to_owned());
        }
        self.succeed(&["start", NAME])?;
        let ready = self.bundle.proof_dir.join("ready");
        if !wait_until(|| ready.exists()) {
            return Err("the contained program does not run after `start`".to_owned());
        }
        self.succeed(&["kill", NAME])?;
        let is_running = || self.call(&["state", NAME]).is_ok_and(|(_, text)| text.contains("\"running\""));
        if !wait_until(|| !is_running()) {
            return Err("the contained program still runs after `kill`".to_owned());
        }
        self.succeed(&["delete", NAME])?;
        Ok(said)
    }

    /// Runs one command to its end; an error is its words.
    fn succeed(&self, words: &[&str]) -> Result<(), String> {
        let (status, text) = self.call(words)?;
        if status.success() {
            return Ok(());
        }
        let said = text.lines().last().unwrap_or("it said nothing").trim();
        Err(format!("`{} {}` ended with {status}: {said}", self.front, words.join(" ")))
    }

    /// Runs one command from the bundle's folder. Its output goes to a file, since a container holds on to a pipe.
    fn call(&self, words: &[&str]) -> Result<(ExitStatus, String), String> {
        let failed = |cause: std::io::Error| format!("cannot run `{}`: {cause}", self.front);
        let file = File::create(&self.output).map_err(failed)?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &format!("exec {} {}", self.front, words.join(" "))])
            .current_dir(&self.bundle.dir)
            .env_remove("XDG_RUNTIME_DIR")
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(failed)?)
            .stderr(file);
        if nix::unistd::geteuid().as_raw() != self.user.uid {
            command
                .uid(self.user.uid)
                .gid(self.user.gid)
                .env("HOME", &self.user.home)
                .env("USER", &self.user.name);
        }
        let mut child = command.spawn().map_err(failed)?;
        let mut ended = None;
        wait_until(|| {
            ended = child.try_wait().ok().flatten();
            ended.is_some()
        });
        let text = || String::from_utf8_lossy(&fs::read(&self.output).unwrap_or_default()).into_owned();
        if let Some(status) = ended {
            return Ok((status, text()));
        }
        let _ = child.kill().and_then(|()| child.wait());
        Err(format!("`{} {}` does not end: {}", self.front, words.join(" "), text().trim()))
    }
}

/// The program and its general options: what stands before the word `state` in the query of an `oci.conf`.
pub(crate) fn front(text: &str) -> Option<String> {
    let (_, query) = text.split_once("RunTimeQuery=\"")?;
    let (front, _) = query.split_once('"')?.0.split_once(" state ")?;
    Some(front.to_owned())
}

fn wait_until(holds: impl FnMut() -> bool) -> bool {
    plimsoll_cluster::wait::until(LIMIT, LOOK, holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_those_of_the_query() {
        let text =
            "A=1\nRunTimeQuery=\"/usr/bin/crun --rootless=true --root=/r/ state %n.%u\" RunTimeRun=\"x\"";
        assert_eq!(front(text).as_deref(), Some("/usr/bin/crun --rootless=true --root=/r/"));
        assert_eq!(front("RunTimeQuery=\"sudo x\""), None);
    }
}
