//! The batch script: where it comes from, and what makes it none.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A script that is refused, in Slurm's words; each line is an error of its own.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It cannot be read.
    #[error("Unable to open file {path}: {error}", path = path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// No such file, here or in PATH.
    #[error("Unable to open file {}", .0.display())]
    Missing(PathBuf),
    /// Nothing in it.
    #[error("Batch script is empty!")]
    Empty,
    /// Nothing but white space in it.
    #[error("Batch script contains only whitespace!")]
    Blank,
    /// No `#!`.
    #[error(
        "This does not look like a batch script.  The first\n\
         line must start with #! followed by the path to an interpreter.\n\
         For instance: #!/bin/sh"
    )]
    NoInterpreter,
    /// A NUL byte.
    #[error("The Slurm controller does not allow scripts that\ncontain a NULL character '\\0'.")]
    Binary,
    /// Carriage returns.
    #[error("Batch script contains DOS line breaks (\\r\\n)\ninstead of expected UNIX line breaks (\\n).")]
    Dos,
}

/// A script, and the path it was found under, if it is a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its text.
    pub text: Vec<u8>,
    /// Where it is.
    pub path: Option<PathBuf>,
}

/// Makes a script of a shell command.
pub fn wrap(command: &OsStr) -> Script {
    let mut text = b"#!/bin/sh\n# A command that was given to sbatch with --wrap.\n\n".to_vec();
    text.extend_from_slice(command.as_bytes());
    text.push(b'\n');
    Script { text, path: None }
}

/// Reads a script, from standard input when none is named. A name without a slash is looked up in `dir`, then in PATH.
pub fn read(
    name: Option<&OsStr>,
    dir: &Path,
    path_variable: Option<OsString>,
) -> Result<Script, ScriptError> {
    let script = if let Some(name) = name {
        let path = find(name, dir, path_variable).ok_or_else(|| ScriptError::Missing(name.into()))?;
        let text =
            std::fs::read(&path).map_err(|error| ScriptError::Unreadable { path: path.clone(), error })?;
        Script { text, path: Some(path) }
    } else {
        let mut text = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut text);
        read.map_err(|error| ScriptError::Unreadable { path: "/dev/stdin".into(), error })?;
        Script { text, path: None }
    };
    check(&script.text)?;
    Ok(script)
}

fn find(name: &OsStr, dir: &Path, path_variable: Option<OsString>) -> Option<PathBuf> {
    let here = dir.join(name);
    if here.exists() || name.as_bytes().contains(&b'/') {
        return here.exists().then_some(here);
    }
    std::env::split_paths(&path_variable?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn check(text: &[u8]) -> Result<(), ScriptError> {
    if text.is_empty() {
        return Err(ScriptError::Empty);
    }
    if text.trim_ascii().is_empty() {
        return Err(ScriptError::Blank);
    }
    if !text.starts_with(b"#!") {
        return Err(ScriptError::NoInterpreter);
    }
    if text.contains(&0) {
        return Err(ScriptError::Binary);
    }
    if text.windows(2).any(|pair| pair == b"\r\n") {
        return Err(ScriptError::Dos);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("#!/bin/sh\n", true)]
    #[case("", false)]
    #[case(" \n", false)]
    #[case("echo\n", false)]
    #[case("#!/bin/sh\0", false)]
    #[case("#!/bin/sh\r\n", false)]
    fn what_is_a_script(#[case] text: &str, #[case] good: bool) {
        assert_eq!(check(text.as_bytes()).is_ok(), good);
    }

    #[test]
    fn a_script_is_found_here_and_in_path() {
        let (here, bin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(here.path().join("one"), "#!/bin/sh\n# here\n").unwrap();
        std::fs::write(bin.path().join("one"), "#!/bin/sh\n# bin\n").unwrap();
        std::fs::write(bin.path().join("two"), "#!/bin/sh\n# bin\n").unwrap();
        let read = |name: &str| read(Some(OsStr::new(name)), here.path(), Some(bin.path().into()));
        assert_eq!(read("one").unwrap().path, Some(here.path().join("one")));
        assert_eq!(read("two").unwrap().path, Some(bin.path().join("two")));
        assert_eq!(read("./two").unwrap_err().to_string(), "Unable to open file ./two");
    }

    #[test]
    fn a_command_becomes_a_script() {
        let script = wrap(OsStr::new("bash -c 'a b'"));
        assert!(script.text.starts_with(b"#!/bin/sh\n") && script.text.ends_with(b"\nbash -c 'a b'\n"));
        assert!(check(&script.text).is_ok());
    }
}
