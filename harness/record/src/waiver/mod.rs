//! Waivers: fails that somebody answers for until a day. A waiver is data of the run, applied when the record is folded: the
//! events keep what was seen, so that a waived fail is never lost and never a pass.

mod apply;
mod file;

pub use apply::{Mark, WaiverReport, Waivers};
pub use file::{Waiver, WaiverError, read};
