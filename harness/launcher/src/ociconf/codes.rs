//! Every code of a finding: what it means, by which rule, what the release does, and what to do.

mod fatal;
mod rejected;
mod warned;

use super::diagnostic::{Severity, Stage};

/// A code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `oci-conf/…`, for good.
    pub code: &'static str,
    /// Its rule: an id of the specification, of the guide's rules or of a known defect.
    pub rule: &'static str,
    /// Whether the file fails for it.
    pub severity: Severity,
    /// When.
    pub stage: Stage,
    /// What it means, and why it is so.
    pub what: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// All of them: those that reject the file, those that each step dies of, and the warnings.
pub const CODES: [&[Code]; 3] = [&rejected::CODES, &fatal::CODES, &warned::CODES];

/// A code's entry.
pub fn find(code: &str) -> Option<&'static Code> {
    all().find(|entry| entry.code == code)
}

/// All codes, in the order of the table.
pub fn all() -> impl Iterator<Item = &'static Code> {
    CODES.into_iter().flatten()
}

impl Code {
    /// What comes of it, in words.
    pub const fn effect(&self) -> &'static str {
        match (self.severity, self.stage) {
            (Severity::Error, Stage::Load) => {
                "the file is rejected, and every container step fails at set-up"
            }
            (Severity::Error, Stage::Expand) => "the file is accepted, and each task dies at its launch",
            (Severity::Warning, _) => "the file is accepted, and does not do what it seems to",
        }
    }

    /// Where its rule comes from.
    pub fn source(&self) -> &'static str {
        match self.rule.split('-').next() {
            Some("G") => "the Slurm Containers Guide",
            Some("R") => "an open defect, seen on real releases",
            _ => "what Slurm's releases do, read and tried",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_explained() {
        let mut codes: Vec<&str> = all().map(|code| code.code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for code in all() {
            assert!(code.code.starts_with("oci-conf/") && find(code.code) == Some(code));
            for text in [code.what, code.remedy] {
                assert!(text.len() > 15 && text.ends_with('.'), "{}: {text}", code.code);
            }
        }
    }
}
