//! The profiles as targets: each with the program that drives it here.

use crate::target::Target;

/// What drives a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// The real program when it is installed, else the double.
    Auto,
    /// The real program only.
    Real,
    /// The double only.
    Double,
}

/// Every profile.
pub fn all(_drive: Drive) -> Vec<Target> {
    Vec::new()
}
