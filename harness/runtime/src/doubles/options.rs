//! Options as the doubles' command lines have them: with a table each of what takes a value and what does not.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// The options that a command knows, by every name that they have; the first is the one that the code uses.
pub(super) struct Grammar {
    /// With a value.
    pub(super) valued: &'static [&'static [&'static str]],
    /// Without one; `--flag=true` is taken as well where `bools`.
    pub(super) flags: &'static [&'static [&'static str]],
    /// Whether options may stand behind other words.
    pub(super) anywhere: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    options: Vec<(&'static str, OsString)>,
    /// The words that are no options; behind the first of them all, unless options may stand anywhere.
    pub(super) words: Vec<OsString>,
}

impl Found {
    /// Whether an option was given, and not as `=false`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(known, value)| *known == name && value != "false")
    }

    /// The value of an option, the last where it was given twice.
    pub(super) fn value(&self, name: &str) -> Option<&OsString> {
        self.options.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All values of an option.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a OsString> {
        self.options.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// Why a line cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// An option that is not known, with its dashes and without its value.
    Unknown(String),
    /// An option whose value is missing, likewise.
    NoValue(String),
}

/// Reads a line.
pub(super) fn read(grammar: &Grammar, args: &[OsString]) -> Result<Found, Odd> {
    let mut found = Found::default();
    let mut rest = args.iter();
    while let Some(word) = rest.next() {
        let bytes = word.as_bytes();
        if bytes == b"--" {
            found.words.extend(rest.cloned());
            break;
        }
        if bytes.len() < 2 || bytes[0] != b'-' {
            found.words.push(word.clone());
            if !grammar.anywhere {
                found.words.extend(rest.cloned());
                break;
            }
            continue;
        }
        let body = bytes.strip_prefix(b"--").unwrap_or(&bytes[1..]);
        let (name, value) = match body.iter().position(|byte| *byte == b'=') {
            Some(at) => (&body[..at], Some(OsString::from_vec(body[at + 1..].to_vec()))),
            None => (body, None),
        };
        let known = |table: &'static [&'static [&'static str]]| {
            let names = table.iter().find(|names| names.iter().any(|known| known.as_bytes() == name))?;
            Some(names[0])
        };
        let said = || {
            let dashes = &bytes[..bytes.len() - body.len()];
            String::from_utf8_lossy(&[dashes, name].concat()).into_owned()
        };
        if let Some(name) = known(grammar.valued) {
            let value = value.or_else(|| rest.next().cloned()).ok_or_else(|| Odd::NoValue(said()))?;
            found.options.push((name, value));
        } else if let Some(name) = known(grammar.flags) {
            found.options.push((name, value.unwrap_or_default()));
        } else {
            return Err(Odd::Unknown(said()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAMMAR: Grammar =
        Grammar { valued: &[&["bind", "B"]], flags: &[&["userns", "u"]], anywhere: false };

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn options_end_at_the_first_word() {
        let found = read(&GRAMMAR, &words("-u --bind=/a -B /b image cmd --frob")).unwrap();
        assert!(found.has("userns"));
        assert_eq!(found.values("bind").collect::<Vec<_>>(), ["/a", "/b"]);
        assert_eq!(found.value("bind").unwrap(), "/b");
        assert_eq!(found.words, words("image cmd --frob"));
        assert!(!read(&GRAMMAR, &words("--userns=false x")).unwrap().has("userns"));
    }

    #[test]
    fn what_is_not_known_is_named() {
        let odd = |text| read(&GRAMMAR, &words(text)).unwrap_err();
        assert_eq!(odd("--frob=1 x"), Odd::Unknown("--frob".to_owned()));
        assert_eq!(odd("-x"), Odd::Unknown("-x".to_owned()));
        assert_eq!(odd("--bind"), Odd::NoValue("--bind".to_owned()));
    }
}
