//! The root file system: made a mount of its own, hidden and protected in parts, and put in the place of the host's.

use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

use super::bundle::Bundle;
use super::error::{Doing as _, Error};
use super::mount_options::propagation;
use super::mounts::restrict;
use super::resolve::resolve;

const NOTHING: Option<&str> = None;

/// Takes the mounts apart from the host's, and makes the root file system one.
pub(super) fn prepare(bundle: &Bundle) -> Result<(), Error> {
    let wanted = bundle.linux.rootfs_propagation().as_deref().and_then(propagation);
    // Shared mounts would carry the container's mounts to the host.
    let ours = match wanted {
        Some(flags) if flags.contains(MsFlags::MS_SLAVE) => MsFlags::MS_REC | MsFlags::MS_SLAVE,
        _ => MsFlags::MS_REC | MsFlags::MS_PRIVATE,
    };
    mount(NOTHING, "/", NOTHING, ours, NOTHING).doing(|| "take the mounts apart from the host's".into())?;
    let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(&bundle.rootfs), &bundle.rootfs, NOTHING, bind, NOTHING)
        .doing(|| format!("bind {}", bundle.rootfs.display()))
}

/// Covers `maskedPaths` and write-protects `readonlyPaths`; what is not there needs neither.
pub(super) fn protect(bundle: &Bundle) -> Result<(), Error> {
    for path in bundle.linux.readonly_paths().iter().flatten() {
        let Some(target) = existing(bundle, path) else { continue };
        let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
        mount(Some(&target), &target, NOTHING, bind, NOTHING)
            .and_then(|()| restrict(&target, MsFlags::MS_RDONLY))
            .doing(|| format!("write-protect {path}"))?;
    }
    for path in bundle.linux.masked_paths().iter().flatten() {
        let Some(target) = existing(bundle, path) else { continue };
        let done = if target.is_dir() {
            mount(Some("tmpfs"), &target, Some("tmpfs"), MsFlags::MS_RDONLY, Some("size=0k,mode=555"))
        } else {
            mount(Some("/dev/null"), &target, NOTHING, MsFlags::MS_BIND, NOTHING)
        };
        done.doing(|| format!("cover {path}"))?;
    }
    if bundle.spec.root().as_ref().is_some_and(|root| root.readonly().unwrap_or(false)) {
        restrict(&bundle.rootfs, MsFlags::MS_RDONLY).doing(|| "write-protect the root file system".into())?;
    }
    Ok(())
}

fn existing(bundle: &Bundle, inside: &str) -> Option<std::path::PathBuf> {
    resolve(&bundle.rootfs, Path::new(inside)).filter(|path| path.symlink_metadata().is_ok())
}

/// Makes it the root, and lets go of the host's.
pub(super) fn enter(bundle: &Bundle) -> Result<(), Error> {
    let change = || {
        chdir(&bundle.rootfs)?;
        // With `.` twice the old root lies on top of the new one, and needs no directory inside it.
        pivot_root(".", ".")?;
        umount2(".", MntFlags::MNT_DETACH)?;
        chdir("/")
    };
    change().doing(|| format!("make {} the root", bundle.rootfs.display()))?;
    let shared = bundle.linux.rootfs_propagation().as_deref().and_then(propagation);
    match shared {
        None => Ok(()),
        Some(flags) => mount(NOTHING, "/", NOTHING, flags, NOTHING)
            .or_else(|errno| if errno == Errno::EPERM { Ok(()) } else { Err(errno) })
            .doing(|| "set the propagation of the root".into()),
    }
}
