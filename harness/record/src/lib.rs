//! What a run leaves behind: events, evidence, results; and every report as a fold over them.
//!
//! Events are the only tie between the runner and the reports: append-only, versioned, a line of JSON each.

pub mod event;
pub mod verdict;

pub use event::{CaseResult, Event, Outcome, RunInfo};
pub use verdict::{Level, Verdict};
