//! The world `slurm` from the outside: a private cluster comes and goes with the run that started it, as root and as an
//! ordinary user, and whatever ends that run. Without an installed Slurm there is nothing to show, which is said.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use plimsoll_cluster::{procs, wait};
use serde_json::Value;
use tempfile::TempDir;

/// How long a cluster may take to go.
const LIMIT: Duration = Duration::from_secs(20);
/// How often a state that nobody announces is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Whether the daemons are installed here.
fn installed() -> bool {
    let found = Command::new("slurmd").arg("-V").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("not shown: `slurmd -V` does not run here; ci/setup installs it");
    }
    found
}

/// A place for clusters' folders that is this test's own, and a copy of the program that everybody can run.
struct Place {
    dir: TempDir,
    user: Option<User>,
}

impl Place {
    fn new(user: Option<User>) -> Self {
        // Sockets have short paths.
        let dir = tempfile::Builder::new().prefix("pt-").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::create_dir(dir.path().join("t")).unwrap();
        if let Some(user) = &user {
            chown(dir.path().join("t"), Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
        std::fs::copy(env!("CARGO_BIN_EXE_plimsoll"), dir.path().join("plimsoll")).unwrap();
        Self { dir, user }
    }

    fn folders(&self) -> PathBuf {
        self.dir.path().join("t")
    }

    fn plimsoll(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.dir.path().join("plimsoll"));
        command.args(words).env("PLIMSOLL_TMPDIR", self.folders()).env("NO_COLOR", "1");
        command.current_dir("/").stdin(Stdio::null());
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw()).env("HOME", &user.dir);
        }
        command
    }

    /// Folders and processes that are still there.
    fn left(&self) -> Vec<String> {
        let folders = std::fs::read_dir(self.folders()).unwrap().map(|entry| entry.unwrap().path());
        let pids = procs::of_cluster(&self.folders().join("plimsoll-"));
        let own = pids.iter().map(|pid| procs::command_line(*pid));
        folders.map(|path| path.display().to_string()).chain(own).collect()
    }

    fn nothing_is_left(&self) {
        assert!(wait::until(LIMIT, LOOK, || self.left().is_empty()), "{:?}", self.left());
    }

    /// Starts a cluster with a job on it that would run for a minute; gives the program and the keeper's pid.
    fn busy(&self) -> (Child, i32) {
        let job = "srun sh -c 'echo ready; exec sleep 60'";
        let mut child = self
            .plimsoll(&["shell", "--world", "slurm", "--", "sh", "-c", job])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let children = procs::descendants(child.id().cast_signed());
        let keeper = children.into_iter().find(|pid| procs::command_line(*pid).contains(" keeper ")).unwrap();
        (child, keeper)
    }
}

fn ordinary() -> Option<User> {
    let user = User::from_name("plimsoll").unwrap();
    (geteuid().is_root()).then_some(user).flatten()
}

fn runs_and_goes(place: &Place) {
    let script = "srun -N2 -l sh -c 'id -u; echo $SLURMD_NODENAME' | sort";
    let words = ["shell", "--world", "slurm", "--nodes", "2", "--", "sh", "-c", script];
    let output = place.plimsoll(&words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("0: n1\n") && text.contains("1: n2\n") && !text.contains(": 0\n"), "{text}");
    assert_eq!(place.left(), Vec::<String>::new());
}

#[test]
fn a_cluster_comes_and_goes() {
    if installed() {
        runs_and_goes(&Place::new(None));
    }
}

#[test]
fn a_cluster_of_an_ordinary_user_s_comes_and_goes() {
    match ordinary() {
        Some(user) if installed() => runs_and_goes(&Place::new(Some(user))),
        _ => eprintln!("not shown: only root can become the user `plimsoll`, whom ci/setup makes"),
    }
}

#[test]
fn everything_goes_when_the_run_is_killed() {
    if !installed() {
        return;
    }
    let place = Place::new(None);
    let (mut child, _) = place.busy();
    child.kill().unwrap();
    child.wait().unwrap();
    place.nothing_is_left();
}

#[test]
fn what_is_left_when_the_keeper_is_killed_too_is_found_and_removed() {
    if !installed() {
        return;
    }
    let place = Place::new(None);
    let (mut child, keeper) = place.busy();
    // Stopped, so that it does not see the run's end first.
    kill(Pid::from_raw(keeper), Signal::SIGSTOP).unwrap();
    let living = place.plimsoll(&["doctor", "--clean"]).output().unwrap();
    assert!(!String::from_utf8_lossy(&living.stdout).contains(path(&place.folders())), "a living run's own");
    child.kill().unwrap();
    child.wait().unwrap();
    kill(Pid::from_raw(keeper), Signal::SIGKILL).unwrap();
    let cleaned = place.plimsoll(&["doctor", "--clean"]).output().unwrap();
    let text = String::from_utf8(cleaned.stdout).unwrap();
    assert_eq!(cleaned.status.code(), Some(0), "{text}");
    assert!(text.contains(&format!("removed {}/plimsoll-", path(&place.folders()))), "{text}");
    assert_eq!(place.left(), Vec::<String>::new());
}

#[test]
fn another_release_than_the_installed_one_is_refused() {
    if !installed() {
        return;
    }
    let place = Place::new(None);
    let output = place.plimsoll(&["run", "--world", "slurm", "--release", "guide"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("is installed here, which is no guide; leave --release out"), "{said}");
}

/// The areas that take a few seconds, hang of none of their cases among them.
const AREAS: [&str; 7] = ["step.*", "pattern.*", "env.*", "config.*", "ociconf.*", "spool.*", "multi.*"];

/// Verdicts by the results of a run: `pass`, `unsupported`, or `fail DEFECT`; anything else is a failure of the test.
fn verdicts(json: &Path) -> Vec<(String, String)> {
    let results: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let row = |row: &Value| {
        let (case, verdict, defect) = (text(row, "case"), text(row, "verdict"), text(row, "defect"));
        let known =
            ["pass", "unsupported"].contains(&verdict.as_str()) || verdict == "fail" && !defect.is_empty();
        assert!(known, "{case}: {verdict}: {} {}", text(row, "reason"), text(row, "seen"));
        (case, format!("{verdict} {defect}").trim_end().to_owned())
    };
    results["results"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn every_verdict_on_real_daemons_is_explained() {
    if !installed() {
        return;
    }
    let place = Place::new(None);
    let (out, json) = (place.dir.path().join("out"), place.dir.path().join("r.json"));
    let mut words = vec!["run", "--world", "slurm", "--profile", "crun-run", "--out", path(&out)];
    words.extend(["--json", path(&json)].iter().chain(&AREAS));
    let output = place.plimsoll(&words).output().unwrap();
    assert!([Some(0), Some(1)].contains(&output.status.code()), "{output:?}");
    let verdicts = verdicts(&json);
    let passed = verdicts.iter().filter(|(_, verdict)| verdict == "pass").count();
    assert!(passed > verdicts.len() / 2, "{verdicts:?}");
    assert_eq!(place.left(), Vec::<String>::new());
}

/// What of every container under create and start hangs on real daemons; one job at a time, so that the cluster is the same.
#[test]
fn a_hang_is_a_verdict_and_the_next_case_is_untouched() {
    if !installed() {
        return;
    }
    let place = Place::new(None);
    let (out, json) = (place.dir.path().join("out"), place.dir.path().join("r.json"));
    let profiles = "crun-create-start,crun-run";
    let words =
        ["run", "step.quiet", "--world", "slurm", "--jobs", "1", "--profile", profiles, "--out", path(&out)];
    let output = place.plimsoll(&words).args(["--json", path(&json)]).output().unwrap();
    let seen: Vec<String> = verdicts(&json).into_iter().map(|(_, verdict)| verdict).collect();
    assert_eq!(seen, ["fail R-OPEN-7", "pass"], "{output:?}");
    assert_eq!(place.left(), Vec::<String>::new());
}

#[test]
fn a_live_cluster_is_used_within_limits_and_left_as_it_was() {
    if !installed() {
        return;
    }
    let place = Place::new(None);
    let dir = place.dir.path().join("live");
    std::fs::create_dir(&dir).unwrap();
    if let Some(user) = ordinary() {
        chown(&dir, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
    }
    let script = "cd $0 && mkdir shared && before=$(cat $(dirname $SLURM_CONF)/oci.conf | sum)
        ../plimsoll run --world attach --shared shared --time-limit 1 --out out --json r.json \
            '{request.srun,request.shown,step.exit-code,pattern.ids,step.as-user,signal.interrupt}'
        echo code $?
        [ \"$before\" = \"$(cat $(dirname $SLURM_CONF)/oci.conf | sum)\" ] && squeue -h -a && ls shared && echo unchanged";
    let words =
        ["shell", "--world", "slurm", "--profile", "builtin-run", "--", "sh", "-c", script, path(&dir)];
    let output = place.plimsoll(&words).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.ends_with("code 0\nunchanged\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let verdicts = verdicts(&dir.join("r.json"));
    let of = |verdict: &str| {
        let fitting = verdicts.iter().filter(|(_, seen)| seen == verdict);
        fitting.map(|(case, _)| case.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of("pass"), ["request.shown", "request.srun", "step.exit-code"]);
    assert_eq!(of("unsupported"), ["pattern.ids", "signal.interrupt", "step.as-user"]);
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
