//! Deviations in reading `oci.conf`: the text as a parser with that fault would see it.

use std::path::Path;

use super::Deviation;
use crate::{Release, ociconf};

/// The file's text under a deviation. A first reading is kept beside the file where it is to be the only one.
pub fn oci_conf(deviation: Option<Deviation>, text: Vec<u8>, path: &Path, release: Release) -> Vec<u8> {
    let Some(deviation) = deviation else { return text };
    let lines = |change: &mut dyn FnMut(&str) -> Option<String>| {
        let text = String::from_utf8_lossy(&text);
        let kept: Vec<String> = text.lines().filter_map(change).collect();
        (kept.join("\n") + "\n").into_bytes()
    };
    match deviation {
        Deviation::CommentKept => lines(&mut |line| Some(line.replace('#', "\\#"))),
        Deviation::NotContinued => lines(&mut |line| Some(line.trim_end().trim_end_matches('\\').to_owned())),
        Deviation::OnePairALine => lines(&mut |line| Some(line[..end_of_pair(line)].to_owned())),
        Deviation::KeysHaveCase => lines(&mut |line| {
            let foreign = starts_with(line, "RunTime") && !line.starts_with("RunTime");
            Some(if foreign { format!("X{line}") } else { line.to_owned() })
        }),
        Deviation::FirstWins => {
            let mut seen: Vec<String> = Vec::new();
            lines(&mut |line| {
                let key = line.split('=').next().unwrap_or_default().trim().to_lowercase();
                let again = line.contains('=') && seen.contains(&key);
                seen.push(key);
                (!again).then(|| line.to_owned())
            })
        }
        Deviation::IncludeSkipped => {
            lines(&mut |line| (!starts_with(line, "Include")).then(|| line.to_owned()))
        }
        Deviation::UnknownKeyPassed => {
            without(&text, path, release, &["oci-conf/unknown-key", "oci-conf/old-key"])
        }
        Deviation::BooleanLax => without(&text, path, release, &["oci-conf/bad-boolean"]),
        Deviation::ExpressionLax => without(&text, path, release, &["oci-conf/bad-env-exclude"]),
        Deviation::ReadOnce => {
            let first = path.with_extension("conf.first");
            std::fs::read(&first).unwrap_or_else(|_| {
                // What cannot be kept is read again, and the deviation shows in no case.
                let _ = std::fs::write(&first, &text);
                text
            })
        }
        _ => text,
    }
}

/// Whether a rejected file counts as none.
pub fn forgives(deviation: Option<Deviation>) -> bool {
    deviation == Some(Deviation::RejectedIsAbsent)
}

fn starts_with(line: &str, word: &str) -> bool {
    line.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// Where the first pair of a line ends; the whole line where it holds none.
fn end_of_pair(line: &str) -> usize {
    let Some(equals) = line.find('=') else { return line.len() };
    let rest = line[equals + 1..].trim_start();
    let start = line.len() - rest.len();
    let length = match rest.strip_prefix('"') {
        Some(quoted) => quoted.find('"').map_or(rest.len(), |at| at + 2),
        None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
    };
    start + length
}

/// The text without the lines in which a finding of one of these codes stands.
fn without(text: &[u8], path: &Path, release: Release, codes: &[&str]) -> Vec<u8> {
    let loaded = ociconf::load(text, path, release);
    let found = |line: usize| {
        loaded.diagnostics.iter().any(|finding| finding.line == line && codes.contains(&finding.code))
    };
    let text = String::from_utf8_lossy(text);
    let kept: Vec<&str> =
        text.lines().enumerate().filter(|(index, _)| !found(index + 1)).map(|(_, line)| line).collect();
    (kept.join("\n") + "\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Deviation::CommentKept, "A=1 # b\n", "A=1 \\# b\n")]
    #[case(Deviation::NotContinued, "A=\"x \\  \ny\"\n", "A=\"x \ny\"\n")]
    #[case(Deviation::OnePairALine, "A=\"x y\" B=2\nC = 3 D=4\n", "A=\"x y\"\nC = 3\n")]
    #[case(Deviation::KeysHaveCase, "RUNTIMERUN=x\nRunTimeKill=y\n", "XRUNTIMERUN=x\nRunTimeKill=y\n")]
    #[case(Deviation::FirstWins, "A=1\na=2\nB=3\n", "A=1\nB=3\n")]
    #[case(Deviation::IncludeSkipped, "include x\nA=1\n", "A=1\n")]
    #[case(Deviation::UnknownKeyPassed, "RunTimeBogus=1\nRunTimeRun=x\n", "RunTimeRun=x\n")]
    #[case(Deviation::BooleanLax, "DisableCleanup=maybe\nRunTimeRun=x\n", "RunTimeRun=x\n")]
    #[case(Deviation::ExpressionLax, "EnvExclude=\"(\"\nRunTimeRun=x\n", "RunTimeRun=x\n")]
    #[case(Deviation::SpoolKept, "A=1 # b\n", "A=1 # b\n")]
    fn a_text_is_misread(#[case] deviation: Deviation, #[case] text: &str, #[case] seen: &str) {
        let read = oci_conf(Some(deviation), text.into(), Path::new("/c/oci.conf"), Release::Guide);
        assert_eq!(String::from_utf8(read).unwrap(), seen);
        let read = oci_conf(None, text.into(), Path::new("/c/oci.conf"), Release::Guide);
        assert_eq!(read, text.as_bytes());
    }
}
