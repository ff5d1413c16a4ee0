//! The probes behind the table of needs.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use plimsoll_fixtures::mpi::Stack;
use plimsoll_runtime::probe;

use super::Found;
use crate::machine::Machine;

const PROGRAMS: [&str; 5] = ["busybox", "crun", "runc", "skopeo", "umoci"];

fn found(met: bool, what: impl Into<String>) -> Found {
    Found { met, what: what.into() }
}

/// Whether a kernel setting lets users make namespaces: absent settings do not forbid.
pub(super) fn user_namespaces(_: &Machine) -> Found {
    let read =
        |name: &str| fs::read_to_string(Path::new("/proc/sys").join(name)).map(|text| text.trim().to_owned());
    if let Ok(value) = read("kernel/unprivileged_userns_clone")
        && value == "0"
    {
        return found(false, "kernel.unprivileged_userns_clone is 0");
    }
    match read("user/max_user_namespaces") {
        Ok(value) if value == "0" => found(false, "user.max_user_namespaces is 0"),
        Ok(value) => found(true, format!("user.max_user_namespaces is {value}")),
        Err(_) => found(false, "this kernel has no user namespaces"),
    }
}

pub(super) fn subids(machine: &Machine) -> Found {
    let user = &machine.user;
    let has = |file: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines().any(|line| {
            let owner = line.split(':').next().unwrap_or_default();
            owner == user.name || owner == user.uid.to_string()
        })
    };
    for (file, program) in [("/etc/subuid", "newuidmap"), ("/etc/subgid", "newgidmap")] {
        if !has(file) {
            return found(false, format!("{file} has no range for user `{}`", user.name));
        }
        if on_path(program).is_none() {
            return found(false, format!("{program} is not on PATH"));
        }
    }
    found(true, format!("user `{}` has ranges, and newuidmap and newgidmap are there", user.name))
}

pub(super) fn cgroups(_: &Machine) -> Found {
    probed(probe::cgroup::cgroups())
}

pub(super) fn cgroup2(_: &Machine) -> Found {
    probed(probe::cgroup::cgroup2())
}

/// Whether the user owns the group that it is in, or of version 1 the group of processes, in which others are made.
pub(super) fn cgroup_writable(machine: &Machine) -> Found {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let group = |controller: &str| {
        text.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            (fields.next() == Some(controller)).then(|| fields.next().unwrap_or_default().to_owned())
        })
    };
    let dir = match (group("pids"), group("")) {
        (Some(group), _) => format!("/sys/fs/cgroup/pids{group}"),
        (None, Some(group)) => format!("/sys/fs/cgroup{group}"),
        (None, None) => return found(false, "this process is in no control group"),
    };
    match fs::metadata(&dir) {
        Ok(_) if machine.user.uid == 0 => found(true, format!("{dir} is root's, who runs the commands")),
        Ok(data) if data.uid() == machine.user.uid => found(true, format!("{dir} is the user's own")),
        Ok(data) => found(false, format!("{dir} belongs to user id {}", data.uid())),
        Err(cause) => found(false, format!("{dir}: {cause}")),
    }
}

fn probed(probe: probe::Probe) -> Found {
    Found { met: probe.ok, what: probe.found }
}

pub(super) fn root(machine: &Machine) -> Found {
    found(machine.root, if machine.root { "running as root" } else { "not running as root" })
}

pub(super) fn unprivileged(machine: &Machine) -> Found {
    found(machine.user.uid != 0, format!("client commands run as user `{}`", machine.user.name))
}

pub(super) fn run_user_dir(machine: &Machine) -> Found {
    let dir = PathBuf::from(format!("/run/user/{}", machine.user.uid));
    match fs::metadata(&dir) {
        Ok(data) if data.uid() == machine.user.uid && data.permissions().mode() & 0o777 == 0o700 => {
            found(true, format!("{} is there, the user's own, mode 0700", dir.display()))
        }
        Ok(data) => {
            let mode = data.permissions().mode() & 0o777;
            found(false, format!("{} belongs to user id {} with mode {mode:04o}", dir.display(), data.uid()))
        }
        Err(_) => found(false, format!("{} is missing", dir.display())),
    }
}

pub(super) fn fuse(_: &Machine) -> Found {
    let there = Path::new("/dev/fuse").exists();
    found(there, if there { "/dev/fuse is there" } else { "/dev/fuse is missing" })
}

pub(super) fn runtime(_: &Machine) -> Found {
    found(true, "the built-in runtime is always there; `plimsoll list profiles` shows the others")
}

pub(super) fn of_profile(_: &Machine) -> Found {
    found(true, "asked of a profile; the built-in one meets it")
}

pub(super) fn pmix(_: &Machine) -> Found {
    match plimsoll_pmi::pmix::library::version() {
        Ok(major) => found(true, format!("libpmix.so.2 of version {major}")),
        Err(why) => found(false, why),
    }
}

pub(super) fn openmpi(_: &Machine) -> Found {
    stack(Stack::OpenMpi)
}

pub(super) fn openmpi5(_: &Machine) -> Found {
    stack(Stack::OpenMpi5)
}

pub(super) fn mpich(_: &Machine) -> Found {
    stack(Stack::Mpich)
}

fn stack(stack: Stack) -> Found {
    match stack.probe() {
        Ok(what) => found(true, what),
        Err(why) => found(false, why),
    }
}

pub(super) fn world(_: &Machine) -> Found {
    found(true, "the mock is always there, and can do everything")
}

pub(super) fn program<const INDEX: usize>(_: &Machine) -> Found {
    let name = PROGRAMS[INDEX];
    match on_path(name) {
        Some(path) => found(true, path.display().to_string()),
        None => found(false, format!("{name} is not on PATH")),
    }
}

pub(super) fn podman(machine: &Machine) -> Found {
    let Some(path) = on_path("podman") else { return found(false, "podman is not on PATH") };
    if on_path("conmon").is_none() {
        return found(false, "podman is there, but its monitor conmon is not on PATH");
    }
    // As root it would be the machine's own Podman, whose containers are nobody's to touch.
    if machine.user.uid == 0 {
        return found(false, "client commands run as root, and rootless Podman is what the guide is about");
    }
    let ranges = subids(machine);
    if ranges.met { found(true, path.display().to_string()) } else { ranges }
}

pub(super) fn docker_rootless(machine: &Machine) -> Found {
    for program in ["docker", "dockerd", "containerd", "rootlesskit"] {
        if on_path(program).is_none() {
            return found(false, format!("{program} is not on PATH"));
        }
    }
    let script = crate::scrun::DOCKERD_SCRIPTS.iter().find(|path| Path::new(path).exists());
    let Some(script) = script else { return found(false, "dockerd-rootless.sh is not there") };
    if machine.user.uid == 0 {
        return found(false, "client commands run as root, and rootless Docker is what the guide is about");
    }
    let ranges = subids(machine);
    if ranges.met { found(true, *script) } else { ranges }
}

/// The program of a name on PATH; the system's own folders are looked at as well, since an ordinary user's PATH often
/// lacks them.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(system).map(|dir| dir.join(name)).find(|path| {
        fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::need::Need;

    #[test]
    fn the_table_is_complete_and_every_probe_speaks() {
        let machine = Machine::new(None).unwrap();
        for need in Need::all() {
            assert_eq!(Need::find(need.name()), Some(need));
            assert!(!need.reason().is_empty() && !need.remedy().is_empty());
            assert!(!need.probe(&machine).what.is_empty(), "{}", need.name());
        }
        for profile in plimsoll_profiles::Profile::all() {
            for need in profile.cannot.iter().filter_map(|cannot| cannot.need.as_deref()) {
                let need = Need::find(need).unwrap();
                let stated = crate::catalogue::all().any(|case| case.needs.contains(&need));
                assert!(stated || need == Need::ConfigJson, "no case needs {}", need.name());
            }
        }
        let rows = Need::all().count();
        assert_eq!(rows, Need::World as usize + 1, "a need has no row");
    }
}
