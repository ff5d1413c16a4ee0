//! The text of a file as its lexer sees it: physical lines joined, comments and escapes gone, and each character still
//! knowing where it stood (rules C-LEX-1 to C-LEX-3).

/// Places in a file, for messages.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
}

/// A character and the byte offset at which it stood in the file.
pub type At = (char, usize);

/// One logical line: what is between it and the next is one or more line ends.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Its characters.
    pub chars: Vec<At>,
    /// Byte offset of its end in the file.
    pub end: usize,
    /// The file ended where a continuation was promised: the place of the backslash.
    pub dangling: Option<usize>,
}

impl<'a> Source<'a> {
    /// Takes a file's text.
    pub fn new(text: &'a str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, line_starts: std::iter::once(0).chain(starts).collect() }
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    pub fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts[line - 1];
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// The logical lines.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut open: Option<Line> = None;
        for (index, &start) in self.line_starts.iter().enumerate() {
            let end = self.line_starts.get(index + 1).map_or(self.text.len(), |next| next - 1);
            let physical = self.text.get(start..end).unwrap_or_default();
            let code = &physical[..comment(physical)];
            let mut line = open.take().unwrap_or_default();
            let (kept, continues) = continuation(code);
            line.chars.extend(kept.char_indices().map(|(at, character)| (character, start + at)));
            line.end = start + code.len();
            if continues {
                line.dangling = Some(start + kept.len());
                open = Some(line);
            } else {
                line.dangling = None;
                lines.push(finish(line));
            }
        }
        lines.extend(open.map(finish));
        lines
    }
}

/// Where a comment begins: at the first `#` that no backslash stands before.
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
    let text = line.trim_ascii_end();
    let slashes = text.len() - text.trim_end_matches('\\').len();
    if slashes % 2 == 1 { (&text[..text.len() - 1], true) } else { (line, false) }
}

/// Drops each backslash and keeps the character behind it.
fn finish(mut line: Line) -> Line {
    let mut kept = Vec::with_capacity(line.chars.len());
    let mut chars = line.chars.into_iter();
    while let Some((character, at)) = chars.next() {
        if character == '\\' {
            kept.extend(chars.next().map(|(escaped, _)| (escaped, at)));
        } else {
            kept.push((character, at));
        }
    }
    line.chars = kept;
    line
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let lines = Source::new(text).lines();
        lines.iter().map(|line| line.chars.iter().map(|(character, _)| character).collect()).collect()
    }

    #[rstest]
    #[case("a\nb", &["a", "b"])]
    #[case("a \\\n b", &["a  b"])]
    #[case("a \\ \t\nb", &["a b"])]
    #[case("a \\\\\nb", &["a \\", "b"])]
    #[case("a # c \\\nb", &["a ", "b"])]
    #[case("a \\# c", &["a # c"])]
    #[case("a \\\\# c", &["a \\"])]
    #[case("a \\\"b\\q", &["a \"bq"])]
    #[case("", &[""])]
    fn lines_are_joined_and_unescaped(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn a_character_knows_its_place() {
        let text = "é \\\n  x";
        let source = Source::new(text);
        let line = &source.lines()[0];
        let (character, at) = *line.chars.last().unwrap();
        assert_eq!((character, source.place(at)), ('x', (2, 3)));
        assert_eq!(Source::new("a\\").lines()[0].dangling, Some(1));
    }
}
