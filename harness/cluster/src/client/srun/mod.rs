//! `srun`: makes a step, in an allocation or with one of its own, and is its terminal.
//!
//! [`command`] is the whole of it, [`session`] one step, [`step`] and [`pump`] its running; the rest are their parts.

pub mod command;
mod input;
mod interrupt;
mod launch;
mod mpi;
mod options;
mod output;
mod peers;
mod plugin;
mod pump;
mod rendezvous;
pub mod session;
mod sink;
mod step;
mod target;
mod tasks;
mod terminal;

pub use command::{await_reply, run, umask};
pub use step::Outcome;
