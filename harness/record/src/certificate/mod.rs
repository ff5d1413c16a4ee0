//! Certificates: what a record shows of a runtime, in one file that somebody else can judge again.
//!
//! A certificate is a `tar.zst` with the events and evidence of one whole run, redacted, the kill matrix that shows the suite
//! itself to be sound, what follows from them (`certificate.json`, an in-toto statement) and a manifest of hashes. Whoever has
//! it judges it from the evidence alone: verdicts are derived again, and nothing in it is believed because it says so. What a
//! signature adds is who made it: a bundle that somebody made up from end to end can only be told by its lack of one.

mod bundle;
mod expect;
mod judge;
mod make;
mod publish;
mod redact;
mod sign;
mod statement;
mod suite;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{FolderError, Level, Tier, Verdict};

pub use bundle::{Contents, MANIFEST};
pub use expect::{catalogue_hash, missing_and_extra};
pub use judge::{Signed, Verified, verify};
pub use make::{Made, make};
pub use publish::{Rule, check_folder};
pub use sign::{PublicKey, SecretKey, SignatureFile, signature_beside};
pub use statement::statement;
pub use suite::Suite;

/// Name and version of `certificate.json`.
pub const SCHEMA: &str = "plimsoll.certificate/1.0";

/// Names of files in a bundle.
pub const CERTIFICATE: &str = "certificate.json";
/// The in-toto statement.
pub const STATEMENT: &str = "statement.json";
/// The kill matrix.
pub const SELFTEST: &str = "selftest.json";

/// What a record shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// [`SCHEMA`].
    pub schema: String,
    /// Id of the run.
    pub run: String,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Where cases ran: `mock`, `slurm` …
    pub world: String,
    /// Release that was meant.
    pub release: String,
    /// Version of plimsoll.
    pub plimsoll: String,
    /// SHA-256 of plimsoll.
    pub program: Option<String>,
    /// SHA-256 of the catalogue: a case that is missing or too many changes it.
    pub catalogue: String,
    /// The machine: name and value.
    pub host: Vec<(String, String)>,
    /// What is said of each profile.
    pub profiles: Vec<ProfileCertificate>,
    /// Whether the suite was shown to be sound for this build, in one sentence.
    pub suite: Suite,
    /// Names of the variables whose values were taken out.
    pub redacted: Vec<String>,
}

/// What is said of one profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileCertificate {
    /// Its name.
    pub id: String,
    /// The runtime.
    pub runtime: String,
    /// `run` or `create-start`.
    pub mode: String,
    /// Path and version of the program.
    pub why: String,
    /// SHA-256 of the program.
    pub program: Option<String>,
    /// SHA-256 of the `oci.conf`.
    pub oci_conf: Option<String>,
    /// The most that is reached: `core` where every binding core case passes, `extended` where every other one does, too.
    pub reached: Option<Tier>,
    /// Cases that passed, of how many, by tier.
    pub tiers: Vec<TierCount>,
    /// Every case that did not pass, with what was said: never hidden, whatever waives it.
    pub lacking: Vec<Lack>,
}

/// How many cases of a tier passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierCount {
    /// The tier.
    pub tier: Tier,
    /// Cases that passed.
    pub passed: usize,
    /// Cases in all.
    pub all: usize,
}

/// A case that did not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lack {
    /// The case.
    pub case: String,
    /// Its tier.
    pub tier: Tier,
    /// How binding it is.
    pub level: Level,
    /// What was said.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
}

/// Why there is no certificate, or none that can be judged.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] FolderError),
    /// The record is no ground for a certificate.
    #[error("cannot certify {}: {}", .dir.display(), .why.join("; "))]
    Unfit {
        /// The record.
        dir: PathBuf,
        /// Every reason.
        why: Vec<String>,
    },
    /// A file cannot be read or written, or is not what it should be.
    #[error("cannot {verb} {}: {cause}; {remedy}", .path.display())]
    File {
        /// `read`, `write` …
        verb: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
        /// What to do.
        remedy: &'static str,
    },
}

impl CertificateError {
    pub(crate) fn file(
        verb: &'static str,
        path: &std::path::Path,
        cause: impl std::fmt::Display,
        remedy: &'static str,
    ) -> Self {
        Self::File { verb, path: path.to_owned(), cause: cause.to_string(), remedy }
    }
}

#[cfg(test)]
mod tests;
