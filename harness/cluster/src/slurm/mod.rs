//! A private cluster of the Slurm that is installed here: its own munged, slurmctld and node daemons in a folder of their
//! own, kept by a process that ends them when whoever started the cluster is gone.

mod cluster;
mod folder;
mod keeper;
mod plan;
mod ports;
mod start;

pub use cluster::Private;
pub use keeper::{enter, keep};
pub use start::{PrivateConfig, StartError};
