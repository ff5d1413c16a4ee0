//! The protocols by name, and which of them this machine has.

use serde::{Deserialize, Serialize};

use crate::pmix::library;

/// A protocol that a step's ranks can be served with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// PMI-1 and PMI-2; which of them, the rank says.
    Pmi2,
    /// PMIx, through the machine's library.
    Pmix,
}

/// Why `--mpi=NAME` cannot be had. The text is a sentence with a remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Nothing of that name is known.
    #[error("Invalid MPI type '{0}', --mpi=list for acceptable types")]
    Unknown(String),
    /// The name is known, and its library is not there.
    #[error("MPI type '{name}' is not available: {why}; install libpmix2, and see --mpi=list")]
    NoLibrary {
        /// As it was asked for.
        name: String,
        /// What the dynamic loader said.
        why: String,
    },
}

/// What a name means, whether this machine has it or not; none for `none`.
pub fn named(name: &str) -> Result<Option<Kind>, Unavailable> {
    match name {
        "none" => Ok(None),
        "pmi2" => Ok(Some(Kind::Pmi2)),
        "pmix" => Ok(Some(Kind::Pmix)),
        _ if is_versioned(name) => Ok(Some(Kind::Pmix)),
        _ => Err(Unavailable::Unknown(name.to_owned())),
    }
}

/// What `--mpi=NAME` means on this machine; none for `none`.
pub fn find(name: &str) -> Result<Option<Kind>, Unavailable> {
    let kind = named(name)?;
    if kind == Some(Kind::Pmix) {
        let major = library::version().map_err(|why| lacking(name, why))?;
        if is_versioned(name) && name != versioned(major) {
            let why = format!("the library here is of version {major}");
            return Err(lacking(name, why));
        }
    }
    Ok(kind)
}

fn lacking(name: &str, why: String) -> Unavailable {
    Unavailable::NoLibrary { name: name.to_owned(), why }
}

fn versioned(major: u32) -> String {
    format!("pmix_v{major}")
}

fn is_versioned(name: &str) -> bool {
    let digits = name.strip_prefix("pmix_v").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The names that `--mpi=list` shows on this machine, in its order.
pub fn names() -> Vec<String> {
    let mut names = vec!["none".to_owned(), "pmi2".to_owned()];
    if let Ok(major) = library::version() {
        names.extend(["pmix".to_owned(), versioned(major)]);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_protocols() {
        assert_eq!(find("none"), Ok(None));
        assert_eq!(find("pmi2"), Ok(Some(Kind::Pmi2)));
        assert_eq!(find("lam"), Err(Unavailable::Unknown("lam".into())));
        assert_eq!(find("pmix_v"), Err(Unavailable::Unknown("pmix_v".into())));
        let text = find("pmix_v99").unwrap_err().to_string();
        assert!(text.contains("'pmix_v99' is not available") && text.contains("--mpi=list"), "{text}");
    }

    #[test]
    fn every_name_of_the_list_can_be_had() {
        for name in names() {
            find(&name).unwrap();
        }
    }
}
