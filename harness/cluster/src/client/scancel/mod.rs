//! `scancel`: signals and ends jobs and steps.

mod command;
mod options;
mod target;

pub use command::run;
