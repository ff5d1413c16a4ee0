//! Clusters that cases run on: one [`Cluster`](world::Cluster) trait, the mock's controller, nodes and client commands, and
//! clusters of real daemons.

pub mod array;
pub mod attach;
pub mod client;
pub mod containers;
pub mod controller;
pub mod daemon;
pub mod deviant;
pub mod filename;
pub mod hostlist;
pub mod leftover;
pub mod log;
pub mod mock;
pub mod node;
pub mod procs;
pub mod proto;
pub mod real;
mod remove;
pub mod setup;
pub mod slurm;
pub mod slurm_env;
pub mod stepd;
pub mod submit;
pub mod time;
pub mod view;
pub mod wait;
pub mod wire;
pub mod world;
