//! The mock's controller: jobs and steps, their nodes, their ends.
//!
//! [`state`] is what there is, [`place`] decides on nodes, [`jobs`] and [`steps`] change the state, [`serve`] talks to
//! clients, [`clock`] is what time does to them, [`mpi`] lets the ranks of a step meet,
//! [`facts`] and [`views`] say what others get to see. One thread; whoever waits, waits for the state to change.

mod clock;
mod depend;
mod facts;
mod jobs;
mod mpi;
mod place;
mod schedule;
mod serve;
mod signal;
mod state;
mod steps;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod update;
mod views;

pub use jobs::PARTITION;
pub use serve::serve_clients;
pub use state::Controller;
