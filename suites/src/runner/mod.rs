//! The runner: from cases and targets to a plan, from a plan to events. It prints nothing; whoever listens to the events
//! does.

mod filter;
mod one;
mod panics;
mod plan;
mod pool;
mod told;

pub use filter::{Filter, FilterError};
pub use one::{Bench, run_one, unmet};
pub use plan::{Pair, Planning, plan};
pub use pool::{Settings, run};
pub use told::whole as whole_catalogue;
