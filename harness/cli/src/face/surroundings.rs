//! What a run notes of where it ran, so that a later one can be set against it: the machine, its Slurm, its packages.

use std::process::{Command, Stdio};

use plimsoll_cluster::real::version::Version;
use plimsoll_launcher::Release;
use plimsoll_record::digest;
use plimsoll_runtime::probe::cgroup_mode;

use super::args::WorldName;

/// Packages that have a part in starting a container, as Debian and Red Hat name them.
const PACKAGES: &[&str] = &[
    "crun",
    "runc",
    "youki",
    "podman",
    "conmon",
    "buildah",
    "skopeo",
    "umoci",
    "slurmd",
    "slurm-wlm",
    "slurm",
    "munge",
    "libpmix2",
    "pmix",
    "libpmix2t64",
    "libseccomp2",
    "libseccomp",
    "fuse-overlayfs",
    "uidmap",
    "shadow-utils",
    "libc6",
    "glibc",
    "busybox-static",
    "busybox",
    "apptainer",
    "singularity-ce",
    "enroot",
    "nvidia-container-toolkit",
];

/// The machine: name and value, in an order that does not change.
pub fn host(world: WorldName, release: Release) -> Vec<(String, String)> {
    let read = |path: &str| std::fs::read_to_string(path).map(|text| text.trim().to_owned()).ok();
    let rows = [
        ("name", read("/proc/sys/kernel/hostname")),
        ("kernel", read("/proc/sys/kernel/osrelease")),
        ("system", system()),
        ("architecture", Some(std::env::consts::ARCH.to_owned())),
        ("cgroups", Some(cgroup_mode().to_string())),
        ("slurm", slurm(world, release)),
        ("uid", Some(nix::unistd::geteuid().to_string())),
        ("cores", std::thread::available_parallelism().ok().map(|cores| cores.to_string())),
    ];
    let rows = rows.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    rows.chain(packages()).collect()
}

/// SHA-256 of this program.
pub fn program() -> Option<String> {
    digest::of_file(&std::env::current_exe().ok()?).ok()
}

/// The distribution, as it calls itself.
fn system() -> Option<String> {
    let text = std::fs::read_to_string("/etc/os-release").ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches(['"', '\'']).to_owned())
}

/// The Slurm that cases spoke to.
fn slurm(world: WorldName, release: Release) -> Option<String> {
    match world {
        WorldName::Mock => Some(format!("the mock, as {release}")),
        WorldName::Slurm => Version::of("slurmd").ok().map(|version| version.to_string()),
        WorldName::Attach => Version::of("srun").ok().map(|version| version.to_string()),
        WorldName::Containers => Some(format!("images of {release}")),
    }
}

/// The packages that are installed, with their versions; none where neither dpkg nor rpm is there.
fn packages() -> Vec<(String, String)> {
    let asked = |program: &str, words: &[&str]| {
        let output = Command::new(program).args(words).args(PACKAGES).stdin(Stdio::null()).output().ok()?;
        // Both exit with 1 when one of the names is not known; what they print is right all the same.
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let text = asked("dpkg-query", &["-W", "-f", "${db:Status-Status}\t${Package}\t${Version}\n"])
        .or_else(|| asked("rpm", &["-q", "--qf", "installed\t%{NAME}\t%{VERSION}-%{RELEASE}\n"]));
    let mut packages: Vec<(String, String)> = text
        .unwrap_or_default()
        .lines()
        .filter_map(|line| {
            let (name, version) = line.strip_prefix("installed\t")?.split_once('\t')?;
            Some((format!("package {name}"), version.to_owned()))
        })
        .collect();
    packages.sort();
    packages
}
