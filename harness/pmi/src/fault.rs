//! What a server can do wrong on purpose, so that a suite can prove that it notices. A mock that is started with one of these
//! hands it to the servers of its steps; nothing else does.

use serde::{Deserialize, Serialize};

/// Writes the table.
macro_rules! faults {
    ($($name:ident $id:literal $what:literal;)+) => {
        /// One way of being wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Fault {
            $(#[doc = $what] $name,)+
        }

        impl Fault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Stable id, without the room's name in front of it.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// What is wrong, in one sentence.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)+ }
            }
        }
    };
}

faults! {
    EnvironmentLost "environment-lost" "The variables by which a rank finds its server do not reach it.";
    Singletons "singletons" "Those variables are lost and so is the step's number: every rank believes to be alone.";
    MapWrong "map-wrong" "Two ranks are told to be on each other's nodes.";
    FenceLost "fence-lost" "A fence or barrier over several nodes never comes back.";
    AbortLost "abort-lost" "That a rank aborts is told to nobody.";
    SegmentsKept "segments-kept" "Nodes have no /dev/shm of their own, and what ranks leave there stays.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique() {
        let ids: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.id()).collect();
        assert_eq!(ids.len(), Fault::ALL.len());
        assert!(Fault::ALL.iter().all(|fault| fault.what().ends_with('.')));
    }
}
