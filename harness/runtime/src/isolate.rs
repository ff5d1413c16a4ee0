//! A mount namespace of our own in which hybrid cgroups look like version 1 alone, because crun refuses hybrid ones.
//!
//! For a daemon of the mock at its very start: what it starts afterwards inherits the view, and the host keeps its own.

use std::fs;
use std::io;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

use crate::probe::cgroup::{CgroupMode, UNIFIED, cgroup_mode};
use crate::sys;

/// Why the view could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum IsolateError {
    /// The kernel refused a namespace.
    #[error("no {what} for hiding {UNIFIED}: {errno}; {remedy}")]
    Namespace {
        /// Which: `mount namespace`, `user namespace`.
        what: &'static str,
        /// The kernel's word.
        errno: Errno,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A mount call failed.
    #[error(
        "cannot {what}: {errno}; crun does not run on hybrid cgroups, mount cgroup v1 or v2 alone, or use runc"
    )]
    Mount {
        /// What was tried.
        what: &'static str,
        /// The kernel's word.
        errno: Errno,
    },
    /// The own ids could not be mapped.
    #[error("cannot write {path} for the user namespace that hides {UNIFIED}: {source}")]
    Map {
        /// The file.
        path: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The capabilities of the new user namespace could not be given up again.
    #[error("cannot give up the capabilities of the user namespace that hides {UNIFIED}: {0}")]
    Capabilities(io::Error),
}

/// Where cgroups are hybrid, moves this process into a private mount namespace without their `unified` mount, and says
/// so; elsewhere does nothing. The process must have one thread: an ordinary user's comes along into a user namespace
/// that maps only its own ids, without capabilities there, in which newuidmap cannot work any more.
pub fn private_cgroups() -> Result<bool, IsolateError> {
    if cgroup_mode() != CgroupMode::Hybrid {
        return Ok(false);
    }
    if geteuid().is_root() {
        unshare(CloneFlags::CLONE_NEWNS).map_err(|errno| IsolateError::Namespace {
            what: "mount namespace",
            errno,
            remedy: "give this root CAP_SYS_ADMIN, or run as an ordinary user",
        })?;
        hide_unified()?;
        return Ok(true);
    }
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS).map_err(|errno| IsolateError::Namespace {
        what: "user namespace",
        errno,
        remedy: "allow user namespaces (kernel.unprivileged_userns_clone, user.max_user_namespaces, AppArmor)",
    })?;
    // Without `deny` the kernel lets no ordinary user map a group.
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/uid_map", &format!("{uid} {uid} 1"))?;
    write("/proc/self/gid_map", &format!("{gid} {gid} 1"))?;
    hide_unified()?;
    sys::clear_ambient();
    sys::set_capabilities(sys::CapSets::default()).map_err(IsolateError::Capabilities)?;
    Ok(true)
}

fn write(path: &'static str, text: &str) -> Result<(), IsolateError> {
    fs::write(path, text).map_err(|source| IsolateError::Map { path, source })
}

fn hide_unified() -> Result<(), IsolateError> {
    let nothing = None::<&str>;
    // First of all, or the host would lose its mount with us.
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing)
        .map_err(|errno| IsolateError::Mount { what: "make all mounts private", errno })?;
    if umount2(UNIFIED, MntFlags::MNT_DETACH).is_ok() && cgroup_mode() != CgroupMode::Hybrid {
        return Ok(());
    }
    // A mount that came from a more privileged namespace is locked: it can be covered, not removed.
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MsFlags::MS_RDONLY;
    mount(Some("none"), UNIFIED, Some("tmpfs"), flags, Some("mode=0555,size=4k"))
        .map_err(|errno| IsolateError::Mount { what: "cover /sys/fs/cgroup/unified", errno })
}
