//! PMI-1 and PMI-2, the text protocols of MPICH's family, in plain Rust.
//!
//! A rank finds its server by `PMI_PORT` (HOST:PORT) and says who it is (`PMI_ID`); the server tells it rank and size. An
//! inherited descriptor (`PMI_FD`) would be closed by the OCI runtimes on the way into a container; the network namespace is
//! shared, as the guide demands.
//!
//! Source: the PMI wire protocols as MPICH documents them, and what its clients (4.0.2) and Slurm's libpmi2 are seen to say.

mod first;
mod second;
mod serve;
mod store;
mod words;

pub use serve::{Simple, start};
