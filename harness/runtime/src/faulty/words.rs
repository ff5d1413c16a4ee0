//! The words of a runtime's command line, as far as faults look at them.

use std::ffi::{OsStr, OsString};

/// The operations that a fault can be about.
const OPERATIONS: [&str; 6] = ["create", "start", "state", "run", "kill", "delete"];

/// Which operation is asked for, and where its word stands.
pub(super) fn operation(args: &[OsString]) -> Option<(usize, &'static str)> {
    args.iter().enumerate().find_map(|(at, word)| {
        OPERATIONS.iter().find(|operation| word == OsStr::new(operation)).map(|operation| (at, *operation))
    })
}

/// The value of an option, as `--name=VALUE` or in the next word.
pub(super) fn value(args: &[OsString], name: &str) -> Option<OsString> {
    let prefix = format!("{name}=");
    args.iter().enumerate().find_map(|(at, word)| {
        if word == OsStr::new(name) {
            return args.get(at + 1).cloned();
        }
        word.to_str()?.strip_prefix(&prefix).map(OsString::from)
    })
}

/// The words with a shorter id, the last word that is no option, in its place.
pub(super) fn shortened(args: &[OsString], length: usize) -> Vec<OsString> {
    let mut args = args.to_vec();
    let last = args.iter_mut().rev().find(|word| !word.as_encoded_bytes().starts_with(b"-"));
    if let Some(id) = last
        && let Some(text) = id.to_str()
    {
        *id = text.chars().take(length).collect::<String>().into();
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn words_are_found() {
        let args = words("--root=/r run --bundle /b n1.u.1.0.0");
        assert_eq!(operation(&args), Some((1, "run")));
        assert_eq!(value(&args, "--bundle"), Some("/b".into()));
        assert_eq!(value(&args, "--root"), Some("/r".into()));
        assert_eq!(value(&args, "--log"), None);
        assert_eq!(shortened(&args, 4), words("--root=/r run --bundle /b n1.u"));
        assert_eq!(operation(&words("--version")), None);
    }
}
