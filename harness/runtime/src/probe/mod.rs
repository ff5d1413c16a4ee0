//! What this machine can do, found out by looking and trying; never guessed from a name. Every probe is cheap, leaves
//! nothing behind, and says what it found.

pub mod cgroup;

pub use cgroup::{CgroupMode, cgroup_mode};

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Whether what was asked for is there.
    pub ok: bool,
    /// What was found, in a few words.
    pub found: String,
}

impl Probe {
    /// It is there.
    pub fn yes(found: impl Into<String>) -> Self {
        Self { ok: true, found: found.into() }
    }

    /// It is not.
    pub fn no(found: impl Into<String>) -> Self {
        Self { ok: false, found: found.into() }
    }
}
