//! Standard output, with colours where they are wanted. A reader who has gone (`| head -1`) is not an error.

use std::io::Write as _;

/// Prints a text as it is.
pub fn print(text: impl std::fmt::Display) {
    let mut out = anstream::stdout().lock();
    // Nobody is left to tell that nobody listens; the exit code still says what came of it.
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a text and a line break.
pub fn line(text: impl std::fmt::Display) {
    print(format_args!("{text}\n"));
}
