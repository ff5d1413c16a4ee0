//! The folder of a record: `events.jsonl` and `evidence/PROFILE/CASE/`. Writing appends and flushes line by line, so that
//! what a killed run had to say is still there; reading forgives a last line that was cut off.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::event::SCHEMA;
use crate::{Event, Record};

/// Name of the file that holds the events.
pub const EVENTS: &str = "events.jsonl";

/// Where records go when nothing else is said.
pub const DEFAULT_PARENT: &str = "plimsoll-out";

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder already holds a record.
    #[error(
        "cannot write a record into {}: there is one already; name another folder, or remove this one",
        .0.display()
    )]
    Taken(PathBuf),
    /// Another run is writing into it.
    #[error("cannot continue the record in {}: a run is still writing into it; wait for its end", .0.display())]
    Busy(PathBuf),
    /// The file system refused.
    #[error("cannot {verb} {}: {cause}; check that the folder exists and is yours", .path.display())]
    Io {
        /// `write`, `read` …
        verb: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A line is no event of a version that is understood.
    #[error("cannot read {} line {line}: {cause}; the file is no record of this program, or of a later one", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        cause: String,
    },
}

impl FolderError {
    fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { verb, path, cause }
    }
}

/// Writes events as they come.
#[derive(Debug)]
pub struct RecordWriter {
    dir: PathBuf,
    file: File,
    /// Held as long as it is written; none where the file system has no locks.
    _lock: Option<Flock<File>>,
}

impl RecordWriter {
    /// Makes the folder `dir`, parents included, and an empty record in it. Never writes over an older one.
    pub fn create(dir: &Path) -> Result<Self, FolderError> {
        fs::create_dir_all(dir.join("evidence")).map_err(FolderError::io("make", dir))?;
        let path = dir.join(EVENTS);
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => Self::locked(dir, file),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                Err(FolderError::Taken(dir.to_owned()))
            }
            Err(cause) => Err(FolderError::Io { verb: "write", path, cause }),
        }
    }

    /// Opens the record in `dir` to go on with it. What is behind the last whole line is cut off: a killed run left it.
    pub fn resume(dir: &Path) -> Result<Self, FolderError> {
        let path = dir.join(EVENTS);
        let file = OpenOptions::new()
            .append(true)
            .read(true)
            .open(&path)
            .map_err(FolderError::io("write", &path))?;
        let writer = Self::locked(dir, file)?;
        let text = fs::read(&path).map_err(FolderError::io("read", &path))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        writer.file.set_len(whole as u64).map_err(FolderError::io("write", &path))?;
        Ok(writer)
    }

    fn locked(dir: &Path, file: File) -> Result<Self, FolderError> {
        let copy = file.try_clone().map_err(FolderError::io("lock", &dir.join(EVENTS)))?;
        let lock = match Flock::lock(copy, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Some(lock),
            Err((_, Errno::EWOULDBLOCK)) => return Err(FolderError::Busy(dir.to_owned())),
            Err(_) => None,
        };
        Ok(Self { dir: dir.to_owned(), file, _lock: lock })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Appends one event: one line, one write, on its way to the disk when this returns.
    pub fn append(&mut self, event: &Event) -> Result<(), FolderError> {
        let path = self.dir.join(EVENTS);
        let mut line = serde_json::to_vec(event)
            .map_err(|cause| FolderError::io("write", &path)(io::Error::other(cause)))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(FolderError::io("write", &path))
    }
}

/// Points `latest` beside `dir` at it, in one step, so that a reader never finds it missing.
pub fn link_latest(dir: &Path) -> Result<(), FolderError> {
    let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) else { return Ok(()) };
    let latest = parent.join("latest");
    let fresh = parent.join(format!(".latest-{}", std::process::id()));
    std::os::unix::fs::symlink(name, &fresh)
        .and_then(|()| fs::rename(&fresh, &latest))
        .map_err(FolderError::io("link", &latest))
}

/// The folder of a record that somebody names: the last run's where nothing is named. A link such as `latest` is followed
/// once, so that reports speak of the record itself.
pub fn named(path: Option<&Path>) -> PathBuf {
    let path = path.map_or_else(|| Path::new(DEFAULT_PARENT).join("latest"), Path::to_owned);
    match (fs::read_link(&path), path.parent()) {
        (Ok(target), Some(parent)) => parent.join(target),
        _ => path,
    }
}

/// Reads the events of a record: `path` is its folder or the file itself. A last line without its line break is what a
/// killed run left behind, and is passed over.
pub fn read_events(path: &Path) -> Result<Vec<Event>, FolderError> {
    let path = if path.is_dir() { path.join(EVENTS) } else { path.to_owned() };
    let text = fs::read_to_string(&path).map_err(FolderError::io("read", &path))?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut events = Vec::new();
    for (index, line) in whole.lines().enumerate() {
        let bad = |cause: String| FolderError::Line { path: path.clone(), line: index + 1, cause };
        let event: Event = serde_json::from_str(line).map_err(|cause| bad(cause.to_string()))?;
        if index == 0 {
            let Event::RunStarted { schema, .. } = &event else {
                return Err(bad("the first event does not start a run".to_owned()));
            };
            if !is_readable(schema) {
                return Err(bad(format!("its format is `{schema}`, this program reads `{SCHEMA}`")));
            }
        }
        events.push(event);
    }
    Ok(events)
}

/// Reads a record: `path` is its folder or its file of events.
pub fn read(path: &Path) -> Result<Record, FolderError> {
    let events = read_events(path)?;
    Record::from_events(&events).ok_or_else(|| FolderError::Line {
        path: path.to_owned(),
        line: 1,
        cause: "there is no event in it".to_owned(),
    })
}

/// Whether a schema is this program's, in any minor version.
fn is_readable(schema: &str) -> bool {
    let major = |text: &str| text.rsplit_once('.').map(|(major, _)| major.to_owned());
    major(schema).is_some() && major(schema) == major(SCHEMA)
}

/// Where the evidence of a case goes, relative to the record; `attempt` counts from 1.
pub fn evidence_of(case: &str, profile: &str, attempt: usize) -> String {
    if attempt <= 1 {
        format!("evidence/{profile}/{case}")
    } else {
        format!("evidence/{profile}/{case}/attempt-{attempt}")
    }
}

/// Which attempt an evidence folder is of, counted from 1.
pub fn attempt_of(evidence: &str) -> usize {
    let last = evidence.rsplit('/').next().and_then(|name| name.strip_prefix("attempt-"));
    last.and_then(|number| number.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn an_evidence_folder_says_which_attempt_it_is_of() {
        for attempt in [1, 2, 30] {
            assert_eq!(attempt_of(&evidence_of("a.b", "p", attempt)), attempt);
        }
    }

    #[test]
    fn what_is_written_is_read_and_a_cut_line_is_forgiven() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("run-1");
        let mut writer = RecordWriter::create(&dir).unwrap();
        for event in sample::events() {
            writer.append(&event).unwrap();
        }
        assert_eq!(read_events(&dir).unwrap(), sample::events());
        writer.file.write_all(b"{\"event\":\"note\",\"te").unwrap();
        assert_eq!(read_events(&dir).unwrap(), sample::events());
        assert!(matches!(RecordWriter::create(&dir), Err(FolderError::Taken(_))));
    }

    #[test]
    fn a_record_that_was_cut_off_is_continued_by_one_writer() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("run-1");
        let mut writer = RecordWriter::create(&dir).unwrap();
        let mut events = sample::events();
        events.pop();
        for event in &events {
            writer.append(event).unwrap();
        }
        writer.file.write_all(b"{\"event\":\"no").unwrap();
        assert!(matches!(RecordWriter::resume(&dir), Err(FolderError::Busy(_))));
        drop(writer);
        let mut writer = RecordWriter::resume(&dir).unwrap();
        let more = [
            Event::RunResumed { started: "2026-01-02T00:00:00Z".to_owned() },
            Event::RunFinished { outcome: crate::Outcome::Completed, millis: 5 },
        ];
        for event in &more {
            writer.append(event).unwrap();
        }
        events.extend(more);
        assert_eq!(read_events(&dir).unwrap(), events);
        assert_eq!(read(&dir).unwrap().outcome, Some(crate::Outcome::Completed));
        assert!(RecordWriter::resume(parent.path()).is_err());
    }

    #[test]
    fn latest_follows_the_last_run() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            link_latest(&parent.path().join(name)).unwrap();
            assert_eq!(fs::read_link(parent.path().join("latest")).unwrap(), Path::new(name));
            assert_eq!(named(Some(&parent.path().join("latest"))), parent.path().join(name));
        }
    }

    #[rstest::rstest]
    #[case("plimsoll.events/1.0", true)]
    #[case("plimsoll.events/1.9", true)]
    #[case("plimsoll.events/2.0", false)]
    #[case("other.events/1.0", false)]
    #[case("", false)]
    fn minor_versions_are_read_and_others_are_not(#[case] schema: &str, #[case] readable: bool) {
        assert_eq!(is_readable(schema), readable);
    }

    /// The oldest format that is still supported, as it was written then.
    #[test]
    fn the_oldest_format_is_read() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events-1.0.jsonl");
        let record = read(&file).unwrap();
        assert_eq!(record.run.id, "20260101T000000Z-0001");
        assert_eq!(record.settled.len(), 1);
    }
}
