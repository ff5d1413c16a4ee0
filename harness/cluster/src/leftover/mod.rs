//! What runs leave behind when they are killed: each folder of a cluster says whose it is, so that it can be found and
//! removed when its owner is gone.

mod clean;
mod owner;

pub use clean::{Cleaned, clean};
pub use owner::{MARKER, Owner, PREFIX, mark};
