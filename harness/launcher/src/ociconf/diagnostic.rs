//! What is said of an `oci.conf`: a code, a place and a remedy.

use std::path::{Path, PathBuf};

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

/// A change of the text that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// Byte offset of what goes, and its length (0: something is put in).
    pub span: (usize, usize),
    /// What stands there instead.
    pub text: String,
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
    /// The remedy as a change of the text, where there is only one.
    pub fix: Option<Fix>,
}

/// The text of the file at `path` with every fix of `found` applied; none when there is nothing to apply.
pub fn repaired(text: &str, path: &Path, found: &[Diagnostic]) -> Option<String> {
    let ours = found.iter().filter(|found| found.path == path);
    let mut fixes: Vec<&Fix> = ours.filter_map(|found| found.fix.as_ref()).collect();
    fixes.sort_by_key(|fix| fix.span);
    let mut repaired = text.to_owned();
    // From the end on, so that the places of those before it stay what they are.
    for fix in fixes.iter().rev() {
        let (from, len) = fix.span;
        repaired.get(from..from + len)?;
        repaired.replace_range(from..from + len, &fix.text);
    }
    (!fixes.is_empty()).then_some(repaired)
}
