//! The proof that a command ran inside the bundle that it asked for.

pub use plimsoll_fixtures::{
    Bundle, BundleBuilder, ENTER, Fixture, Flaw, HELLO, INSIDE, IdMap, Image, Owner, PROBE, ProbeReport,
    RootPath, layout,
};

/// What a step has to show for having run inside a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The bundle that was asked for.
    pub bundle: Bundle,
    /// How many ranks the step has.
    pub ranks: usize,
}

impl Proof {
    /// Whether every rank left the bundle's nonce from a mount namespace that is not the host's; the error says which did
    /// not.
    pub fn verify(&self) -> Result<(), String> {
        plimsoll_fixtures::verify_proof(&self.bundle, self.ranks).map_err(|error| error.to_string())
    }

    /// How many proofs there are.
    pub fn count(&self) -> usize {
        plimsoll_fixtures::proofs(&self.bundle).len()
    }
}
