//! Acting as the step's user, where the step daemon is root.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, lchown};
use std::path::Path;

use nix::unistd::{Gid, Uid, geteuid, getgroups, setegid, seteuid, setgid, setgroups, setuid};

use crate::step::User;

/// Whether this process has to change to act as `user`.
pub fn is_other(user: &User) -> bool {
    geteuid().is_root() && user.uid != 0
}

fn groups(user: &User) -> Vec<Gid> {
    user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect()
}

/// Does something with the effective ids and groups of `user`, so that files are read and written with that user's rights. To be
/// called in a process of one thread.
pub fn as_user<T>(user: &User, what: impl FnOnce() -> T) -> io::Result<T> {
    if !is_other(user) {
        return Ok(what());
    }
    let own = getgroups()?;
    setgroups(&groups(user))?;
    setegid(Gid::from_raw(user.gid))?;
    seteuid(Uid::from_raw(user.uid))?;
    let result = what();
    seteuid(Uid::from_raw(0))?;
    setegid(Gid::from_raw(0))?;
    setgroups(&own)?;
    Ok(result)
}

/// Becomes `user` for good.
pub fn become_user(user: &User) -> nix::Result<()> {
    if !is_other(user) {
        return Ok(());
    }
    setgroups(&groups(user))?;
    setgid(Gid::from_raw(user.gid))?;
    setuid(Uid::from_raw(user.uid))
}

/// Makes a directory of the user's, and every missing one above it, with `mode`. The modes hold whatever the umask is.
pub fn make_dirs(path: &Path, mode: u32, user: &User) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_dirs(parent, mode, user)?;
    }
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        other => other?,
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    if is_other(user) {
        // Never through a link: somebody else may write above it.
        lchown(path, Some(user.uid), Some(user.gid))?;
    }
    Ok(())
}

/// Writes a file that must not be there yet, for its user, with `mode` whatever the umask is.
pub fn write_exclusively(path: &Path, bytes: &[u8], mode: u32, user: &User) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    // The group a directory with the set-group-id bit would give is not the user's.
    std::os::unix::fs::fchown(&file, None, Some(user.gid))
}
