//! Lists the profiles for embedding: each folder beside this file that holds a `profile.toml` is one, so that adding a
//! profile is adding a folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=.");
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let mut folders = Vec::new();
    for entry in fs::read_dir(&here)? {
        let path = entry?.path();
        if path.join("profile.toml").is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    let mut text = String::from("&[\n");
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let mut files = Vec::new();
        for entry in fs::read_dir(&folder)? {
            files.push(entry?.path());
        }
        files.sort();
        // Writing to a string does not fail.
        let _ = write!(text, "    ({name:?}, &[");
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let _ = write!(text, "({name:?}, include_str!({:?})), ", file.to_string_lossy());
        }
        text.push_str("]),\n");
    }
    text.push_str("]\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("profiles.rs"), text)
}

/// A variable that cargo sets for build scripts.
fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}
