//! As much of the shell's quoting as a check of a command needs: every operation is a text for `/bin/sh -c`.

/// In which quotes a character stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotes {
    /// In none.
    None,
    /// In single ones.
    Single,
    /// In double ones.
    Double,
}

/// A `%` letter of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Byte offset of the `%`.
    pub at: usize,
    /// The letter.
    pub name: char,
    /// In which quotes it stands.
    pub quotes: Quotes,
}

/// The `%` letters of a pattern that the shell gets to see, and the quote that is never closed.
fn scan(text: &str) -> (Vec<Letter>, Option<usize>) {
    let (mut letters, mut quotes, mut opened) = (Vec::new(), Quotes::None, 0);
    let mut chars = text.char_indices().peekable();
    let mut word_start = true;
    while let Some((at, character)) = chars.next() {
        match (quotes, character) {
            // A comment: what is in it does not count.
            (Quotes::None, '#') if word_start => return (letters, None),
            // Letters are expanded before the shell sees any backslash.
            (Quotes::None | Quotes::Double, '\\') => {
                chars.next_if(|(_, next)| *next != '%');
            }
            (Quotes::None, '\'') => (quotes, opened) = (Quotes::Single, at),
            (Quotes::None, '"') => (quotes, opened) = (Quotes::Double, at),
            (Quotes::Single, '\'') | (Quotes::Double, '"') => quotes = Quotes::None,
            (_, '%') => letters.extend(chars.next().map(|(_, letter)| Letter { at, name: letter, quotes })),
            _ => {}
        }
        word_start = matches!(character, ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')');
    }
    (letters, (quotes != Quotes::None).then_some(opened))
}

/// The `%` letters of a pattern, in order.
pub fn letters(pattern: &str) -> Vec<Letter> {
    scan(pattern).0
}

/// Byte offset of the quote that the shell would look for the partner of, in vain.
pub fn open_quote(command: &str) -> Option<usize> {
    scan(command).1
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a 'b' \"c\"", None)]
    #[case("a 'b", Some(2))]
    #[case("\"crun", Some(0))]
    #[case("\"it's\" 'a\"b'", None)]
    #[case("a\\'b", None)]
    #[case("'a\\'b'", Some(5))]
    #[case("\"a\\\"b\"", None)]
    #[case("true # it's", None)]
    #[case("true x#it's", Some(9))]
    #[case("é '", Some(3))]
    fn open_quotes_are_found_where_the_shell_finds_them(#[case] command: &str, #[case] open: Option<usize>) {
        assert_eq!(open_quote(command), open);
        let checked = Command::new("/bin/sh").args(["-n", "-c", command]).output().unwrap();
        assert_eq!(checked.status.success(), open.is_none(), "{command}");
    }

    #[test]
    fn letters_know_their_quotes() {
        let found: Vec<_> =
            letters("%b '%r' \"%m\" \\%j %% %").into_iter().map(|found| (found.name, found.quotes)).collect();
        let none = Quotes::None;
        assert_eq!(
            found,
            [('b', none), ('r', Quotes::Single), ('m', Quotes::Double), ('j', none), ('%', none)]
        );
    }
}
