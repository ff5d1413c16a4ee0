//! The words for text that is no pair, and for keys that are none.

use super::keys;
use super::load::Loader;
use super::pairs::Pair;
use super::stray::{Kind, Stray};

impl Loader {
    pub fn unknown(&mut self, pair: &Pair, file: usize) {
        let span = pair.key_span();
        if let Some(name) = keys::renamed(&pair.key) {
            let message = format!("{} is a name of before 21.08, which no release accepts", pair.key);
            self.note("oci-conf/old-key", file, span, message, format!("write {name}"));
            return self.fix("oci-conf/old-key", (span.0, pair.key.len()), name);
        }
        let message = format!("{} is no key of oci.conf", shown(&pair.key));
        let nearest = keys::nearest(&pair.key);
        let remedy = match nearest {
            Some(name) => format!("write {name}"),
            None => "remove it; the whole file is rejected for it".to_owned(),
        };
        self.note("oci-conf/unknown-key", file, span, message, remedy);
        if let Some(name) = nearest {
            self.fix("oci-conf/unknown-key", (span.0, pair.key.len()), name);
        }
    }

    pub fn stray(&mut self, stray: &Stray, file: usize) {
        let (code, message, remedy) = words(stray);
        self.note(code, file, stray.span, message, remedy.to_owned());
        if let Some(((from, to), text)) = &stray.fix {
            self.fix(code, (*from, to - from), text);
        }
    }
}

/// Text of the file as a message shows it: not too much of it, and nothing that a terminal would obey.
pub fn shown(text: &str) -> String {
    /// Longer texts would hide the message.
    const MOST: usize = 60;
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == MOST {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn words(stray: &Stray) -> (&'static str, String, &'static str) {
    let text = shown(&stray.text);
    match stray.kind {
        Kind::NoEquals => (
            "oci-conf/no-equals",
            format!("`{text}` is no Key=Value pair"),
            "write Key=Value; a value with spaces stands in double quotes",
        ),
        Kind::Colon => (
            "oci-conf/colon",
            format!("`{text}` has a colon where `=` belongs"),
            "write Key=Value, as oci.conf is no YAML",
        ),
        Kind::NoKey => ("oci-conf/no-key", "there is no key before `=`".to_owned(), "write Key=Value"),
        Kind::BadKey => (
            "oci-conf/bad-key",
            format!("`{text}` begins with no key"),
            "write a key of letters, digits, `_` and `.` before `=`",
        ),
        Kind::NoValue => (
            "oci-conf/no-value",
            format!("`{text}` has no value"),
            "write a value, \"\" for an empty one, or remove the key",
        ),
        Kind::Unterminated => (
            "oci-conf/unterminated-quote",
            "this quote is not closed on its line".to_owned(),
            "add a double quote at the value's end",
        ),
        Kind::CommentInQuotes => (
            "oci-conf/comment-in-quotes",
            "this # begins a comment although it stands in quotes, and cuts the value short".to_owned(),
            "write \\# for the character itself",
        ),
        Kind::BehindQuote => (
            "oci-conf/text-behind-quote",
            format!("`{text}` stands directly behind a closing quote"),
            "use single quotes inside the value, where no double quote can stand",
        ),
        Kind::QuoteInside => (
            "oci-conf/quote-inside-word",
            "a quote inside a word does not hold the words behind it together".to_owned(),
            "put the whole value into double quotes, the first directly behind `=`",
        ),
        Kind::Typographic => (
            "oci-conf/typographic-quote",
            format!("`{text}` is a word processor's quote, which is no quote here"),
            "write the plain double quote \" on both sides",
        ),
        Kind::Section => (
            "oci-conf/section",
            format!("`{text}` begins a section, which oci.conf does not have"),
            "remove it, and leave the pairs",
        ),
        Kind::ForeignComment => {
            ("oci-conf/foreign-comment", format!("`{text}` begins no comment here"), "begin comments with #")
        }
        Kind::ByteOrderMark => (
            "oci-conf/byte-order-mark",
            "the line begins with a byte order mark, which is no part of a key".to_owned(),
            "save the file as UTF-8 without a byte order mark",
        ),
        Kind::OddSpace => (
            "oci-conf/odd-space",
            format!(
                "this character (U+{:04X}) looks like a space and is none",
                stray.text.chars().next().map_or(0, u32::from)
            ),
            "write a plain space; text copied from a web page often has others",
        ),
        Kind::NoFile => (
            "oci-conf/include-without-file",
            "Include names no file".to_owned(),
            "write Include FILE, or remove the line",
        ),
        Kind::BehindInclude => (
            "oci-conf/text-behind-include",
            format!("`{text}` stands behind an included file's name"),
            "put it on a line of its own",
        ),
        Kind::IncludeLater => (
            "oci-conf/include-not-first",
            "Include counts only as the very first word of a line, without a space before it".to_owned(),
            "put it on a line of its own, at the first column",
        ),
    }
}
