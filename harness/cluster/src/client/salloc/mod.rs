//! `salloc`: an allocation, and a command or a shell that lives in it.

mod command;
mod local;
mod options;

pub use command::run;
