//! The suite against itself: every known defect, one at a time, and the cases that notice it.
//!
//! A defect is a switch in a room of its own: a runtime behind a fault, a launcher or client commands with a deviation. The
//! cases that pass without it and fail with it catch it. A defect that nothing catches is a gap in the catalogue; a binding
//! case that catches nothing is no check at all.

mod catalogue;
mod hints;
mod matrix;
mod plan;
mod text;
mod work;

pub use catalogue::{Defect, Room, all};
pub use matrix::{CaseRow, DefectRow, Kill, Matrix};
pub use text::render;
pub use work::{Selftest, run};
