//! Completions and manual pages, made from the parser itself.

use std::io::{Write as _, stdout};
use std::path::Path;

use clap::CommandFactory as _;

use super::args::Face;
use super::error::Error;

/// Prints the completions of a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<i32, Error> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Face::command(), "plimsoll", &mut text);
    stdout()
        .write_all(&text)
        .map_err(|cause| Error::broken(format!("cannot print the completions: {cause}")))?;
    Ok(0)
}

/// Writes a manual page for the program and one for each verb.
pub fn pages(dir: &Path) -> Result<i32, Error> {
    let broken = |cause: std::io::Error| {
        Error::usage(format!(
            "cannot write manual pages into {}: {cause}; name a folder that is yours",
            dir.display()
        ))
    };
    std::fs::create_dir_all(dir).map_err(broken)?;
    clap_mangen::generate_to(Face::command(), dir).map_err(broken)?;
    Ok(0)
}
