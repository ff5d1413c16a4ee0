//! Key and value pairs of a logical line (rules C-LEX-4, C-LEX-5 and C-LEX-8), as 22.05 was seen to take lines apart.
//!
//! A value is `"…"` when white space or the line's end follows the closing quote, and else a run without white space: a
//! quote that goes wrong is then part of the value. What is no pair is judged by [`super::stray`].

use super::source::Line;
use super::space::is_space;
use super::stray::{self, Stray};

/// A pair, with the bytes of the file that it spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The key as it was written.
    pub key: String,
    /// The value, quotes gone.
    pub value: String,
    /// Whether the value stood in quotes.
    pub quoted: bool,
    /// A sign before `=`, which Slurm's lines may have, and its place.
    pub operator: Option<(char, usize)>,
    /// The `#` that cut an unquoted value short of its second quote.
    pub cut_at: Option<usize>,
    /// Byte offset of the key.
    pub key_at: usize,
    /// Byte offset behind the pair.
    pub end: usize,
    /// For each byte of `value` where its character begins, and at last where the value ends.
    places: Vec<usize>,
}

impl Pair {
    /// Where a byte of the value stood in the file; behind the last one, where the value ends.
    pub fn place(&self, at: usize) -> usize {
        self.places.get(at).or(self.places.last()).copied().unwrap_or(self.end)
    }

    /// The bytes of the file that a part of the value spans.
    pub fn span(&self, from: usize, to: usize) -> (usize, usize) {
        (self.place(from), self.place(to))
    }

    /// The bytes of the file that the value spans, quotes not counted.
    pub fn value_span(&self) -> (usize, usize) {
        self.span(0, self.value.len())
    }

    /// The bytes of the file that the key spans.
    pub fn key_span(&self) -> (usize, usize) {
        (self.key_at, self.key_at + self.key.len())
    }
}

/// The file that an `Include` line names, and its span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// As it was written.
    pub name: String,
    /// Its bytes in the file.
    pub span: (usize, usize),
}

/// What a logical line holds. Behind the first text that is no pair nothing is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Its pairs, in order.
    pub pairs: Vec<Pair>,
    /// An `Include` line has this alone.
    pub include: Option<Include>,
    /// Text that is no pair: the file is rejected for it.
    pub stray: Option<Stray>,
}

const INCLUDE: &str = "include";

/// A pair while its line is taken apart: indices of characters rather than bytes.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Index behind the key, which begins where the pair does.
    pub key_end: usize,
    /// The sign before `=`.
    pub operator: Option<usize>,
    /// First character of the value or its quote.
    pub value: usize,
    /// Whether that is a quote with a partner.
    pub quoted: bool,
    /// Behind the last character of the pair.
    pub end: usize,
}

/// Takes a line apart.
pub fn parse(line: &Line) -> Parsed {
    let mut parsed = Parsed::default();
    if is_include(line) {
        let from = line.skip_space(INCLUDE.len());
        let to = run_end(line, from);
        let rest = line.skip_space(to);
        if from == to {
            parsed.stray = Some(stray::no_file(line));
        } else if rest < line.chars.len() {
            parsed.stray = Some(stray::behind_include(line, rest));
        } else {
            let span = (line.offset(from), line.offset_behind(to));
            parsed.include = Some(Include { name: line.text(from..to), span });
        }
        return parsed;
    }
    let mut last: Option<(usize, Shape)> = None;
    let mut at = line.skip_space(0);
    while at < line.chars.len() {
        let Some(shape) = shape(line, at) else {
            parsed.stray = Some(stray::judge(line, at, last));
            return parsed;
        };
        parsed.pairs.push(pair(line, at, shape));
        last = Some((at, shape));
        at = line.skip_space(shape.end);
    }
    parsed
}

/// Whether a character can stand in a key.
pub const fn is_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.')
}

/// Index behind a run without white space.
pub fn run_end(line: &Line, from: usize) -> usize {
    from + line.chars.iter().skip(from).take_while(|(character, _)| !is_space(*character)).count()
}

/// The pair that begins at an index, if one does.
pub fn shape(line: &Line, start: usize) -> Option<Shape> {
    let at = |index: usize| line.chars.get(index).map(|(character, _)| *character);
    let key_end =
        start + line.chars.iter().skip(start).take_while(|(character, _)| is_key(*character)).count();
    if key_end == start {
        return None;
    }
    let sign = line.skip_space(key_end);
    let operator =
        (matches!(at(sign), Some('+' | '-' | '*' | '/')) && at(sign + 1) == Some('=')).then_some(sign);
    let equals = operator.map_or(sign, |sign| sign + 1);
    if at(equals) != Some('=') {
        return None;
    }
    let value = line.skip_space(equals + 1);
    let run = run_end(line, value);
    if run == value {
        return None;
    }
    let partner = (at(value) == Some('"')).then(|| quote_from(line, value + 1)).flatten();
    let closed = partner.map(|partner| partner + 1).filter(|end| at(*end).is_none_or(is_space));
    Some(Shape { key_end, operator, value, quoted: closed.is_some(), end: closed.unwrap_or(run) })
}

/// Index of the first double quote from an index on.
pub fn quote_from(line: &Line, from: usize) -> Option<usize> {
    line.chars.iter().skip(from).position(|(character, _)| *character == '"').map(|at| from + at)
}

/// Whether the line's very first characters are the word, and white space or the end behind it.
fn is_include(line: &Line) -> bool {
    let word = line.text(0..INCLUDE.len().min(line.chars.len()));
    word.eq_ignore_ascii_case(INCLUDE)
        && line.chars.get(INCLUDE.len()).is_none_or(|(character, _)| is_space(*character))
}

fn pair(line: &Line, start: usize, shape: Shape) -> Pair {
    let (from, to) = if shape.quoted { (shape.value + 1, shape.end - 1) } else { (shape.value, shape.end) };
    let mut places = Vec::with_capacity(to - from + 1);
    let mut value = String::with_capacity(to - from);
    for (character, offset) in line.chars.get(from..to).unwrap_or_default() {
        value.push(*character);
        places.resize(value.len(), *offset);
    }
    places.push(line.offset_behind(to));
    let half_open = !shape.quoted && value.matches('"').count() == 1;
    Pair {
        key: line.text(start..shape.key_end),
        value,
        quoted: shape.quoted,
        operator: shape.operator.and_then(|at| line.chars.get(at).copied()),
        cut_at: line.quote_in_comment.filter(|_| half_open && line.skip_space(shape.end) == line.chars.len()),
        key_at: line.offset(start),
        end: line.offset_behind(shape.end),
        places,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::source::Source;
    use super::super::stray::Kind;
    use super::*;

    fn parsed(text: &str) -> Parsed {
        parse(&Source::new(text.as_bytes()).lines().next().unwrap())
    }

    /// What 22.05 takes, and as what: each line was tried on it.
    #[rstest]
    #[case("A=1 B.b_2 = \"x y\"\tC=3", &["A|1", "B.b_2|x y", "C|3"])]
    #[case("A=1 B=\"\"", &["A|1", "B|"])]
    #[case("a=b=c", &["a|b=c"])]
    #[case("A=   B=1", &["A|B=1"])]
    #[case("A=\"x", &["A|\"x"])]
    #[case("A=\"x\"y", &["A|\"x\"y"])]
    #[case("A=\"a B=\"c\"", &["A|\"a", "B|c"])]
    #[case("A=\"x\"=y", &["A|\"x\"=y"])]
    #[case("A==1", &["A|=1"])]
    #[case("A+=1 B *=2", &["A|1", "B|2"])]
    #[case("A\u{b}=\u{c}1\r", &["A|1"])]
    #[case("A=1\u{2003}B=1", &["A|1\u{2003}B=1"])]
    #[case("A=\\\"a b\\\"", &["A|a b"])]
    #[case("include=3", &["include|3"])]
    #[case("  ", &[])]
    fn pairs_fall_apart(#[case] text: &str, #[case] expected: &[&str]) {
        let parsed = parsed(text);
        let shown: Vec<String> =
            parsed.pairs.iter().map(|pair| format!("{}|{}", pair.key, pair.value)).collect();
        assert_eq!(shown, expected);
        assert_eq!(parsed.stray, None);
    }

    #[rstest]
    #[case("Include ok.conf", "ok.conf", (8, 15))]
    #[case("INCLUDE\tok.conf  ", "ok.conf", (8, 15))]
    #[case("include = 3", "", (0, 0))]
    fn include_stands_alone(#[case] text: &str, #[case] name: &str, #[case] span: (usize, usize)) {
        let parsed = parsed(text);
        match parsed.include {
            Some(include) => assert_eq!((include.name.as_str(), include.span), (name, span)),
            None => assert_eq!((parsed.stray.unwrap().kind, name), (Kind::BehindInclude, "")),
        }
    }

    #[test]
    fn a_value_knows_its_places_behind_escapes_and_continuations() {
        let text = "A=\"é \\\n\\#b\" C=1";
        let pair = &parsed(text).pairs[0];
        assert_eq!(pair.value, "é #b");
        let at = pair.value.find('#').unwrap();
        let (from, to) = pair.span(at, at + 1);
        assert_eq!(&text[from..to], "\\#");
        assert_eq!(&text[pair.value_span().1..], "\" C=1");
        assert_eq!(&text[pair.end..], " C=1");
    }
}
