//! What a client command says on its standard error: `srun: …`, `srun: error: …`.
//!
//! A standard error that is gone is no reason to stop, so failures to write are ignored.

use std::fmt::Display;
use std::io::Write as _;

/// The voice of one client command.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    /// Its name, which goes in front of each line.
    pub tool: &'static str,
    /// `--quiet`: errors only.
    pub quiet: bool,
    /// `--verbose`, how often.
    pub verbose: u32,
}

impl Voice {
    /// The voice of `tool` as long as nothing was asked.
    pub const fn new(tool: &'static str) -> Self {
        Self { tool, quiet: false, verbose: 0 }
    }

    /// Something the user should know.
    pub fn info(self, text: impl Display) {
        if !self.quiet {
            self.line(&format_args!("{}: {text}", self.tool));
        }
    }

    /// Something that went wrong.
    pub fn error(self, text: impl Display) {
        self.line(&format_args!("{}: error: {text}", self.tool));
    }

    /// Something that makes going on impossible.
    pub fn fatal(self, text: impl Display) {
        self.line(&format_args!("{}: fatal: {text}", self.tool));
    }

    /// Something for whoever looks for a fault (`-v`).
    pub fn debug(self, text: impl Display) {
        if self.verbose > 0 {
            self.line(&format_args!("{}: {text}", self.tool));
        }
    }

    /// A line as it is.
    pub fn line(self, text: &dyn Display) {
        // One write a line, so that lines of several commands do not mix.
        let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
    }
}

/// The C library's words for an errno.
pub fn errno_text(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    // The standard library adds the number.
    text.split_once(" (os error").map_or(text.clone(), |(text, _)| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_words_that_users_know() {
        assert_eq!(errno_text(libc::ENOTTY), "Inappropriate ioctl for device");
        assert_eq!(errno_text(libc::ENOENT), "No such file or directory");
    }
}
