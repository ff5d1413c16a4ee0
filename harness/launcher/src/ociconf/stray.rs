//! Text where a pair should be (rule C-LEX-5): what it probably was meant to be, where the slip is, and how to mend it.

use super::keys;
use super::pairs::{Shape, is_key, quote_from, run_end};
use super::source::Line;
use super::space::{is_space, looks_like_space};

/// Text that is no pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// What it seems to be.
    pub kind: Kind,
    /// The bytes of the file at fault.
    pub span: (usize, usize),
    /// The text at fault.
    pub text: String,
    /// What would mend it: bytes to replace, and by what.
    pub fix: Option<((usize, usize), String)>,
}

impl Stray {
    /// Whether the fault is in the value before it rather than in the text itself.
    pub const fn blames_value(&self) -> bool {
        use Kind::{BehindQuote, CommentInQuotes, OddSpace, QuoteInside, Typographic, Unterminated};
        matches!(
            self.kind,
            BehindQuote | CommentInQuotes | OddSpace | QuoteInside | Typographic | Unterminated
        )
    }
}

/// The kinds of text that is no pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word without `=`.
    NoEquals,
    /// `Key: value`
    Colon,
    /// `=` without a key.
    NoKey,
    /// A key with a character that no key has.
    BadKey,
    /// `Key=` and nothing.
    NoValue,
    /// `"` without its partner.
    Unterminated,
    /// `"` whose partner stands behind a `#`.
    CommentInQuotes,
    /// Text glued to a closing quote.
    BehindQuote,
    /// A quote that does not begin its value.
    QuoteInside,
    /// A quote of a word processor.
    Typographic,
    /// `[section]`
    Section,
    /// A comment in the way of another language.
    ForeignComment,
    /// A byte order mark.
    ByteOrderMark,
    /// White space that is none to Slurm.
    OddSpace,
    /// `Include` and nothing.
    NoFile,
    /// Something behind the file of an `Include`.
    BehindInclude,
    /// An `Include` that does not begin its line.
    IncludeLater,
}

const TYPOGRAPHIC: [char; 7] =
    ['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}', '\u{ab}', '\u{bb}'];

/// Whether a character is a word processor's quote.
pub fn is_typographic(character: char) -> bool {
    TYPOGRAPHIC.contains(&character)
}

/// `Include` and nothing.
pub fn no_file(line: &Line) -> Stray {
    make(line, Kind::NoFile, 0, run_end(line, 0))
}

/// What stands behind the file of an `Include`, from an index on.
pub fn behind_include(line: &Line, from: usize) -> Stray {
    make(line, Kind::BehindInclude, from, run_end(line, from))
}

/// Judges the text at an index. `last` is the pair before it, where most slips are: a quote went wrong there, and shows here.
pub fn judge(line: &Line, at: usize, last: Option<(usize, Shape)>) -> Stray {
    if let Some(stray) = last.and_then(|(start, shape)| behind(line, start, shape)) {
        return stray;
    }
    let end = run_end(line, at);
    let word = line.text(at..end);
    let character = |index: usize| line.chars.get(index).map(|(character, _)| *character);
    let first = character(at).unwrap_or_default();
    if first == '\u{feff}' {
        return mend(make(line, Kind::ByteOrderMark, at, at + 1), String::new());
    }
    if let Some(found) = (at..end).find(|index| character(*index).is_some_and(looks_like_space)) {
        return odd_space(line, found);
    }
    if word.starts_with(';') || word.starts_with("//") || word == "--" {
        return make(line, Kind::ForeignComment, at, end);
    }
    let key_end = (at..end).find(|index| !character(*index).is_some_and(is_key)).unwrap_or(end);
    let behind_key = character(line.skip_space(key_end));
    let kind = match first {
        '[' => Kind::Section,
        '=' => Kind::NoKey,
        _ if word.eq_ignore_ascii_case("include") => Kind::IncludeLater,
        // `Key=` and nothing: any other pair would have been one.
        _ if key_end > at && behind_key == Some('=') => {
            return make(line, Kind::NoValue, at, line.skip_space(key_end) + 1);
        }
        _ if key_end > at && behind_key == Some(':') => Kind::Colon,
        _ if word.contains('=') => Kind::BadKey,
        _ => Kind::NoEquals,
    };
    make(line, kind, at, end)
}

/// What the value before stray text has to do with it.
fn behind(line: &Line, start: usize, shape: Shape) -> Option<Stray> {
    let character = |index: usize| line.chars.get(index).map(|(character, _)| *character);
    let opening = shape.value;
    if shape.quoted {
        // `A="x B=" y"`: the value ends in what should have been the next key.
        return ends_in_key(line, opening + 1, shape.end - 1)
            .map(|before| unterminated(line, opening, before));
    }
    if character(opening).is_some_and(looks_like_space) {
        return Some(odd_space(line, opening));
    }
    if character(opening).is_some_and(is_typographic) {
        return Some(make(line, Kind::Typographic, opening, opening + 1));
    }
    let quote = quote_from(line, opening).filter(|quote| *quote < shape.end)?;
    if quote > opening {
        return Some(make(line, Kind::QuoteInside, quote, quote + 1));
    }
    match quote_from(line, opening + 1) {
        Some(closing) => Some(match ends_in_key(line, opening + 1, closing) {
            Some(before) => unterminated(line, opening, before),
            None if character(closing + 1).is_some_and(looks_like_space) => odd_space(line, closing + 1),
            None => make(line, Kind::BehindQuote, closing + 1, run_end(line, closing + 1)),
        }),
        None => Some(match (line.quote_in_comment, next_key(line, opening + 1)) {
            (_, Some(before)) => unterminated(line, opening, before),
            (Some(hash), None) => Stray {
                kind: Kind::CommentInQuotes,
                span: (hash, hash + 1),
                text: line.text(start..line.chars.len()),
                fix: Some(((hash, hash), "\\".to_owned())),
            },
            (None, None) => unterminated(line, opening, line.chars.len()),
        }),
    }
}

/// An opening quote; its partner belongs behind the last character before `before` that is no white space.
fn unterminated(line: &Line, opening: usize, before: usize) -> Stray {
    let blank = |index: &usize| line.chars.get(*index).is_some_and(|(character, _)| is_space(*character));
    let last = (opening + 1..before).rev().find(|index| !blank(index)).unwrap_or(opening);
    let place = line.offset_behind(last + 1);
    Stray {
        fix: Some(((place, place), "\"".to_owned())),
        ..make(line, Kind::Unterminated, opening, opening + 1)
    }
}

/// Whether the characters from `from` to `to` end in white space and `Key=` of a key there is; where that begins.
fn ends_in_key(line: &Line, from: usize, to: usize) -> Option<usize> {
    let text = line.text(from..to);
    let name = text.strip_suffix('=')?;
    let name =
        name.rsplit(is_space).next().filter(|key| keys::is_like_a_key(key) && key.len() < name.len())?;
    Some(to - 1 - name.chars().count())
}

/// Where white space and `Key=` of a key there is stand next.
fn next_key(line: &Line, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at = line.skip_space(run_end(line, at));
        if at >= line.chars.len() {
            return None;
        }
        let word = line.text(at..run_end(line, at));
        if word.split_once('=').is_some_and(|(key, _)| keys::is_like_a_key(key)) {
            return Some(at);
        }
    }
}

fn make(line: &Line, kind: Kind, from: usize, to: usize) -> Stray {
    Stray { kind, span: (line.offset(from), line.offset_behind(to)), text: line.text(from..to), fix: None }
}

fn odd_space(line: &Line, at: usize) -> Stray {
    mend(make(line, Kind::OddSpace, at, at + 1), " ".to_owned())
}

fn mend(stray: Stray, text: String) -> Stray {
    Stray { fix: Some((stray.span, text)), ..stray }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::pairs::parse;
    use super::super::source::Source;
    use super::*;

    /// Each text is rejected by 22.05; the place is the one that a reader must look at.
    #[rstest]
    #[case("A=1 word", Kind::NoEquals, "word")]
    #[case("A=1 B=", Kind::NoValue, "B=")]
    #[case("A = # c", Kind::NoValue, "A =")]
    #[case("A: 1", Kind::Colon, "A:")]
    #[case("= 1", Kind::NoKey, "=")]
    #[case("A-b=1", Kind::BadKey, "A-b=1")]
    #[case("A+ =1", Kind::NoEquals, "A+")]
    #[case("[oci]", Kind::Section, "[oci]")]
    #[case("; old", Kind::ForeignComment, ";")]
    #[case("\u{feff}A=1", Kind::ByteOrderMark, "\u{feff}")]
    #[case("A\u{a0}=1", Kind::OddSpace, "\u{a0}")]
    #[case("A=\"x y", Kind::Unterminated, "\"")]
    #[case("A=\"x y # z", Kind::Unterminated, "\"")]
    #[case("A=\"x y # z\"", Kind::CommentInQuotes, "#")]
    #[case("A=\"x y\"z", Kind::BehindQuote, "z")]
    #[case("A=x\"y z\"", Kind::QuoteInside, "\"")]
    #[case("A=\u{201c}x y\u{201d}", Kind::Typographic, "\u{201c}")]
    #[case("A=\u{a0}\"x y\"", Kind::OddSpace, "\u{a0}")]
    #[case("A=\"x y\"\u{a0}B=1", Kind::OddSpace, "\u{a0}")]
    #[case("Include", Kind::NoFile, "Include")]
    #[case("Include a b", Kind::BehindInclude, "b")]
    #[case(" Include a", Kind::IncludeLater, "Include")]
    #[case("A=1 include a", Kind::IncludeLater, "include")]
    fn slips_are_named_where_they_are(#[case] text: &str, #[case] kind: Kind, #[case] at_fault: &str) {
        let stray = parse(&Source::new(text.as_bytes()).lines().next().unwrap()).stray.unwrap();
        assert_eq!((stray.kind, &text[stray.span.0..stray.span.1]), (kind, at_fault));
    }

    #[rstest]
    #[case("RunTimeKill=\"a b", "RunTimeKill=\"a b\"")]
    #[case("RunTimeKill=\"a b  # c", "RunTimeKill=\"a b\"  # c")]
    #[case("RunTimeKill=\"a b  # c\"", "RunTimeKill=\"a b  \\# c\"")]
    #[case("RunTimeKill=\"a b RunTimeRun=\"c d\"", "RunTimeKill=\"a b\" RunTimeRun=\"c d\"")]
    #[case("RunTimeKill=\"a b RunTimeRun=c", "RunTimeKill=\"a b\" RunTimeRun=c")]
    #[case("RunTimeKill=\"a b RunTimeRun=\" c\"", "RunTimeKill=\"a b\" RunTimeRun=\" c\"")]
    #[case("\u{feff}RunTimeKill=a", "RunTimeKill=a")]
    #[case("RunTimeKill\u{a0}= a", "RunTimeKill = a")]
    fn slips_are_mended(#[case] text: &str, #[case] mended: &str) {
        let stray = parse(&Source::new(text.as_bytes()).lines().next().unwrap()).stray.unwrap();
        let ((from, to), by) = stray.fix.unwrap();
        assert_eq!(format!("{}{by}{}", &text[..from], &text[to..]), mended);
    }
}
