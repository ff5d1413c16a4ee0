//! The recorder: stands in front of a runtime command in an `oci.conf` and notes all it sees, one JSON document a call.
//!
//! It keeps out of the way: the command has the real standard input, a terminal stays a terminal, `create` hands its
//! streams to the container untouched, each signal arrives once, and the command's end (exit code or signal) is the
//! recorder's own. If it cannot write its notes, the command runs all the same and nothing is said on standard error,
//! which Slurm takes for part of the answer of RunTimeQuery (rule L-CS-6): a line goes to `DIR.error` instead.

mod args;
mod call;
mod child;
mod observe;
mod run;
mod store;
mod tee;

pub use call::{Bytes, Call, End, Entry, ReadError, SCHEMA, Spool, Stdio, Stream, read_calls};
pub use run::run;
