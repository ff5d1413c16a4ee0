//! Paths inside the root file system, before it is the root: symbolic links lead nowhere else.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// As many links as the kernel follows in one path.
const LINKS_FOLLOWED: usize = 40;

/// The host's path of a path inside `rootfs`, every link followed as if `rootfs` were `/`. What is not there is taken as
/// it is written. None when links go round in circles.
pub(super) fn resolve(rootfs: &Path, inside: &Path) -> Option<PathBuf> {
    let mut todo: Vec<OsString> = parts(inside);
    let mut done = PathBuf::new();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        if part == ".." {
            done.pop();
            continue;
        }
        let path = done.join(&part);
        match fs::read_link(rootfs.join(&path)) {
            Err(_) => done = path,
            Ok(target) => {
                links += 1;
                if links > LINKS_FOLLOWED {
                    return None;
                }
                if target.is_absolute() {
                    done = PathBuf::new();
                }
                todo.extend(parts(&target));
            }
        }
    }
    Some(rootfs.join(done))
}

/// The names of a path, the first one last.
fn parts(path: &Path) -> Vec<OsString> {
    let name = |component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    let mut parts: Vec<OsString> = path.components().filter_map(name).collect();
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_stay_inside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("run/lock")).unwrap();
        fs::create_dir(root.join("var")).unwrap();
        symlink("/run", root.join("var/run")).unwrap();
        symlink("../../../../run/./lock", root.join("var/lock")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let inside = |path: &str| resolve(root, Path::new(path));
        assert_eq!(inside("/var/run/slurm/"), Some(root.join("run/slurm")));
        assert_eq!(inside("/var/lock"), Some(root.join("run/lock")));
        assert_eq!(inside("/var/run/../x"), Some(root.join("x")));
        assert_eq!(inside("/../../etc"), Some(root.join("etc")));
        assert_eq!(inside("/"), Some(root.join("")));
        assert_eq!(inside("/loop/x"), None);
    }
}
