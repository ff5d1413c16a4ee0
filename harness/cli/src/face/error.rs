//! Errors of the command line: one sentence, and the exit code that the contract gives it.

use std::fmt;

use plimsoll_record::exit;

/// Why a verb ended without doing its work.
#[derive(Debug)]
pub struct Error {
    /// One sentence: what, which path, why, what to do.
    pub message: String,
    /// The exit code.
    pub code: i32,
}

impl Error {
    /// Bad usage, or an input that does not load.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), code: exit::USAGE }
    }

    /// The harness itself broke.
    pub fn broken(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), code: exit::BROKEN }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
