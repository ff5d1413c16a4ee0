//! What every cluster of real daemons shares, wherever its nodes are: its configuration, the questions that its operator
//! asks, the way back to a clean state between two cases.

pub mod conf;
pub mod control;
pub mod reset;
pub mod version;
pub mod wait;
