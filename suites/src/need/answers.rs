//! What another machine meets, as it says itself: `plimsoll needs` runs there, and its answer is read here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Found, Need};
use crate::machine::Machine;

/// The answer to every need, by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Answers(BTreeMap<String, (bool, String)>);

impl Answers {
    /// Probes this machine.
    pub fn here(machine: &Machine) -> Self {
        let answer = |need: Need| {
            let Found { met, what } = need.probe(machine);
            (need.name().to_owned(), (met, what))
        };
        Self(Need::all().map(answer).collect())
    }

    /// Reads what [`print()`] printed.
    pub fn read(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }

    /// The answer to a need; one that was not asked is not met.
    pub fn of(&self, need: Need) -> Found {
        match self.0.get(need.name()) {
            Some((met, what)) => Found { met: *met, what: what.clone() },
            None => Found { met: false, what: "it was not asked".to_owned() },
        }
    }
}

/// Prints the answers of this machine for a user, as JSON; gives an exit code. `plimsoll needs [USER]`, which runs inside a
/// node.
pub fn print(args: &[std::ffi::OsString]) -> i32 {
    let name = args.first().and_then(|name| name.to_str());
    let machine = Machine::new(name.filter(|_| nix::unistd::geteuid().is_root()));
    match machine
        .map_err(|error| error.to_string())
        .map(|machine| serde_json::to_string(&Answers::here(&machine)))
    {
        Ok(Ok(text)) => {
            println!("{text}");
            0
        }
        Ok(Err(error)) => {
            eprintln!("plimsoll needs: {error}");
            1
        }
        Err(error) => {
            eprintln!("plimsoll needs: {error}");
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_was_given() {
        let machine = Machine::new(None).unwrap();
        let text = serde_json::to_vec(&Answers::here(&machine)).unwrap();
        let read = Answers::read(&text).unwrap();
        for need in Need::all() {
            assert_eq!(read.of(need), need.probe(&machine), "{}", need.name());
        }
        assert!(!Answers::default().of(Need::Fuse).met);
    }
}
