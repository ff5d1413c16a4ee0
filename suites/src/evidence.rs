//! The evidence of one case: a folder with what every command was, was given and gave, and whatever the case adds.

use std::cell::{Cell, RefCell};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use plimsoll_record::evidence::claims::{self, Claim, Says};
use serde::Serialize;

/// The most that is kept of one output stream or file: enough to see what happened, little enough for a thousand cases.
pub const KEPT: usize = claims::KEPT;

/// A folder that fills up as a case runs.
#[derive(Debug)]
pub struct Evidence {
    dir: PathBuf,
    commands: Cell<usize>,
    claims: Rc<RefCell<Vec<Claim>>>,
}

/// Where the claims about one command go: into the list of its case.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    list: Rc<RefCell<Vec<Claim>>>,
    of: String,
    stdout: String,
    /// Hash of the standard output that the evidence holds.
    holds: u64,
}

impl Claims {
    /// Whether the evidence holds these bytes as standard output; otherwise a claim about them can only be noted.
    pub fn has(&self, stdout: &[u8]) -> bool {
        self.holds == hash(stdout)
    }

    /// Notes a claim, and whether it held.
    pub fn add(&self, says: Says, holds: bool) {
        let (of, stdout) = (self.of.clone(), self.stdout.clone());
        self.list.borrow_mut().push(Claim { of, stdout, says, holds });
    }
}

/// One command, as `command.json` holds it.
#[derive(Debug, Serialize)]
pub struct CommandNote {
    /// The command line.
    pub argv: Vec<String>,
    /// Variables that were set (a value) or taken away (null) for it.
    pub env: Vec<(String, Option<String>)>,
    /// Its working directory, where it was not the cluster's shared folder.
    pub cwd: Option<PathBuf>,
    /// Its exit code; none when a signal ended it or it was ended for being late.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it was ended for being late.
    pub hung: bool,
    /// Wall time in milliseconds.
    pub millis: u64,
}

impl Evidence {
    /// Makes the folder; what an earlier attempt left in it is kept apart by the caller's choice of `dir`.
    pub fn create(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        Ok(Self { dir: dir.to_owned(), commands: Cell::new(0), claims: Rc::default() })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Notes a command with its output, numbered in order: `1-srun/{command.json,stdout,stderr}`. A stream that stayed
    /// empty has no file: a run has thousands of them, and making a file costs more than filling it.
    pub fn command(
        &self,
        name: &str,
        note: &CommandNote,
        stdout: &[u8],
        stderr: &[u8],
    ) -> io::Result<Claims> {
        self.commands.set(self.commands.get() + 1);
        let of = format!("{}-{name}", self.commands.get());
        let dir = self.dir.join(&of);
        fs::create_dir_all(&dir)?;
        let mut json = serde_json::to_vec_pretty(note)?;
        json.push(b'\n');
        fs::write(dir.join("command.json"), json)?;
        for (stream, bytes) in [("stdout", stdout), ("stderr", stderr)] {
            if !bytes.is_empty() {
                fs::write(dir.join(stream), cut(bytes))?;
            }
        }
        Ok(Claims { list: Rc::clone(&self.claims), of, stdout: "stdout".to_owned(), holds: hash(stdout) })
    }

    /// Keeps in a command's folder what it wrote elsewhere and what is taken for its standard output from here on.
    pub fn output(&self, of: &mut Claims, bytes: &[u8]) -> io::Result<()> {
        "job-output".clone_into(&mut of.stdout);
        of.holds = hash(bytes);
        fs::write(self.dir.join(&of.of).join(&of.stdout), cut(bytes))
    }

    /// The claims of the case, which fill up as it goes on.
    pub fn claims(&self) -> Rc<RefCell<Vec<Claim>>> {
        Rc::clone(&self.claims)
    }

    /// Adds a file.
    pub fn add(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fs::write(self.dir.join(name), cut(bytes))
    }

    /// Adds a copy of a file or of a folder, its last part only where it is long; what is not there is passed over.
    pub fn copy(&self, name: &str, from: &Path) -> io::Result<()> {
        copy_tree(from, &self.dir.join(name))
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// The beginning of long bytes.
fn cut(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(KEPT)]
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    let Ok(data) = fs::symlink_metadata(from) else { return Ok(()) };
    if data.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy_tree(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if data.is_file() {
        fs::write(to, cut(&fs::read(from)?))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_numbered_and_files_are_cut() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = Evidence::create(&dir.path().join("a/b")).unwrap();
        let note = CommandNote {
            argv: vec!["srun".to_owned()],
            env: vec![],
            cwd: None,
            exit: Some(0),
            signal: None,
            hung: false,
            millis: 1,
        };
        evidence.command("srun", &note, b"out", b"").unwrap();
        evidence.command("squeue", &note, &vec![b'x'; KEPT + 5], b"").unwrap();
        assert_eq!(fs::read(evidence.dir().join("1-srun/stdout")).unwrap(), b"out");
        assert_eq!(fs::read(evidence.dir().join("2-squeue/stdout")).unwrap().len(), KEPT);
        evidence.copy("all", &evidence.dir().join("1-srun")).unwrap();
        evidence.copy("none", Path::new("/nonexistent")).unwrap();
        assert!(evidence.dir().join("all/command.json").exists());
    }
}
