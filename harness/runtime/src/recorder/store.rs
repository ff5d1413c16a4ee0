//! Writing calls down: whole files only, and never over somebody else's.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::call::Call;

/// Tries to find a free name; each has a time in nanoseconds and a pid in it, so the second is already rare.
const TRIES: u32 = 100;

/// The notes on one call.
#[derive(Debug)]
pub(super) struct Store {
    into: PathBuf,
    path: Option<PathBuf>,
}

impl Store {
    /// Writes the call as it begins. That it cannot be written is noted beside the folder, and does no harm.
    pub(super) fn begin(into: &Path, call: &Call) -> Self {
        let mut store = Self { into: into.to_owned(), path: None };
        match store.place(call) {
            Ok(path) => store.path = Some(path),
            Err(error) => store.complain(&error),
        }
        store
    }

    /// Puts the finished call in the place of the unfinished one.
    pub(super) fn finish(&self, call: &Call) {
        let Some(path) = &self.path else { return };
        let temporary = self.temporary(call);
        if let Err(error) = write(&temporary, call).and_then(|()| fs::rename(&temporary, path)) {
            let _ = fs::remove_file(&temporary);
            self.complain(&error);
        }
    }

    fn place(&self, call: &Call) -> io::Result<PathBuf> {
        let temporary = self.temporary(call);
        write(&temporary, call)?;
        let placed = self.link(&temporary, call);
        let removed = fs::remove_file(&temporary);
        let path = placed?;
        removed?;
        Ok(path)
    }

    /// A hard link refuses a name that is taken, which a rename would not.
    fn link(&self, temporary: &Path, call: &Call) -> io::Result<PathBuf> {
        let time = call.started.replace([':', '-'], "");
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for number in 0..TRIES {
            let tail = if number == 0 { String::new() } else { format!(".{number}") };
            let name = format!("{time}-{}-{}{tail}.json", call.pid, call.operation.name());
            let path = self.into.join(name);
            match fs::hard_link(temporary, &path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn temporary(&self, call: &Call) -> PathBuf {
        self.into.join(format!(".{}-{}-{}.tmp", call.started, call.pid, call.host))
    }

    /// One line a call in `DIR.error`, where even that is possible.
    fn complain(&self, error: &io::Error) {
        let mut name = self.into.clone().into_os_string();
        name.push(".error");
        if let Ok(mut file) = OpenOptions::new().append(true).create(true).open(name) {
            let line = format!("plimsoll record: cannot write to {}: {error}\n", self.into.display());
            let _ = file.write_all(line.as_bytes());
        }
    }
}

fn write(path: &Path, call: &Call) -> io::Result<()> {
    let mut text = serde_json::to_vec(call)?;
    text.push(b'\n');
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(&text)
}
