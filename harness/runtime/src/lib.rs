//! Runtimes of our own (the built-in one, the recorder) and what this machine can do.

pub mod builtin;
pub mod doubles;
pub mod faulty;
pub mod isolate;
pub mod own_node;
pub mod probe;
pub mod recorder;
mod sys;
