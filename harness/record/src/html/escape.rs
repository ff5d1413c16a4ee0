//! Texts as HTML: made visible first, then escaped, for element content and quoted attributes alike.

use std::fmt::Write as _;

use crate::text::{one_line, visible};

/// A text that may have lines.
pub fn text(text: &str) -> String {
    escaped(&visible(text))
}

/// A text on one line.
pub fn line(text: &str) -> String {
    escaped(&one_line(text))
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(letter),
        }
    }
    html
}

/// A relative path as the value of a link. It stays below the page's own folder, whatever it says.
pub fn link(path: &str) -> String {
    let mut link = String::from("./");
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    for (index, part) in parts.enumerate() {
        if index > 0 {
            link.push('/');
        }
        for byte in part.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                link.push(char::from(byte));
            } else {
                // Writing to a string does not fail.
                let _ = write!(link, "%{byte:02X}");
            }
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(
            text("<a href='x'>\"&\u{1b}[m\n</a>"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;␛[m\n&lt;/a&gt;"
        );
        assert_eq!(line("a\nb"), "a␊b");
    }

    #[rstest::rstest]
    #[case("evidence/crun-run/step.exit-code", "./evidence/crun-run/step.exit-code")]
    #[case("javascript:alert(1)", "./javascript%3Aalert%281%29")]
    #[case("//evil.example/../../etc", "./evil.example/etc")]
    #[case("a\"b\u{202e}", "./a%22b%E2%80%AE")]
    fn links_stay_below_the_page(#[case] path: &str, #[case] made: &str) {
        assert_eq!(link(path), made);
    }
}
