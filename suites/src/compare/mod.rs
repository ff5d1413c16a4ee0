//! The proof that the mock is right: the same scenarios on a real release and on the mock set to it, and every difference of
//! what the runtime and the user saw.
//!
//! [`table`] holds the scenarios as data, [`play`] is their interpreter, [`observe`] gathers facts, [`normal`] takes away what
//! is one cluster's own, [`diff`] compares, and [`explained`] is the short list of differences that may stay.

pub mod diff;
pub mod explained;
pub mod normal;
pub mod observe;
pub mod play;
pub mod report;
pub mod run;
pub mod scenario;
pub mod stage;
pub mod table;
