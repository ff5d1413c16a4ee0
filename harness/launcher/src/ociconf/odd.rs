//! Pairs that are accepted and were probably meant otherwise.

use super::complain::shown;
use super::keys::{self, Key, Kind};
use super::load::Loader;
use super::pairs::Pair;
use super::shell;
use super::space::looks_like_space;
use super::stray::is_typographic;

/// Notes what is odd about a pair.
pub fn odd(loader: &mut Loader, key: &Key, pair: &Pair, file: usize) {
    if let Some((sign, at)) = pair.operator {
        let message = format!("`{sign}=` is read as `=`");
        loader.note("oci-conf/operator", file, (at, at + 1), message, "write = alone".to_owned());
        loader.fix("oci-conf/operator", (at, 1), "");
    }
    if pair.quoted {
        return;
    }
    let value = pair.value.as_str();
    if value.starts_with('=') {
        let (from, to) = pair.span(0, 1);
        let message = "the second = is part of the value".to_owned();
        loader.note("oci-conf/double-equals", file, (from, to), message, "write one =".to_owned());
        loader.fix("oci-conf/double-equals", (from, to - from), "");
    }
    if let Some((name, _)) = value.split_once('=').filter(|(name, _)| keys::is_like_a_key(name)) {
        let message = format!("{name} is read as the value of {}, which has none of its own", key.name);
        let remedy = format!("give {} a value, \"\" for an empty one", key.name);
        loader.note("oci-conf/swallowed-key", file, pair.span(0, name.len()), message, remedy);
    }
    let mut warn = |code, wrong: fn(char) -> bool, message: &str, remedy: &str| {
        if let Some((at, character)) = value.char_indices().find(|(_, character)| wrong(*character)) {
            let span = pair.span(at, at + character.len_utf8());
            let message = format!("`{}` {message}", shown(&character.to_string()));
            loader.note(code, file, span, message, remedy.to_owned());
        }
    };
    // Of a command that the shell rejects for its quotes more is said later.
    if !matches!(key.kind, Kind::Operation(_)) || shell::open_quote(value).is_none() {
        warn(
            "oci-conf/quote-in-value",
            |character| character == '"' || is_typographic(character),
            "is part of the value",
            "begin the value with a double quote and end it with one, or leave quotes out",
        );
    }
    warn(
        "oci-conf/odd-space-in-value",
        looks_like_space,
        "looks like a space, and is part of the value",
        "write a plain space",
    );
}
