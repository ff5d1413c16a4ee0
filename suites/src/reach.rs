//! The plimsoll program where the client commands' user can run it: where a folder above it is closed to that user, one
//! copy of it serves the whole run.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use plimsoll_launcher::step::User;
use tempfile::TempDir;

/// A program that a user can run, with the folder that goes when this does.
#[derive(Debug)]
pub struct Reachable {
    /// The program.
    pub path: PathBuf,
    _folder: Option<TempDir>,
}

/// Finds `program` where `user` can run it, or copies it there.
pub fn reachable(program: &Path, user: &User) -> io::Result<Reachable> {
    let open = |path: &Path| {
        fs::metadata(path).is_ok_and(|data| {
            let mode = data.mode();
            let mine = if data.uid() == user.uid {
                mode >> 6
            } else if data.gid() == user.gid || user.groups.contains(&data.gid()) {
                mode >> 3
            } else {
                mode
            };
            mine & 1 != 0
        })
    };
    if user.uid == 0 || program.ancestors().all(open) {
        return Ok(Reachable { path: program.to_owned(), _folder: None });
    }
    let folder = tempfile::Builder::new().prefix("plimsoll-program-").tempdir()?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    plimsoll_cluster::leftover::mark(folder.path(), "program")?;
    let path = folder.path().join("plimsoll");
    fs::copy(program, &path)?;
    fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    Ok(Reachable { path, _folder: Some(folder) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(uid: u32) -> User {
        User { name: String::new(), uid, gid: uid, groups: vec![], home: PathBuf::new() }
    }

    #[test]
    fn a_program_behind_a_closed_folder_is_copied_and_the_copy_goes() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
        let program = dir.path().join("p");
        fs::write(&program, "x").unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let stranger = nix::unistd::geteuid().as_raw() + 12345;
        let copy = reachable(&program, &user(stranger)).unwrap();
        assert_ne!(copy.path, program);
        let path = copy.path.clone();
        assert_eq!(fs::read(&path).unwrap(), b"x");
        drop(copy);
        assert!(!path.exists());
    }

    #[test]
    fn a_program_that_can_be_run_stays_where_it_is() {
        assert_eq!(reachable(Path::new("/bin/sh"), &user(4711)).unwrap().path, Path::new("/bin/sh"));
    }
}
