//! What a run leaves behind: events, evidence, results; and every report as a fold over them.
//!
//! Events are the only tie between the runner and the reports: append-only, versioned, a line of JSON each. A [`Record`] is
//! read back from them, and each report is a pure function of a record, so that it can be made again byte for byte.

pub mod catalogue;
pub mod certificate;
pub mod diff;
pub mod digest;
pub mod event;
pub mod evidence;
pub mod exit;
pub mod folder;
pub mod github;
pub mod html;
pub mod junit;
pub mod prometheus;
pub mod record;
pub mod report;
pub mod results;
pub mod summary;
pub mod tap;
pub mod text;
pub mod verdict;
pub mod waiver;

#[cfg(test)]
mod sample;

pub use catalogue::Catalogue;
pub use event::{CaseResult, Event, Outcome, ProfileInfo, RunInfo};
pub use folder::{FolderError, RecordWriter};
pub use record::{Attempt, Record, Settled};
pub use report::Format;
pub use verdict::{Level, Tier, Verdict};
pub use waiver::Waiver;
