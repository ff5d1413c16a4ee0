//! White space as the C library's `isspace` has it: ASCII only. A no-break space from a web page is none.

/// Blank, tab, newline, vertical tab, form feed, carriage return.
pub const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

/// A text without the white space at its end.
pub fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

/// Characters that look like white space and are none.
pub fn looks_like_space(character: char) -> bool {
    !is_space(character) && (character.is_whitespace() || matches!(character, '\u{200b}' | '\u{2060}'))
}
