//! Client commands that are wrong on purpose, so that a suite can prove that it notices.
//!
//! A mock that is started with a deviation has scripts in the place of its client commands, which call the true ones through
//! here: with other arguments, variables or streams, or with another end. The true ones know nothing of it.

mod change;
mod run;
mod table;

pub use run::{run, script, scrun_script};
pub use table::ClientDeviation;
