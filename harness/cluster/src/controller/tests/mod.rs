//! The controller with nodes that a test plays.

mod ends;
mod queue;
mod steps;
mod times;
