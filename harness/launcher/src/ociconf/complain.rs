//! The words for text that is no pair, and for keys that are none.

use super::keys;
use super::load::Loader;
use super::pairs::{Pair, Stray, StrayKind};

impl Loader {
    pub fn unknown(&mut self, pair: &Pair, file: usize) {
        let span = (pair.key_at, pair.key_at + pair.key.len());
        let lower = pair.key.to_ascii_lowercase();
        let renamed = lower.strip_prefix("oci").and_then(keys::find).map(|key| key.name);
        if let Some(renamed) = renamed {
            let message = format!("{} is a name of before 21.08, which no release accepts", pair.key);
            self.note("oci-conf/old-key", file, span, message, format!("write {renamed}"));
            return self.fix("oci-conf/old-key", (span.0, pair.key.len()), renamed);
        }
        let message = format!("{} is no key of oci.conf", pair.key);
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
        let Stray { kind, at, end, text } = stray;
        let old_tail = "behind the last value, or remove the first quote";
        let (code, message, remedy) = match kind {
            StrayKind::NoEquals => (
                "oci-conf/no-equals",
                format!("`{text}` is no Key=Value pair"),
                "write Key=Value; a value with spaces stands in double quotes".to_owned(),
            ),
            StrayKind::NoKey => {
                ("oci-conf/no-key", "there is no key before `=`".to_owned(), "write Key=Value".to_owned())
            }
            StrayKind::BadKey => (
                "oci-conf/bad-key",
                format!("`{text}` begins with no key"),
                "keys have letters, digits, `_` and `.` only".to_owned(),
            ),
            StrayKind::NoValue => (
                "oci-conf/no-value",
                format!("`{text}` has no value"),
                "write a value, \"\" for an empty one, or remove the key".to_owned(),
            ),
            StrayKind::Unterminated => (
                "oci-conf/unterminated-quote",
                "this quote is not closed on its line".to_owned(),
                format!("add a double quote {old_tail}"),
            ),
            StrayKind::BehindQuote => (
                "oci-conf/text-behind-quote",
                format!("`{text}` stands directly behind a closing quote"),
                "no double quote can stand inside a quoted value: use single quotes there".to_owned(),
            ),
            StrayKind::Typographic => (
                "oci-conf/typographic-quote",
                format!("`{text}` begins with a word processor's quote"),
                "write the plain double quote \"".to_owned(),
            ),
            StrayKind::Section => (
                "oci-conf/section",
                format!("`{text}` is a section, which oci.conf does not have"),
                "remove it".to_owned(),
            ),
            StrayKind::OddSpace => (
                "oci-conf/odd-space",
                format!("`{}` looks like a space, and is none to Slurm", text.escape_unicode()),
                "write a plain space".to_owned(),
            ),
            StrayKind::ByteOrderMark => (
                "oci-conf/byte-order-mark",
                "a byte order mark stands before the text".to_owned(),
                "save the file as UTF-8 without a byte order mark".to_owned(),
            ),
            StrayKind::NoFile => (
                "oci-conf/include-without-file",
                "Include names no file".to_owned(),
                "write Include FILE, or remove it".to_owned(),
            ),
        };
        self.note(code, file, (*at, *end), message, remedy);
        let end = self.text(file).get(..*end).map_or(*end, |text| text.trim_end().len());
        match kind {
            StrayKind::Unterminated => self.fix(code, (end, 0), "\""),
            StrayKind::OddSpace => self.fix(code, (*at, text.len()), " "),
            StrayKind::ByteOrderMark => self.fix(code, (*at, '\u{feff}'.len_utf8()), ""),
            _ => {}
        }
    }
}
