//! Key and value pairs of a logical line (rules C-LEX-4 and C-LEX-5).

use super::source::{At, Line};

/// A pair, with the bytes of the file that it spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The key as it was written.
    pub key: String,
    /// The value, quotes gone.
    pub value: String,
    /// Byte offset of the key.
    pub key_at: usize,
    /// Byte offset of the value's first character.
    pub value_at: usize,
    /// Byte offset behind the pair.
    pub end: usize,
    /// For each byte of `value`, where it stood.
    pub places: Vec<usize>,
}

impl Pair {
    /// Where a byte of the value stood in the file.
    pub fn place(&self, at: usize) -> usize {
        let behind = if self.places.is_empty() { self.value_at } else { self.end };
        self.places.get(at).copied().unwrap_or(behind)
    }
}

/// What a line holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `Key=Value`
    Pair(Pair),
    /// `Include FILE`: the file, its offset and that of the word.
    Include(String, usize, usize),
}

/// What stands where a pair should: the code of the finding and its span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Which kind.
    pub kind: StrayKind,
    /// Byte offset.
    pub at: usize,
    /// Byte offset of its end.
    pub end: usize,
    /// The text in question.
    pub text: String,
}

/// The kinds of text that is no pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrayKind {
    /// A word without `=`.
    NoEquals,
    /// `=` without a key.
    NoKey,
    /// A key with a character that no key has.
    BadKey,
    /// `Key=` and nothing.
    NoValue,
    /// `"` without its partner.
    Unterminated,
    /// Text glued to a closing quote.
    BehindQuote,
    /// A quote of a word processor.
    Typographic,
    /// `[section]`
    Section,
    /// A character that looks like white space, and is none to Slurm.
    OddSpace,
    /// U+FEFF, which some editors put before the text.
    ByteOrderMark,
    /// `Include` and nothing.
    NoFile,
}

/// White space of Unicode, or of no width: pages and word processors put it where a space was meant, unseen.
fn is_odd_space(character: char) -> bool {
    !character.is_ascii() && (character.is_whitespace() || ('\u{200b}'..='\u{200d}').contains(&character))
}

const fn is_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.')
}

/// Takes a line apart; stops at the first stray text, as the whole file is rejected for it. What stands before it is kept:
/// on a line that is the whole file it has faults of its own.
pub fn items(line: &Line) -> (Vec<Item>, Option<Stray>) {
    let mut cursor = Cursor { chars: &line.chars, at: 0, end: line.end };
    let mut items = Vec::new();
    loop {
        cursor.skip_space();
        if cursor.peek().is_none() {
            return (items, None);
        }
        match cursor.item() {
            Ok(item) => items.push(item),
            Err(stray) => return (items, Some(stray)),
        }
    }
}

struct Cursor<'a> {
    chars: &'a [At],
    at: usize,
    end: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).map(|(character, _)| *character)
    }

    fn offset(&self) -> usize {
        self.chars.get(self.at).map_or(self.end, |(_, offset)| *offset)
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|character| character.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().map(|(character, _)| character).collect()
    }

    /// The word from `start` on, as stray text.
    fn stray(&mut self, kind: StrayKind, start: usize) -> Stray {
        self.at = start;
        let at = self.offset();
        let text = self.take(|character| !character.is_ascii_whitespace());
        let last =
            self.chars.get(self.at.wrapping_sub(1)).map_or(at, |(character, at)| at + character.len_utf8());
        Stray { kind, at, end: last.max(at), text }
    }

    /// The one character that is here, which only looks like white space.
    fn odd_space(&self) -> Stray {
        let at = self.offset();
        let text: String = self.peek().into_iter().collect();
        Stray { kind: StrayKind::OddSpace, at, end: at + text.len(), text }
    }

    fn item(&mut self) -> Result<Item, Stray> {
        let start = self.at;
        let key_at = self.offset();
        match self.peek() {
            Some('[') => return Err(self.stray(StrayKind::Section, start)),
            Some('=') => return Err(self.stray(StrayKind::NoKey, start)),
            Some(character) if is_odd_space(character) => return Err(self.odd_space()),
            Some('\u{feff}') => return Err(self.stray(StrayKind::ByteOrderMark, start)),
            _ => {}
        }
        let key = self.take(is_key);
        let space = self.peek().is_some_and(|character| character.is_ascii_whitespace());
        let behind_key = self.at;
        self.skip_space();
        if key.eq_ignore_ascii_case("include") && self.peek() != Some('=') {
            let file_at = self.offset();
            let file = self.take(|character| !character.is_ascii_whitespace());
            if file.is_empty() {
                return Err(self.stray(StrayKind::NoFile, start));
            }
            return Ok(Item::Include(file, file_at, key_at));
        }
        if self.peek() != Some('=') {
            let has_equals = {
                self.at = behind_key;
                self.take(|character| !character.is_ascii_whitespace()).contains('=')
            };
            let kind = if !space && has_equals { StrayKind::BadKey } else { StrayKind::NoEquals };
            return Err(self.stray(kind, start));
        }
        self.at += 1;
        self.skip_space();
        self.value(key, key_at, start)
    }

    fn value(&mut self, key: String, key_at: usize, start: usize) -> Result<Item, Stray> {
        let first = self.at;
        match self.peek() {
            Some(character) if is_odd_space(character) => return Err(self.odd_space()),
            None => return Err(Stray { end: self.end, ..self.stray(StrayKind::NoValue, start) }),
            Some('\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}') => {
                return Err(self.stray(StrayKind::Typographic, first));
            }
            _ => {}
        }
        let quoted = self.peek() == Some('"');
        let (from, to) = if quoted {
            self.at += 1;
            let from = self.at;
            self.take(|character| character != '"');
            if self.peek().is_none() {
                return Err(Stray { end: self.end, ..self.stray(StrayKind::Unterminated, first) });
            }
            let to = self.at;
            self.at += 1;
            if self.peek().is_some_and(is_odd_space) {
                return Err(self.odd_space());
            }
            if self.peek().is_some_and(|character| !character.is_ascii_whitespace()) {
                let behind = self.at;
                return Err(self.stray(StrayKind::BehindQuote, behind));
            }
            (from, to)
        } else {
            self.take(|character| !character.is_ascii_whitespace());
            (first, self.at)
        };
        let value_at = self.chars.get(from).map_or(self.end, |(_, offset)| *offset);
        let (mut value, mut places) = (String::new(), Vec::new());
        for (character, offset) in &self.chars[from..to] {
            value.push(*character);
            places.resize(value.len(), *offset);
        }
        let end = self
            .chars
            .get(self.at.wrapping_sub(1))
            .map_or(self.end, |(character, at)| at + character.len_utf8());
        Ok(Item::Pair(Pair { key, value, key_at, value_at, end, places }))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::source::Source;
    use super::*;

    fn shown(text: &str) -> Result<Vec<String>, (StrayKind, usize, String)> {
        let lines = Source::new(text).lines();
        let (items, stray) = items(&lines[0]);
        if let Some(stray) = stray {
            return Err((stray.kind, stray.at, stray.text));
        }
        let show = |item: &Item| match item {
            Item::Pair(pair) => format!("{}|{}", pair.key, pair.value),
            Item::Include(file, ..) => format!("<{file}>"),
        };
        Ok(items.iter().map(show).collect())
    }

    #[rstest]
    #[case("A=1 B.b_2 = \"x y\"\tC=", Err((StrayKind::NoValue, 18, "C=".to_owned())))]
    #[case("A=1 B=\"\"", Ok(vec!["A|1".to_owned(), "B|".to_owned()]))]
    #[case("a=b=c", Ok(vec!["a|b=c".to_owned()]))]
    #[case("include /x", Ok(vec!["</x>".to_owned()]))]
    #[case("Include", Err((StrayKind::NoFile, 0, "Include".to_owned())))]
    #[case("A=1 word", Err((StrayKind::NoEquals, 4, "word".to_owned())))]
    #[case("A-b=1", Err((StrayKind::BadKey, 0, "A-b=1".to_owned())))]
    #[case("A=\"x", Err((StrayKind::Unterminated, 2, "\"x".to_owned())))]
    #[case("A=\"x\"y", Err((StrayKind::BehindQuote, 5, "y".to_owned())))]
    #[case("[oci]", Err((StrayKind::Section, 0, "[oci]".to_owned())))]
    #[case("= 1", Err((StrayKind::NoKey, 0, "=".to_owned())))]
    #[case("A=\u{201c}x\u{201d}", Err((StrayKind::Typographic, 2, "\u{201c}x\u{201d}".to_owned())))]
    fn lines_fall_apart(
        #[case] text: &str,
        #[case] expected: Result<Vec<String>, (StrayKind, usize, String)>,
    ) {
        assert_eq!(shown(text), expected);
    }
}
