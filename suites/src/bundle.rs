//! A bundle as a case holds it, and the proof that a command ran inside it.

use std::path::{Path, PathBuf};

/// A bundle of this case's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The bundle's folder: what `--container` takes.
    pub dir: PathBuf,
    /// Its root file system.
    pub rootfs: PathBuf,
    /// The secret that only somebody inside can read.
    pub nonce: String,
    /// The host's folder that ranks leave their proof in.
    pub proof_dir: PathBuf,
}

/// The program of every fixture that leaves the proof and then runs its arguments.
pub const ENTER: &str = "/.plimsoll/enter";

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
        let seen = self.notes();
        let own = std::fs::read_link("/proc/self/ns/mnt").unwrap_or_default();
        for (rank, text) in &seen {
            if !text.starts_with(&self.bundle.nonce) {
                return Err(format!("rank {rank} left another bundle's nonce"));
            }
            if text.contains(&*own.to_string_lossy()) {
                return Err(format!("rank {rank} ran in the host's mount namespace"));
            }
        }
        let mut ranks: Vec<&str> = seen.iter().map(|(rank, _)| rank.as_str()).collect();
        ranks.sort_unstable();
        ranks.dedup();
        if ranks.len() < self.ranks {
            return Err(format!("{} of {} ranks left a proof in the container", ranks.len(), self.ranks));
        }
        Ok(())
    }

    /// How many proofs there are.
    pub fn count(&self) -> usize {
        self.notes().len()
    }

    /// Rank and text of each proof.
    fn notes(&self) -> Vec<(String, String)> {
        let Ok(entries) = std::fs::read_dir(&self.bundle.proof_dir) else { return Vec::new() };
        let read = |path: PathBuf| {
            let rank = path.file_name()?.to_str()?.split('.').next()?.to_owned();
            Some((rank, std::fs::read_to_string(&path).ok()?))
        };
        entries.flatten().filter_map(|entry| read(entry.path())).collect()
    }
}

impl AsRef<Path> for Bundle {
    fn as_ref(&self) -> &Path {
        &self.dir
    }
}
