//! Removing a cluster's folder, and nothing that is mounted below it.

use std::io;
use std::path::Path;

/// Removes a folder with everything in it. With a mount below it nothing is removed: the files there are somebody else's.
pub fn folder(dir: &Path) -> io::Result<()> {
    let below = format!("{}/", dir.display());
    let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
    // The fifth field is the mount point.
    let mounted =
        mounts.lines().filter_map(|line| line.split(' ').nth(4)).find(|point| point.starts_with(&below));
    match mounted {
        Some(point) => {
            Err(io::Error::other(format!("{point} is mounted there; unmount it, then remove the folder")))
        }
        None => std::fs::remove_dir_all(dir),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_whole() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a");
        std::fs::create_dir_all(inner.join("b")).unwrap();
        folder(&inner).unwrap();
        assert!(!inner.exists());
    }

    #[test]
    fn a_folder_with_a_mount_below_stays() {
        // /proc is mounted below / on every machine that this runs on.
        assert!(folder(Path::new("")).unwrap_err().to_string().contains("is mounted there"));
    }
}
