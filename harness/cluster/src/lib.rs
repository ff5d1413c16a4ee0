//! Clusters that cases run on: one [`Cluster`](world::Cluster) trait, and the mock's controller, nodes and client commands.

pub mod array;
pub mod client;
pub mod containers;
pub mod controller;
pub mod daemon;
pub mod filename;
pub mod hostlist;
pub mod log;
pub mod mock;
pub mod node;
pub mod procs;
pub mod proto;
pub mod real;
mod remove;
pub mod setup;
pub mod slurm_env;
pub mod stepd;
pub mod time;
pub mod view;
pub mod wire;
pub mod world;
