//! How MPI ranks of the mock find one another: PMIx through the machine's own library, PMI-1 and PMI-2 in plain Rust.
//!
//! One server process a node and step, started by the step daemon ([`server::run`]), as slurmstepd is one: libpmix has one
//! identity a process, for ever. It knows the whole step ([`plan::Plan`]), serves the ranks of its own node, and says to the
//! others' servers what they must know ([`peer`]) by way of its step daemon ([`link`]).
//!
//! The library is opened when a step asks for it: nothing of it is needed to build or to run this program. libpmix-sys and
//! pmix-rs were not taken: they build against headers of one version, and one binary is to serve every version that is there.

pub mod fault;
pub mod kind;
pub mod link;
pub mod peer;
pub mod plan;
pub mod pmix;
pub mod server;
pub mod simple;
