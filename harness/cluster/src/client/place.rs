//! Where a client command runs, and how it was called.

use std::path::{Path, PathBuf};

/// Where a command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Working directory.
    pub dir: PathBuf,
    /// Host.
    pub host: String,
    /// Process.
    pub pid: u32,
    /// The command's name and arguments, with a space between them.
    pub line: String,
}

impl Place {
    /// Of this process.
    pub fn here() -> Self {
        let host = nix::unistd::gethostname().unwrap_or_default();
        let mut words = std::env::args_os();
        let name = words.next().unwrap_or_default();
        let name = Path::new(&name).file_name().unwrap_or_default().to_owned();
        let words: Vec<_> =
            std::iter::once(name).chain(words).map(|word| word.to_string_lossy().into_owned()).collect();
        Self {
            // A directory that is gone has no name; tasks then start in the root, and say so.
            dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            host: host.to_string_lossy().split('.').next().unwrap_or_default().to_owned(),
            pid: std::process::id(),
            line: words.join(" "),
        }
    }

    /// The working directory that `--chdir` asks for.
    pub fn work_dir(&self, chdir: Option<&Path>) -> PathBuf {
        chdir.map_or_else(|| self.dir.clone(), |chdir| self.dir.join(chdir))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chdir_is_seen_from_here() {
        let place = Place { dir: "/here".into(), host: String::new(), pid: 1, line: String::new() };
        assert_eq!(place.work_dir(Some(Path::new("sub"))), PathBuf::from("/here/sub"));
        assert_eq!(place.work_dir(None), PathBuf::from("/here"));
    }
}
