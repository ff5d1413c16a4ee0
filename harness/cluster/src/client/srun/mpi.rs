//! The start-up protocols for MPI that `--mpi` chooses from.

use std::fmt::Write as _;

use plimsoll_pmi::kind;

/// What `--mpi=list` prints.
pub fn list() -> String {
    let mut text = "MPI plugin types are...\n".to_owned();
    for name in kind::names() {
        let _ = writeln!(text, "\t{name}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_what_is_there() {
        assert!(list().starts_with("MPI plugin types are...\n\tnone\n\tpmi2\n"));
    }
}
