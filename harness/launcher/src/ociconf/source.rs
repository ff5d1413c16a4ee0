//! The text of a file as its lexer sees it: physical lines joined, comments and escapes gone, and each character still
//! knowing where it stood (rules C-LEX-1 to C-LEX-3).
//!
//! Bytes that are no UTF-8 keep their places: each stands as one SUB character, so that offsets count bytes of the file.

use super::space::{is_space, trim_end};

/// What stands for a byte that is no UTF-8: ASCII SUB, one byte long like what it replaces.
const SUBSTITUTE: char = '\u{1a}';

/// A file's text, and places in it for messages.
#[derive(Clone, Debug)]
pub struct Source {
    text: String,
    line_starts: Vec<usize>,
    undecodable: Vec<usize>,
}

/// A character and the byte offset at which it stood in the file.
pub type At = (char, usize);

/// One logical line: one or more physical ones.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Its characters.
    pub chars: Vec<At>,
    /// Byte offset of its end in the file, comment not counted.
    pub end: usize,
    /// The `#` that ended it, when there is a double quote in the comment: perhaps the partner of one before it.
    pub quote_in_comment: Option<usize>,
    /// The file ended where a continuation was promised: the place of the backslash.
    pub dangling: Option<usize>,
    /// Where a NUL byte ended a physical line before its time.
    pub nul: Option<usize>,
}

impl Source {
    /// Takes a file's bytes.
    pub fn new(bytes: &[u8]) -> Self {
        let (mut text, mut undecodable) = (String::with_capacity(bytes.len()), Vec::new());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for _ in chunk.invalid() {
                undecodable.push(text.len());
                text.push(SUBSTITUTE);
            }
        }
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { line_starts: std::iter::once(0).chain(starts).collect(), text, undecodable }
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    pub fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// The first character of a line that is a byte without a meaning in UTF-8. Comments are not looked at.
    pub fn undecodable(&self, line: &Line) -> Option<usize> {
        let bad = |at: &usize| self.undecodable.binary_search(at).is_ok();
        line.chars.iter().filter(|(character, _)| *character == SUBSTITUTE).map(|(_, at)| *at).find(bad)
    }

    /// The logical lines, in order.
    pub fn lines(&self) -> impl Iterator<Item = Line> {
        let mut starts = self.line_starts.iter().copied().peekable();
        std::iter::from_fn(move || {
            let mut line = Line::default();
            let mut any = false;
            while let Some(start) = starts.next() {
                any = true;
                let end = starts.peek().map_or(self.text.len(), |next| next - 1);
                if !line.add(self.text.get(start..end).unwrap_or_default(), start) {
                    break;
                }
            }
            any.then(|| line.unescaped())
        })
    }
}

impl Line {
    /// Adds a physical line that begins at `start`; tells whether the next one continues it. A NUL byte ends a line before
    /// anything else is judged (seen on 22.05).
    fn add(&mut self, physical: &str, start: usize) -> bool {
        let visible = physical.find('\0').map_or(physical, |nul| &physical[..nul]);
        let code = &visible[..comment(visible)];
        if code.len() == visible.len() && visible.len() < physical.len() {
            self.nul = Some(start + visible.len());
        }
        let (kept, continues) = continuation(code);
        self.chars.extend(kept.char_indices().map(|(at, character)| (character, start + at)));
        self.end = start + code.len();
        self.quote_in_comment = visible[code.len()..].contains('"').then_some(self.end);
        self.dangling = continues.then_some(start + kept.len());
        continues
    }

    /// Drops each backslash and keeps the character behind it, at the backslash's place.
    fn unescaped(mut self) -> Self {
        let mut kept = Vec::with_capacity(self.chars.len());
        let mut chars = self.chars.into_iter();
        while let Some((character, at)) = chars.next() {
            match character {
                '\\' => kept.extend(chars.next().map(|(escaped, _)| (escaped, at))),
                _ => kept.push((character, at)),
            }
        }
        self.chars = kept;
        self
    }

    /// Byte offset of the character at an index, or of the line's end.
    pub fn offset(&self, index: usize) -> usize {
        self.chars.get(index).map_or(self.end, |(_, at)| *at)
    }

    /// Byte offset behind the last of the characters before an index: the end of a span that ends there.
    pub fn offset_behind(&self, index: usize) -> usize {
        let Some((character, at)) = index.checked_sub(1).and_then(|last| self.chars.get(last)) else {
            return self.offset(index);
        };
        // An escaped character stands at its backslash, and so is one byte longer: it ends where the next one begins.
        let plain = at + character.len_utf8();
        if self.offset(index) == plain + 1 { plain + 1 } else { plain }
    }

    /// Index of the first character from `from` on that is no white space.
    pub fn skip_space(&self, from: usize) -> usize {
        let rest = self.chars.iter().skip(from);
        from + rest.take_while(|(character, _)| is_space(*character)).count()
    }

    /// The characters of a range, as text.
    pub fn text(&self, range: std::ops::Range<usize>) -> String {
        self.chars.get(range).unwrap_or_default().iter().map(|(character, _)| character).collect()
    }
}

/// Where a comment begins: at the first `#` that no backslash stands before. Quotes do not protect it.
fn comment(line: &str) -> usize {
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        match character {
            '#' if !escaped => return at,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    line.len()
}

/// What a line keeps, and whether the next one continues it: it ends in an odd number of backslashes.
fn continuation(line: &str) -> (&str, bool) {
    let text = trim_end(line);
    let slashes = text.len() - text.trim_end_matches('\\').len();
    if slashes % 2 == 1 { (&text[..text.len() - 1], true) } else { (line, false) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn texts(text: &[u8]) -> Vec<String> {
        Source::new(text).lines().map(|line| line.text(0..line.chars.len())).collect()
    }

    #[rstest]
    #[case(b"a\nb", &["a", "b"])]
    #[case(b"a \\\n b", &["a  b"])]
    #[case(b"a \\ \t\nb", &["a b"])]
    #[case(b"a \\\r\nb", &["a b"])]
    #[case(b"a \\\\\nb", &["a \\", "b"])]
    #[case(b"a # c \\\nb", &["a ", "b"])]
    #[case(b"a \\ # c\nb", &["a b"])]
    #[case(b"a \\\n# c\nb", &["a ", "b"])]
    #[case(b"\"a # b\"", &["\"a "])]
    #[case(b"a \\# c", &["a # c"])]
    #[case(b"a \\\\# c", &["a \\"])]
    #[case(b"a \\\"b\\q", &["a \"bq"])]
    #[case(b"a\0b\nc", &["a", "c"])]
    #[case(b"a\\\0b\nc", &["ac"])]
    #[case(b"a\\", &["a"])]
    #[case(b"\xff\xfe", &["\u{1a}\u{1a}"])]
    #[case(b"", &[""])]
    fn lines_are_joined_and_unescaped(#[case] text: &[u8], #[case] expected: &[&str]) {
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn a_character_knows_its_place() {
        let source = Source::new("é \\\n  x\\\"\"".as_bytes());
        let line = source.lines().next().unwrap();
        let places: Vec<_> =
            line.chars.iter().map(|(character, at)| (*character, source.place(*at))).collect();
        assert_eq!(places[places.len() - 3..], [('x', (2, 3)), ('"', (2, 4)), ('"', (2, 6))]);
        assert_eq!(line.offset_behind(places.len() - 1), line.offset(places.len() - 1));
    }

    #[test]
    fn odd_ends_are_told() {
        assert_eq!(Source::new(b"a\\").lines().next().unwrap().dangling, Some(1));
        assert_eq!(Source::new(b"a\0b").lines().next().unwrap().nul, Some(1));
        assert_eq!(Source::new(b"#a\0b").lines().next().unwrap().nul, None);
        assert_eq!(Source::new(b"a \\\nb# \"").lines().next().unwrap().quote_in_comment, Some(5));
    }

    #[test]
    fn bytes_that_are_no_text_matter_outside_comments_only() {
        let source = Source::new(b"# \xe9\nA=\xe9");
        let found: Vec<_> = source.lines().map(|line| source.undecodable(&line)).collect();
        assert_eq!(found, [None, Some(6)]);
        let innocent = Source::new(b"A=\x1a");
        assert_eq!(innocent.lines().find_map(|line| innocent.undecodable(&line)), None);
    }
}
