//! The world `containers`: a real Slurm release from `ci/images`, its controller and nodes containers on a network of their
//! own, with own addresses and host names.
//!
//! The cluster's folder is mounted at the same path in all of them, so that a path means the same everywhere. In each
//! container an [`agent`] runs what it is asked for over a socket in that folder; [`enter`] is its local end, a process
//! that stands for the one inside: same streams, same signals, same end. `docker exec` would do none of the three
//! whole (it passes no signal on, and a killed one leaves its command behind), and takes a tenth of a second each time.

mod account;
pub mod agent;
mod cluster;
mod conf;
mod disturb;
mod docker;
mod end;
pub mod enter;
mod label;
mod node;
mod options;
mod order;
mod recipe;
mod remote;
mod reuse;
mod start;
mod strays;

pub use cluster::Containers;
pub use docker::DockerError;
pub use end::clean;
pub use node::Container;
pub use recipe::{Recipe, program};
pub use start::{StartError, Wanted, ready};
