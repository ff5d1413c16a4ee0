//! The evidence of a case read back, as much of it as a reader looks at: commands with their streams, the runtime's calls,
//! what became of `config.json`, and other files. What is missing or cannot be read is said in its place and stops nothing.

mod calls;
pub mod claims;
mod commands;
mod config;
mod excerpt;
mod trace;

use std::path::Path;

pub use calls::{CallNote, calls};
pub use commands::{Command, commands};
pub use config::config_change;
pub use excerpt::Excerpt;
pub use trace::{trace, trace_hash};

/// The most files that are shown beside commands and calls.
const FILES: usize = 12;

/// A file that is neither a command's nor a call's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its end, which is where logs say what went wrong.
    pub text: Excerpt,
}

/// The other files of an evidence folder, by name.
pub fn files(dir: &Path) -> Vec<File> {
    let mut names: Vec<_> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            entry.file_type().ok()?.is_file().then(|| entry.file_name())
        })
        .filter(|name| !name.to_string_lossy().ends_with(config::ORIGINAL) && name != claims::FILE)
        .collect();
    names.sort();
    names.truncate(FILES);
    names
        .into_iter()
        .map(|name| File {
            text: Excerpt::end_of(&dir.join(&name)),
            name: name.to_string_lossy().into_owned(),
        })
        .collect()
}
