//! How control groups are mounted: what runtimes make of it differs by release, so it is looked at, not guessed.

use std::fmt;
use std::path::Path;

use nix::sys::statfs::{CGROUP2_SUPER_MAGIC, statfs};

use super::Probe;

/// Where control groups are mounted on every Linux.
pub const CGROUP_ROOT: &str = "/sys/fs/cgroup";

/// Where a hybrid machine has its second version.
pub const UNIFIED: &str = "/sys/fs/cgroup/unified";

/// How control groups are mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CgroupMode {
    /// Version 2 alone.
    Unified,
    /// Version 1 controllers, and version 2 beside them on [`UNIFIED`]: crun refuses this.
    Hybrid,
    /// Version 1 alone.
    Legacy,
    /// Not mounted.
    None,
}

impl fmt::Display for CgroupMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            CgroupMode::Unified => "cgroup v2",
            CgroupMode::Hybrid => "cgroup v1 and v2 (hybrid)",
            CgroupMode::Legacy => "cgroup v1",
            CgroupMode::None => "no cgroups",
        })
    }
}

/// How control groups are mounted, as this process sees it.
pub fn cgroup_mode() -> CgroupMode {
    let is_v2 = |path: &str| statfs(path).is_ok_and(|fs| fs.filesystem_type() == CGROUP2_SUPER_MAGIC);
    if is_v2(CGROUP_ROOT) {
        CgroupMode::Unified
    } else if is_v2(UNIFIED) {
        CgroupMode::Hybrid
    } else if std::fs::read_dir(CGROUP_ROOT).is_ok_and(|mut entries| entries.next().is_some()) {
        CgroupMode::Legacy
    } else {
        CgroupMode::None
    }
}

/// Whether cgroups are mounted in a way that every runtime takes (all but hybrid).
pub fn cgroups() -> Probe {
    let mode = cgroup_mode();
    Probe { ok: mode != CgroupMode::Hybrid, found: mode.to_string() }
}

/// Whether version 2 is mounted, alone.
pub fn cgroup2() -> Probe {
    let mode = cgroup_mode();
    let controllers = std::fs::read_to_string(Path::new(CGROUP_ROOT).join("cgroup.controllers"));
    match (mode, controllers) {
        (CgroupMode::Unified, Ok(names)) => Probe::yes(format!("{mode} with {}", names.trim())),
        _ => Probe { ok: mode == CgroupMode::Unified, found: mode.to_string() },
    }
}
