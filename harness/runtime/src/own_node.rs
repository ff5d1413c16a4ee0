//! A node's own look for what runs on one of several nodes of this machine: its host name and its /dev/shm.
//!
//! Shared-memory transports of MPI name their segments by host and job: two nodes with one name and one /dev/shm map each
//! other's. With the process that asked for them, and all that it started, the segments go, whoever forgot them.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::{fs, io};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::Mode;
use nix::unistd::{geteuid, sethostname};

/// Where POSIX shared memory is.
const SHARED_MEMORY: &str = "/dev/shm";

/// Where names of hosts are.
const HOSTS: &str = "/etc/hosts";

/// Gives this process, which must have one thread, a host name and an empty /dev/shm of its own, and this file in the place of
/// /etc/hosts, where there is one; says whether it could. Root
/// alone can without a user namespace, in which the maps of rootless containers could not be written any more.
pub fn enter(name: &str, hosts: &Path) -> io::Result<bool> {
    if !geteuid().is_root() {
        return Ok(false);
    }
    match unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNS) {
        // A root without CAP_SYS_ADMIN.
        Err(Errno::EPERM) => return Ok(false),
        other => other?,
    }
    sethostname(name)?;
    let nothing = None::<&str>;
    // What the host mounts later is seen here, and nothing of here by the host.
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_SLAVE, nothing)?;
    if Path::new(SHARED_MEMORY).is_dir() {
        own_shared_memory()?;
    }
    if hosts.is_file() && Path::new(HOSTS).is_file() {
        mount(Some(hosts), HOSTS, nothing, MsFlags::MS_BIND, nothing)?;
    }
    Ok(true)
}

/// Covers /dev/shm, its folders excepted: segments are files, and folders are somebody's who works there, such as a cluster.
fn own_shared_memory() -> io::Result<()> {
    let mut kept: Vec<(PathBuf, OwnedFd)> = Vec::new();
    for entry in fs::read_dir(SHARED_MEMORY)?.flatten() {
        let path = entry.path();
        // One that has just gone needs no place.
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Ok(folder) =
                open(&path, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())
        {
            kept.push((path, folder));
        }
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), SHARED_MEMORY, Some("tmpfs"), flags, Some("mode=1777"))?;
    for (path, folder) in kept {
        let nothing = None::<&str>;
        let from = format!("/proc/self/fd/{}", folder.as_raw_fd());
        fs::create_dir(&path)?;
        match mount(Some(from.as_str()), &path, nothing, MsFlags::MS_BIND, nothing) {
            // Removed meanwhile.
            Err(Errno::ENOENT) => fs::remove_dir(&path)?,
            other => other?,
        }
    }
    Ok(())
}
