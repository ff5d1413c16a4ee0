//! `sbatch`: hands a script to the controller, and waits for its end when that is asked.

mod command;
mod directives;
mod options;
mod script;

pub use command::run;
