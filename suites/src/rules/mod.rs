//! Every rule that a case can cite: one normative sentence with an id, a level and its source.
//!
//! A rule is a constant, so a case that cites one which does not exist does not compile.

mod guide;
mod launcher;
mod ociconf;
mod sentences;
mod table;
mod uncovered;

pub use guide::*;
pub use launcher::*;
pub use ociconf::*;
pub use sentences::{Became, Sentence, sentences};
pub use table::{Rule, all, find};
pub use uncovered::{UNCOVERED, uncovered_reason};
