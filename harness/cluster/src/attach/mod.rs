//! A live cluster that somebody else runs: the one whose srun is on PATH. Nothing of its configuration is changed, every job
//! has a name of ours and a time limit, and none is left.

mod cluster;
mod site;

pub use cluster::{Attached, Options};
pub use site::{Site, SiteError};
