//! The mounts of config.json, made below the root file system while the host's own are still in sight.
//!
//! What an ordinary user may not mount is replaced as crun does it: the host's /proc, /sys and /dev/mqueue in the place of
//! new ones, nothing for cgroups.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::{FsFlags, statvfs};
use oci_spec::runtime::Mount;

use super::bundle::Bundle;
use super::error::{Doing as _, Error};
use super::mount_options::MountOptions;
use super::resolve::resolve;

/// Where the host has what replaces a mount that was refused.
const STAND_INS: [(&str, &str); 3] = [("proc", "/proc"), ("sysfs", "/sys"), ("mqueue", "/dev/mqueue")];

const NOTHING: Option<&str> = None;

/// Makes every mount of the bundle, in their order.
pub(super) fn make_all(bundle: &Bundle) -> Result<(), Error> {
    for wanted in bundle.spec.mounts().iter().flatten() {
        make(bundle, wanted)?;
    }
    Ok(())
}

fn make(bundle: &Bundle, wanted: &Mount) -> Result<(), Error> {
    let inside = wanted.destination();
    let options = MountOptions::parse(wanted.options().as_deref().unwrap_or_default());
    let target = resolve(&bundle.rootfs, inside)
        .ok_or(Errno::ELOOP)
        .doing(|| format!("mount on {}", inside.display()))?;
    let kind = wanted.typ().as_deref().unwrap_or("none");
    if options.is_bind() || kind == "bind" {
        let source = wanted.source().as_deref().unwrap_or(Path::new(""));
        let source = bundle.dir.join(source);
        bind(&source, &target, inside, &options)?;
    } else if matches!(kind, "cgroup" | "cgroup2") {
        // Rootless runtimes without a cgroup of their own show the host's, where there is one.
        let options = MountOptions { flags: options.flags | MsFlags::MS_BIND | MsFlags::MS_REC, ..options };
        let _ = bind(Path::new(crate::probe::cgroup::CGROUP_ROOT), &target, inside, &options);
        return Ok(());
    } else {
        make_dir(&target)?;
        let source = wanted.source().as_deref().unwrap_or(Path::new(kind));
        if let Err(errno) = mount_new(kind, source, &target, &options) {
            let stand_in =
                STAND_INS.iter().find(|(refused, _)| *refused == kind).map(|(_, path)| Path::new(path));
            let refused = matches!(errno, Errno::EPERM | Errno::EBUSY | Errno::EACCES | Errno::ENODEV);
            let what = || format!("mount {kind} on {}", inside.display());
            let stand_in = stand_in.filter(|path| refused && path.exists()).ok_or(errno).doing(what)?;
            let flags = options.flags | MsFlags::MS_BIND | MsFlags::MS_REC;
            bind(stand_in, &target, inside, &MountOptions { flags, ..options.clone() })?;
        }
    }
    for flags in &options.propagation {
        mount(NOTHING, &target, NOTHING, *flags, NOTHING)
            .doing(|| format!("set the propagation of {}", inside.display()))?;
    }
    Ok(())
}

fn mount_new(kind: &str, source: &Path, target: &Path, options: &MountOptions) -> nix::Result<()> {
    let try_with = |data: &str| mount(Some(source), target, Some(kind), options.flags, Some(data));
    match try_with(&options.data) {
        // The group that terminals belong to may not exist inside.
        Err(Errno::EINVAL) if kind == "devpts" => try_with(&options.data_without("gid")),
        other => other,
    }
}

fn bind(source: &Path, target: &Path, inside: &Path, options: &MountOptions) -> Result<(), Error> {
    let what = || format!("bind {} on {}", source.display(), inside.display());
    let data = fs::metadata(source).doing(what)?;
    if data.is_dir() { make_dir(target) } else { make_file(target) }?;
    let kind = options.flags & (MsFlags::MS_BIND | MsFlags::MS_REC) | MsFlags::MS_BIND;
    mount(Some(source), target, NOTHING, kind, NOTHING).doing(what)?;
    let flags = options.flags - kind;
    if flags.is_empty() { Ok(()) } else { restrict(target, flags).doing(what) }
}

/// Adds flags to a bind mount that is there. Those that came with it from a more privileged namespace stay: taking them
/// away would be refused.
pub(super) fn restrict(target: &Path, flags: MsFlags) -> nix::Result<()> {
    let remount = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | flags;
    let kept = |flags: FsFlags| {
        let pairs = [
            (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
            (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
            (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
            (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
            (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
            (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
            (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
        ];
        let set = pairs.into_iter().filter(|(has, _)| flags.contains(*has));
        set.fold(MsFlags::empty(), |all, (_, flag)| all | flag)
    };
    match mount(NOTHING, target, NOTHING, remount, NOTHING) {
        Err(Errno::EPERM) => {
            let here = kept(statvfs(target)?.flags());
            mount(NOTHING, target, NOTHING, remount | here, NOTHING)
        }
        other => other,
    }
}

/// Makes a directory to mount on, with those above it.
pub(super) fn make_dir(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o755).create(path).doing(|| made("the directory", path))
}

/// Makes a file to mount on.
pub(super) fn make_file(path: &Path) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    make_dir(&path.parent().map_or_else(PathBuf::new, Path::to_owned))?;
    File::create(path).map(drop).doing(|| made("the file", path))
}

fn made(what: &str, path: &Path) -> String {
    format!("make {what} {} to mount on", path.display())
}
