//! The start-up protocols for MPI that `--mpi` chooses from. A row here is all that a further one needs on srun's side; the
//! step daemon reads its name from the step's request.

use std::fmt::Write as _;

/// One protocol.
pub struct MpiType {
    /// Its name, as `--mpi` takes it.
    pub name: &'static str,
    /// Whether this machine has what it needs.
    pub available: fn() -> bool,
}

/// All of them, in the order in which they are listed.
pub static TYPES: [MpiType; 1] = [MpiType { name: "none", available: || true }];

/// What `--mpi=list` prints.
pub fn list() -> String {
    let mut text = "MPI plugin types are...\n".to_owned();
    for kind in TYPES.iter().filter(|kind| (kind.available)()) {
        let _ = writeln!(text, "\t{}", kind.name);
    }
    text
}

/// Whether `--mpi=NAME` can be had.
pub fn is_available(name: &str) -> bool {
    TYPES.iter().any(|kind| kind.name == name && (kind.available)())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_what_is_there() {
        assert!(list().contains("\tnone\n"));
        assert!(is_available("none") && !is_available("foo"));
    }
}
