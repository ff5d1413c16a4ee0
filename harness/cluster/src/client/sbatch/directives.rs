//! The `#SBATCH` lines of a script (sbatch(1)): up to its first command, each taken apart as a shell would.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

const MARK: &[u8] = b"#SBATCH";

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Which line of the script, from 1.
    pub line: usize,
    /// The line.
    pub text: String,
    /// Its options.
    pub words: Vec<OsString>,
}

/// Finds them. Only comments and empty lines may stand between them.
pub fn find(script: &[u8]) -> Vec<Directive> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(script.split(|byte| *byte == b'\n')) {
        let bare = text.trim_ascii();
        if !bare.is_empty() && !bare.starts_with(b"#") {
            break;
        }
        let Some(rest) = text.strip_prefix(MARK) else { continue };
        if rest.first().is_some_and(u8::is_ascii_whitespace) {
            let text = String::from_utf8_lossy(bare).into_owned();
            found.push(Directive { line, text, words: words(rest) });
        }
    }
    found
}

/// Splits at white space. Quotes of both kinds keep words together, a backslash keeps the next character, `#` at the
/// start of a word begins a comment.
fn words(line: &[u8]) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (byte, Some(open)) if byte == open => quote = None,
            (b'\\', None | Some(b'"')) => word.get_or_insert_default().extend(bytes.next()),
            (b'\'' | b'"', None) => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (b'#', None) if word.is_none() => break,
            (b' ' | b'\t' | b'\r', None) => words.extend(word.take()),
            (byte, _) => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words.into_iter().map(OsString::from_vec).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("-J x", &["-J", "x"])]
    #[case("-J 'a b' --comment=\"c 'd'\"", &["-J", "a b", "--comment=c 'd'"])]
    #[case("-n 2 # -n 3", &["-n", "2"])]
    #[case("-o out#1", &["-o", "out#1"])]
    #[case("a\\ b '' \"\\\"\"", &["a b", "", "\""])]
    #[case("", &[])]
    fn lines_are_split_as_a_shell_does(#[case] line: &str, #[case] expected: &[&str]) {
        assert_eq!(words(line.as_bytes()), expected);
    }

    #[test]
    fn they_end_at_the_first_command() {
        let script = "#!/bin/sh\n# c\n#SBATCH -n 1\n\n##SBATCH -n 2\n#SBATCHX\n #SBATCH -n 3\n#SBATCH\t-n 4\n\
                      echo\n#SBATCH -n 5\n";
        let lines: Vec<usize> = find(script.as_bytes()).iter().map(|directive| directive.line).collect();
        assert_eq!(lines, [3, 8]);
    }
}
