//! Texts from outside made inert: what a container or a runtime says can look like markup or move a terminal's cursor, and
//! is shown here, never obeyed.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with everything that a terminal, a browser or a parser could obey replaced by a sign for it: control characters
/// by their pictures (`␛`), marks that turn or hide text by their number (`‹U+202E›`). Line breaks and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|letter| matches!(letter, '\n' | '\t') || is_harmless(letter)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => shown.push(letter),
            _ => push(&mut shown, letter),
        }
    }
    Cow::Owned(shown)
}

/// The same on one line: a line break becomes `␊`, a tab a space.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '\t' => shown.push(' '),
            _ => push(&mut shown, letter),
        }
    }
    Cow::Owned(shown)
}

/// At most `most` characters of one line, with `…` where something is missing.
pub fn short_line(text: &str, most: usize) -> String {
    let line = one_line(text);
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.into_owned(),
    }
}

/// Bytes as text: what is not UTF-8 is written as `\xNN`, so that it can be told from a replacement character.
pub fn from_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// JSON text in which every letter that a terminal could obey is written as an escape. Such letters stand in strings only.
pub fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '\n' || is_harmless(letter) {
            safe.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe
}

fn push(shown: &mut String, letter: char) {
    match letter {
        // The pictures stand in the order of the codes.
        '\0'..='\x1f' => shown.push(char::from_u32(0x2400 + u32::from(letter)).unwrap_or('␀')),
        '\x7f' => shown.push('␡'),
        _ if is_harmless(letter) => shown.push(letter),
        _ => {
            let _ = write!(shown, "‹U+{:04X}›", u32::from(letter));
        }
    }
}

/// Whether a letter only shows itself.
fn is_harmless(letter: char) -> bool {
    match letter {
        '\u{20}'..='\u{7e}' => true,
        // The commands of a terminal (C0, DEL, C1), what turns or hides text (Trojan source), what breaks lines.
        '\0'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}'
        | '\u{fdd0}'..='\u{fdef}' => false,
        // The last two of each plane are no characters, and not allowed in XML.
        _ => u32::from(letter) & 0xfffe != 0xfffe,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("plain, ümlaut and 漢", "plain, ümlaut and 漢")]
    #[case("\u{1b}[31mred\u{7}", "␛[31mred␇")]
    #[case("a\r\nb\tc\0", "a␍\nb\tc␀")]
    #[case("\u{9b}2J\u{202e}evil\u{feff}", "‹U+009B›2J‹U+202E›evil‹U+FEFF›")]
    #[case("\u{ffff}\u{7f}", "‹U+FFFF›␡")]
    fn control_characters_are_seen_and_not_obeyed(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(visible(text), shown);
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(one_line("a\nb\tc"), "a␊b c");
        assert_eq!(short_line("äöü", 2), "äö…");
        assert_eq!(short_line("äöü", 3), "äöü");
    }

    #[test]
    fn bytes_that_are_no_text_are_told_from_text_that_says_so() {
        assert_eq!(from_bytes(b"a\xff\xfeb\xc3"), "a\\xff\\xfeb\\xc3");
        assert_eq!(from_bytes("ü\u{fffd}".as_bytes()), "ü\u{fffd}");
    }

    #[test]
    fn json_stays_json() {
        let text = serde_json::to_string("\u{9b}\u{202e}\u{e0041} \"x\"").unwrap();
        let safe = json(&text);
        assert_eq!(safe, r#""\u009b\u202e\udb40\udc41 \"x\"""#);
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), "\u{9b}\u{202e}\u{e0041} \"x\"");
    }
}
