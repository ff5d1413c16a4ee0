//! Clusters that cases run on: one [`Cluster`](world::Cluster) trait, and the mock's controller, nodes and client commands.

pub mod client;
pub mod daemon;
pub mod stepd;
