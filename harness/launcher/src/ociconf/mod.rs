//! From the text of `oci.conf` to an [`OciConf`](crate::OciConf): lexing, keys, completeness, and what is said of a file
//! that is rejected.

mod diagnostic;

use std::path::Path;

pub use diagnostic::{Diagnostic, Severity};

use crate::{OciConf, Release};

/// What came of a file: the values when it was accepted, and everything there is to say of it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values; none when the file is rejected.
    pub conf: Option<OciConf>,
    /// Errors (the file is rejected) and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the text of an `oci.conf` as `release` would. `path` is for `Include` lines and for messages; the text is bytes,
/// since a file on disk is.
pub fn load(text: &[u8], path: &Path, release: Release) -> Loaded {
    let _ = (text, path, release);
    Loaded { conf: None, diagnostics: Vec::new() }
}
