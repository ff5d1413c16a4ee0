//! The daemons' logs: one line an event, with its time.

use std::cell::RefCell;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::rc::Rc;

/// A log that several parts of a daemon write to.
#[derive(Clone, Debug)]
pub struct Log(Rc<RefCell<File>>);

impl Log {
    /// Opens a log; lines go behind those that are there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Rc::new(RefCell::new(file))))
    }

    /// Writes a line.
    pub fn say(&self, what: fmt::Arguments<'_>) {
        let now = jiff::Timestamp::now();
        // A log that cannot be written must not end the daemon.
        let _ = writeln!(self.0.borrow_mut(), "[{now:.3}] {what}");
    }
}
