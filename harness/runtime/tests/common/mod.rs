//! Bundles of busybox and ways to run a command on them, shared by the tests with real programs.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses its part; a panic in a test is its report"
)]

pub mod tool;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix::unistd::{User, geteuid};
use serde_json::{Value, json};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_plimsoll-runtime");

/// Who a test runs commands as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub uid: u32,
    pub gid: u32,
}

/// The user of a name, where this process may become it; says why not.
pub fn who(name: &str) -> Option<Who> {
    let user = User::from_name(name).ok().flatten();
    match user {
        Some(user) if geteuid().is_root() || user.uid == geteuid() => {
            Some(Who { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
        }
        _ => {
            eprintln!("skipped: cannot run as user `{name}` here");
            None
        }
    }
}

/// The path of a program, or why the test is skipped.
pub fn installed(name: &str) -> Option<PathBuf> {
    let found =
        ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"].map(|dir| Path::new(dir).join(name));
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// A folder with a bundle and a place for the runtime's state, both the user's own.
pub struct Place {
    pub dir: tempfile::TempDir,
    pub who: Who,
}

impl Place {
    /// Makes the folder, and a bundle that runs `sh -c SCRIPT`.
    pub fn new(who: Who, script: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("plimsoll-runtime-").tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let place = Self { dir, who };
        for folder in ["state", "bundle", "notes"] {
            place.make_dir(folder);
        }
        let rootfs = place.bundle().join("rootfs");
        for folder in ["bin", "proc", "sys", "dev", "tmp", "etc"] {
            fs::create_dir_all(rootfs.join(folder)).unwrap();
        }
        fs::copy("/usr/bin/busybox", rootfs.join("bin/busybox")).unwrap();
        for applet in
            "sh cat true false env id ls mount sleep hostname stat test tty kill umask readlink touch stty grep"
                .split(' ')
        {
            symlink("busybox", rootfs.join("bin").join(applet)).unwrap();
        }
        fs::write(rootfs.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").unwrap();
        place.write_config(&config(who, script));
        place.own(&place.bundle());
        place
    }

    /// An id as the guide writes them, of this place alone: runc as root makes cgroups of that name.
    pub fn id(&self) -> String {
        format!("{}.u.1.0.0", self.dir.path().file_name().unwrap().to_string_lossy())
    }

    pub fn bundle(&self) -> PathBuf {
        self.dir.path().join("bundle")
    }

    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    pub fn notes(&self) -> PathBuf {
        self.dir.path().join("notes")
    }

    pub fn make_dir(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        chown(&path, Some(self.who.uid), Some(self.who.gid)).unwrap();
        path
    }

    /// Writes config.json as `change` leaves the present one.
    pub fn configure(&self, change: impl FnOnce(&mut Value)) {
        let path = self.bundle().join("config.json");
        let mut value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        change(&mut value);
        self.write_config(&value);
    }

    fn write_config(&self, value: &Value) {
        fs::write(self.bundle().join("config.json"), serde_json::to_vec_pretty(value).unwrap()).unwrap();
    }

    fn own(&self, path: &Path) {
        std::os::unix::fs::lchown(path, Some(self.who.uid), Some(self.who.gid)).unwrap();
        if path.is_dir() && !path.is_symlink() {
            for entry in fs::read_dir(path).unwrap() {
                self.own(&entry.unwrap().path());
            }
        }
    }

    /// A command as the user, in the folder, with next to no environment. What comes first has to be a program.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = if geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.arg("--clear-groups");
            command.arg(format!("--reuid={}", self.who.uid)).arg(format!("--regid={}", self.who.gid));
            command
        } else {
            Command::new("env")
        };
        command.args(words).current_dir(self.dir.path());
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// Runs such a command to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }
}

/// A config.json as `runc spec --rootless` makes it, that runs `sh -c SCRIPT`.
pub fn config(who: Who, script: &str) -> Value {
    json!({
        "ociVersion": "1.0.2",
        "process": {
            "terminal": false,
            "user": {"uid": 0, "gid": 0},
            "args": ["sh", "-c", script],
            "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            "cwd": "/",
            "noNewPrivileges": true,
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"]},
        },
        "root": {"path": "rootfs", "readonly": true},
        "hostname": "inside",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
             "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
            {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
             "options": ["nosuid", "noexec", "nodev"]},
            {"destination": "/sys", "type": "none", "source": "/sys",
             "options": ["rbind", "nosuid", "noexec", "nodev", "ro"]},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777"]},
        ],
        "linux": {
            "uidMappings": [{"containerID": 0, "hostID": who.uid, "size": 1}],
            "gidMappings": [{"containerID": 0, "hostID": who.gid, "size": 1}],
            "namespaces": [
                {"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}, {"type": "user"}
            ],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/no/such"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    })
}

/// Standard output of a run that went well.
pub fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
