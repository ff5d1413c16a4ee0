//! Runtimes that are wrong on purpose: the built-in one behind one fault, so that a suite can prove that it notices.
//!
//! Called as `faulty ID` in front of the runtime's own words, and by nothing else: an `oci.conf` has to name it.

mod config;
mod run;
mod state;
mod table;
mod words;

pub use run::run;
pub use table::Fault;
