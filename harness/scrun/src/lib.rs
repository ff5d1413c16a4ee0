//! `scrun` of the mock cluster: an OCI runtime whose containers are jobs, with the site's `scrun.lua`.
//!
//! Docker's shim and Podman's conmon call it as they call crun or runc. `create` starts an anchor, a process that has the
//! container's streams, its job and its end: its pid is the one in the pid file, and its exit code is the container's. The
//! other operations talk to the anchor over a socket. What it needs of a cluster is the trait [`Cluster`](cluster::Cluster);
//! the container itself runs as a step of the job, `srun --container`.
//!
//! Pure: the command line ([`args`]), the input and output variables ([`inputs`], [`outputs`]), the states ([`status`]), the
//! bundle ([`bundle`]). Source of all of it: scrun(1), the guide, and the OCI runtime specification.

pub mod anchor;
pub mod args;
pub mod bundle;
pub mod cluster;
pub mod command;
mod console;
pub mod inputs;
pub mod log;
pub mod outputs;
pub mod place;
pub mod script;
pub mod signals;
pub mod site;
pub mod status;
pub mod wire;
pub mod wrong;

pub use command::run;
