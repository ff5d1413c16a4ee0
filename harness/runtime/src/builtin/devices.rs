//! /dev of a container: the devices that every container has, those of config.json, and the links beside them.

use std::fs;
use std::io;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use oci_spec::runtime::{LinuxDevice, LinuxDeviceType};

use super::bundle::Bundle;
use super::error::{Doing as _, Error};
use super::mount_options::MountOptions;
use super::mounts::{make_dir, make_file};
use super::resolve::resolve;

/// Devices that the runtime specification promises, with their numbers.
const DEVICES: [(&str, u64, u64); 6] = [
    ("/dev/null", 1, 3),
    ("/dev/zero", 1, 5),
    ("/dev/full", 1, 7),
    ("/dev/random", 1, 8),
    ("/dev/urandom", 1, 9),
    ("/dev/tty", 5, 0),
];

/// Links that the runtime specification promises.
const LINKS: [(&str, &str); 5] = [
    ("dev/fd", "/proc/self/fd"),
    ("dev/stdin", "/proc/self/fd/0"),
    ("dev/stdout", "/proc/self/fd/1"),
    ("dev/stderr", "/proc/self/fd/2"),
    ("dev/ptmx", "pts/ptmx"),
];

/// Who may use a device: everybody, as on every machine.
const MODE: Mode = Mode::from_bits_truncate(0o666);

/// Fills /dev, unless the bundle brings a bind mount with one of the host's.
pub(super) fn make_all(bundle: &Bundle, in_user_namespace: bool) -> Result<(), Error> {
    let bound = bundle.spec.mounts().iter().flatten().any(|mount| {
        mount.destination() == Path::new("/dev")
            && MountOptions::parse(mount.options().as_deref().unwrap_or_default()).is_bind()
    });
    if bound {
        return Ok(());
    }
    make_dir(&bundle.rootfs.join("dev"))?;
    for (path, major, minor) in DEVICES {
        let target = target(bundle, Path::new(path))?;
        if !target.exists() {
            device(Path::new(path), &target, SFlag::S_IFCHR, MODE, (major, minor), in_user_namespace)?;
        }
    }
    for wanted in bundle.linux.devices().iter().flatten() {
        from_config(bundle, wanted, in_user_namespace)?;
    }
    for (link, to) in LINKS {
        match symlink(to, bundle.rootfs.join(link)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => other.doing(|| format!("link /{link}"))?,
        }
    }
    Ok(())
}

fn from_config(bundle: &Bundle, wanted: &LinuxDevice, in_user_namespace: bool) -> Result<(), Error> {
    let kind = match wanted.typ() {
        LinuxDeviceType::B => SFlag::S_IFBLK,
        LinuxDeviceType::P => SFlag::S_IFIFO,
        _ => SFlag::S_IFCHR,
    };
    let target = target(bundle, wanted.path())?;
    if target.exists() {
        return Ok(());
    }
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    let numbers = (number(wanted.major()), number(wanted.minor()));
    let mode = Mode::from_bits_truncate(wanted.file_mode().unwrap_or(0o666) & 0o7777);
    device(wanted.path(), &target, kind, mode, numbers, in_user_namespace && kind != SFlag::S_IFIFO)?;
    if !in_user_namespace && (wanted.uid().is_some() || wanted.gid().is_some()) {
        chown(&target, wanted.uid(), wanted.gid()).doing(|| format!("give away {}", target.display()))?;
    }
    Ok(())
}

/// Makes a device, or binds the host's where making one is not allowed.
fn device(
    inside: &Path,
    target: &Path,
    kind: SFlag,
    mode: Mode,
    (major, minor): (u64, u64),
    only_bind: bool,
) -> Result<(), Error> {
    if let Some(parent) = target.parent() {
        make_dir(parent)?;
    }
    if !only_bind && mknod(target, kind, mode, makedev(major, minor)).is_ok() {
        use std::os::unix::fs::PermissionsExt as _;
        // The creation mask has taken its part.
        let permissions = fs::Permissions::from_mode(mode.bits());
        return fs::set_permissions(target, permissions)
            .doing(|| format!("set the mode of {}", inside.display()));
    }
    make_file(target)?;
    let nothing = None::<&str>;
    mount(Some(inside), target, nothing, MsFlags::MS_BIND, nothing)
        .doing(|| format!("bind the device {}", inside.display()))
}

fn target(bundle: &Bundle, inside: &Path) -> Result<std::path::PathBuf, Error> {
    let path = resolve(&bundle.rootfs, inside).ok_or(nix::errno::Errno::ELOOP);
    path.doing(|| format!("make the device {}", inside.display()))
}
