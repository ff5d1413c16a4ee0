//! What is said of an `oci.conf`: a code, a place and a remedy.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Whether the file is rejected for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The release rejects the file.
    Error,
    /// It is accepted, and does not do what it seems to.
    Warning,
}

/// When an error shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// When the file is loaded: it is rejected, and the step fails at set-up.
    Load,
    /// When it is put to use: it is accepted, and each task dies at its launch.
    Expand,
}

/// One finding about a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable code: `oci-conf/unknown-key` …
    pub code: &'static str,
    /// Rule of the specification: `C-LEX-5` …
    pub rule: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// When an error shows.
    pub at: Stage,
    /// The file (an included one where that is at fault).
    pub path: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset of the span in the file and its length, for source views.
    pub span: (usize, usize),
    /// What is wrong, one sentence.
    pub message: String,
    /// What to do, one sentence.
    pub remedy: String,
}
