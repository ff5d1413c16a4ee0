//! Containers that a plugin starts, with a request syntax of its own, and what the guide says of an `oci.conf` beside it.

mod beside;
mod request;

pub use beside::conflict;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[&request::INSIDE, &request::TASKS, &beside::OCI_CONF_BESIDE];
