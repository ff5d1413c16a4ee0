//! A folder with a site in it: `oci.conf`, a bundle, a runtime made of a shell script that notes every call.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nix::unistd::{Gid, Uid};
use plimsoll_launcher::Release;
use plimsoll_launcher::step::{StepId, StepSpec, TaskSpec, User};
use serde_json::{Value, json};

use crate::step::{FOLDER, ISOLATE, Outcome};

/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a process that was killed may take to go.
const LEAVING: Duration = Duration::from_secs(2);
/// How often the world is looked at while something is awaited.
const LOOK: Duration = Duration::from_millis(2);

/// The runtime: `runtime OPERATION ID BUNDLE`. A container is the script `program` beside it, which waits at a FIFO
/// between create and start.
const RUNTIME: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$1 $2 uid=$(id -u) cwd=$PWD" >>"$here/calls"
state=$here/state.$2
case $1 in
run) exec "$here/program" ;;
create)
    mkdir "$state" && mkfifo "$state/fifo" || exit 1
    exec 4<&0
    ( read -r go <"$state/fifo"; exec "$here/program" ) <&4 4<&- &
    echo $! >"$state/pid" ;;
start) [ ! -e "$here/start.fails" ] || exit 3; touch "$state/started"; echo go >"$state/fifo" ;;
state)
    [ -e "$state/pid" ] || exit 1
    [ ! -e "$here/warns" ] || echo "warning: something is odd" >&2
    pid=$(cat "$state/pid"); status=running
    [ -e "$state/started" ] || status=created
    case $(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null) in ''|Z) status=stopped ;; esac
    [ ! -e "$here/hides.pid" ] || pid=0
    echo "{\"id\": \"$2\", \"status\": \"$status\", \"pid\": $pid}" ;;
kill) kill -s KILL "$(cat "$state/pid")" ;;
delete) kill -s KILL "$(cat "$state/pid")" 2>/dev/null; rm -r "$state" ;;
esac
"#;

pub const RUN: &str = "RunTimeRun=\"RUNTIME run %n.%j.%s.%t %b\"\nRunTimeQuery=\"RUNTIME state %n.%j.%s.%t\"\n\
    RunTimeKill=\"RUNTIME kill %n.%j.%s.%t\"\nRunTimeDelete=\"RUNTIME delete %n.%j.%s.%t\"\n";
pub const CREATE_START: &str = "RunTimeCreate=\"RUNTIME create %n.%j.%s.%t %b\"\n\
    RunTimeStart=\"RUNTIME start %n.%j.%s.%t\"\nRunTimeQuery=\"RUNTIME state %n.%j.%s.%t\"\n\
    RunTimeKill=\"RUNTIME kill %n.%j.%s.%t\"\nRunTimeDelete=\"RUNTIME delete %n.%j.%s.%t\"\n";

pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Who runs the tests.
pub fn myself() -> User {
    let (uid, gid) = (Uid::effective(), Gid::effective());
    let found = nix::unistd::User::from_uid(uid).unwrap().unwrap();
    User {
        name: found.name,
        uid: uid.as_raw(),
        gid: gid.as_raw(),
        groups: vec![gid.as_raw()],
        home: found.dir,
    }
}

/// The unprivileged user whom root can act for, where there is one.
pub fn other() -> Option<User> {
    let found = is_root().then(|| nix::unistd::User::from_name("plimsoll").ok().flatten())??;
    let (uid, gid) = (found.uid.as_raw(), found.gid.as_raw());
    Some(User { name: found.name, uid, gid, groups: vec![gid], home: found.dir })
}

/// Both, where both can be.
pub fn users() -> Vec<User> {
    std::iter::once(myself()).chain(other()).collect()
}

pub struct World {
    folder: tempfile::TempDir,
    pub spec: StepSpec,
    pub isolate: bool,
}

impl Drop for World {
    /// Nothing that ran in this world outlives it: the tests' own processes are ended here, and told of.
    fn drop(&mut self) {
        let here = |pid: &i32| {
            std::fs::read_link(format!("/proc/{pid}/cwd"))
                .is_ok_and(|cwd| cwd.starts_with(self.folder.path()))
        };
        let look = || -> Vec<i32> {
            let all = std::fs::read_dir("/proc").unwrap().flatten();
            all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
                .filter(here)
                .filter(|&pid| lives(pid))
                .collect()
        };
        // One that a test has killed just now is on its way.
        let deadline = Instant::now() + LEAVING;
        let mut left = look();
        while !left.is_empty() && Instant::now() < deadline {
            std::thread::sleep(LOOK);
            left = look();
        }
        for &pid in &left {
            let _ =
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
        if !std::thread::panicking() {
            assert!(left.is_empty(), "processes were left behind: {left:?}");
        }
    }
}

impl World {
    /// A step of one task of `user`, in the bundle, with the site's `oci.conf` in which `RUNTIME` is the script.
    pub fn new(release: Release, user: User, oci_conf: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("plimsoll-driver-").tempdir().unwrap();
        let at = folder.path().to_owned();
        std::fs::set_permissions(&at, PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["conf", "site", "bundle", "spool", "work"] {
            std::fs::create_dir(at.join(name)).unwrap();
        }
        for name in ["site", "bundle", "work"] {
            chown(at.join(name), Some(user.uid), Some(user.gid)).unwrap();
        }
        let world = Self {
            spec: StepSpec {
                release,
                conf_dir: at.join("conf"),
                spool_dir: at.join("spool"),
                node_name: "n1".into(),
                job_id: 7,
                step: StepId::Number(0),
                user,
                container: Some(at.join("bundle").into()),
                container_id: None,
                work_dir: at.join("work"),
                env: pairs(&[("PATH", "/usr/bin:/bin"), ("FROM_JOB", "1")]),
                daemon_env: pairs(&[("PATH", "/usr/bin:/bin"), ("OF_DAEMON", "1"), ("SECRET", "1")]),
                pty: false,
                tasks: vec![task(0, &["true"])],
                batch: None,
                deviation: None,
            },
            folder,
            isolate: false,
        };
        let runtime = at.join("site/runtime");
        if !oci_conf.is_empty() {
            let text = oci_conf.replace("RUNTIME", &runtime.display().to_string());
            std::fs::write(at.join("conf/oci.conf"), text).unwrap();
        }
        world.script("runtime", RUNTIME);
        world.script("program", "#!/bin/sh\nexit 0\n");
        let config = json!({
            "ociVersion": "1.0.0",
            "root": { "path": "rootfs" },
            "process": { "args": ["sh"], "cwd": "/", "env": ["PATH=/usr/bin:/bin", "OF_BUNDLE=1"] },
        });
        world.config(&config);
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Writes an executable file of the site's.
    pub fn script(&self, name: &str, text: &str) {
        let path = self.path("site").join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    pub fn config(&self, config: &Value) {
        std::fs::write(self.path("bundle/config.json"), config.to_string()).unwrap();
    }

    pub fn touch(&self, name: &str) {
        std::fs::write(self.path(name), "").unwrap();
    }

    pub fn tasks(&mut self, count: u32, argv: &[&str]) {
        self.spec.tasks = (0..count).map(|id| task(id, argv)).collect();
    }

    /// Runs the step to its end.
    pub fn run(&self) -> Outcome {
        self.start().end()
    }

    pub fn start(&self) -> Running<'_> {
        std::fs::write(self.path("spec.json"), serde_json::to_vec(&self.spec).unwrap()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(FOLDER, self.folder.path());
        if self.isolate {
            command.env(ISOLATE, "1");
        }
        Running { world: self, child: command.spawn().unwrap() }
    }

    /// The operations that the script was asked for, in order: `create n1.7.0.0` …
    pub fn calls(&self) -> Vec<String> {
        let calls = self.read("site/calls");
        calls.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
    }

    /// Nothing that the launcher made is left.
    pub fn assert_spool_is_empty(&self) {
        let left: Vec<_> =
            std::fs::read_dir(self.path("spool")).unwrap().map(|e| e.unwrap().path()).collect();
        assert!(left.is_empty(), "left in the spool directory: {left:?}");
    }
}

pub struct Running<'a> {
    world: &'a World,
    child: Child,
}

impl Running<'_> {
    /// The pids of the tasks, once all are started.
    pub fn pids(&mut self) -> Vec<i32> {
        self.until("the tasks' pids", |world| world.path("pids").exists());
        self.world.read("pids").split(' ').map(|pid| pid.parse().unwrap()).collect()
    }

    /// Waits until something of the world holds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&World) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds(self.world) {
            assert!(Instant::now() < until, "{what} did not come; {}", self.describe());
            std::thread::sleep(LOOK);
        }
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the step.
    pub fn end(mut self) -> Outcome {
        let until = Instant::now() + PATIENCE;
        while !self.has_ended() {
            if Instant::now() > until {
                let described = self.describe();
                self.child.kill().unwrap();
                panic!("the step did not end; {described}");
            }
            std::thread::sleep(LOOK);
        }
        let outcome = std::fs::read(self.world.path("outcome.json")).expect("the step left its outcome");
        serde_json::from_slice(&outcome).unwrap()
    }

    fn describe(&self) -> String {
        let mut text = String::new();
        for name in ["site/calls", "out.0", "err.0"] {
            let _ = write!(text, "{name}: {:?}; ", self.world.read(name));
        }
        text
    }
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

pub fn task(id: u32, argv: &[&str]) -> TaskSpec {
    TaskSpec {
        local_id: id,
        global_id: id,
        argv: argv.iter().map(OsString::from).collect(),
        env: pairs(&[("SLURM_PROCID", &id.to_string())]),
    }
}

/// Whether a process is there and no zombie.
pub fn lives(pid: i32) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')))
}
