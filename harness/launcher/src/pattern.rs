//! Patterns of `oci.conf`: what stands for `%j`, `%@` and the rest (oci-conf.md, patterns).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use crate::Release;
use crate::step::StepId;

/// What stands for the command where no task is meant, double quotes and all.
const NO_COMMAND: &[u8] = b"\"/bin/false\"";
/// What stands for the task where none is meant.
const NO_TASK: &str = "-1";
/// What stands for the pid where no task is meant.
const NO_PID: &str = "4294967295";

/// What the letters of a pattern stand for.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// `%@`: the command; none where no task is meant.
    pub argv: Option<&'a [OsString]>,
    /// `%b`
    pub bundle: &'a Path,
    /// `%e`
    pub env_file: &'a Path,
    /// `%j`
    pub job_id: u32,
    /// `%s`
    pub step: StepId,
    /// `%t`: the local task id; none prints as -1.
    pub task: Option<u32>,
    /// `%n`
    pub node_name: &'a str,
    /// `%u`
    pub user_name: &'a str,
    /// `%U`
    pub uid: u32,
    /// `%r`
    pub rootfs: &'a Path,
    /// `%m`
    pub spool_dir: &'a Path,
    /// `%p`: none prints as 4294967295.
    pub pid: Option<u32>,
    /// `%Z`
    pub work_dir: &'a Path,
}

/// A pattern that a release cannot expand: the step dies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unexpected replacement character: {letter} in `{pattern}`")]
pub struct PatternError {
    /// `%` and the letter, or `%` alone at the end.
    pub letter: String,
    /// The whole pattern.
    pub pattern: String,
    /// Byte offset of the `%`.
    pub at: usize,
}

/// Whether `release` knows a letter.
pub fn knows(letter: char, release: Release) -> bool {
    match letter {
        '%' | '@' | 'b' | 'e' | 'j' | 's' | 't' | 'n' | 'u' | 'r' => true,
        'm' | 'p' | 'U' => release.at_least(Release::V23_02),
        'Z' => release.at_least(Release::V26_05),
        _ => false,
    }
}

/// Expands `pattern` by the letters that `release` knows.
pub fn expand(pattern: &str, values: &Values<'_>, release: Release) -> Result<OsString, PatternError> {
    let mut out: Vec<u8> = Vec::with_capacity(pattern.len() * 2);
    walk(pattern, release, |piece| match piece {
        Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
        Piece::Letter(letter) => values.write(letter, release, &mut out),
    })?;
    Ok(OsString::from_vec(out))
}

/// Finds the first letter that `release` cannot expand, without values: for checks ahead of time.
pub fn check(pattern: &str, release: Release) -> Result<(), PatternError> {
    walk(pattern, release, |_| {})
}

enum Piece<'a> {
    Text(&'a str),
    Letter(char),
}

fn walk(pattern: &str, release: Release, mut take: impl FnMut(Piece<'_>)) -> Result<(), PatternError> {
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        take(Piece::Text(&rest[..at]));
        let behind = &rest[at + 1..];
        match behind.chars().next() {
            Some(letter) if knows(letter, release) => {
                take(Piece::Letter(letter));
                rest = &behind[letter.len_utf8()..];
            }
            letter => {
                return Err(PatternError {
                    letter: format!("%{}", letter.map_or_else(String::new, String::from)),
                    pattern: pattern.to_owned(),
                    at: pattern.len() - rest.len() + at,
                });
            }
        }
    }
    take(Piece::Text(rest));
    Ok(())
}

impl Values<'_> {
    fn write(&self, letter: char, release: Release, out: &mut Vec<u8>) {
        match letter {
            '%' => out.push(b'%'),
            // 22.05 expands its patterns before it knows the command.
            '@' if !release.at_least(Release::V23_02) => {}
            '@' => match self.argv {
                Some(argv) => quote(argv, out),
                None => out.extend_from_slice(NO_COMMAND),
            },
            'b' => out.extend_from_slice(self.bundle.as_os_str().as_bytes()),
            'e' => out.extend_from_slice(self.env_file.as_os_str().as_bytes()),
            'r' => out.extend_from_slice(self.rootfs.as_os_str().as_bytes()),
            'm' => out.extend_from_slice(self.spool_dir.as_os_str().as_bytes()),
            'Z' => out.extend_from_slice(self.work_dir.as_os_str().as_bytes()),
            'j' => out.extend_from_slice(self.job_id.to_string().as_bytes()),
            's' => out.extend_from_slice(self.step.number().to_string().as_bytes()),
            't' => {
                let id = self.task.map_or_else(|| NO_TASK.to_owned(), |id| id.to_string());
                out.extend_from_slice(id.as_bytes());
            }
            'p' => {
                let id = self.pid.map_or_else(|| NO_PID.to_owned(), |id| id.to_string());
                out.extend_from_slice(id.as_bytes());
            }
            'n' => out.extend_from_slice(self.node_name.as_bytes()),
            'u' => out.extend_from_slice(self.user_name.as_bytes()),
            'U' => out.extend_from_slice(self.uid.to_string().as_bytes()),
            // `walk` hands on known letters only.
            _ => {}
        }
    }
}

/// Each argument in single quotes, a single quote as `'"'"'`, with a space between arguments.
fn quote(argv: &[OsString], out: &mut Vec<u8>) {
    for (index, argument) in argv.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.push(b'\'');
        for &byte in OsStr::as_bytes(argument) {
            match byte {
                b'\'' => out.extend_from_slice(b"'\"'\"'"),
                other => out.push(other),
            }
        }
        out.push(b'\'');
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn values(argv: Option<&[OsString]>) -> Values<'_> {
        Values {
            argv,
            bundle: Path::new("/b"),
            env_file: Path::new("/s/environment"),
            job_id: 7,
            step: StepId::Batch,
            task: argv.map(|_| 1),
            node_name: "n1",
            user_name: "ada",
            uid: 1000,
            rootfs: Path::new("/b/rootfs"),
            spool_dir: Path::new("/s"),
            pid: argv.map(|_| 99),
            work_dir: Path::new("/w"),
        }
    }

    #[rstest]
    #[case("100%%", "100%")]
    #[case("%b %e %r %m", "/b /s/environment /b/rootfs /s")]
    #[case("%n.%u.%j.%s.%t", "n1.ada.7.4294967291.1")]
    #[case("%U %p %Z", "1000 99 /w")]
    #[case("run %@", r#"run 'a b' 'it'"'"'s' '' '$x'"#)]
    fn letters_expand(#[case] pattern: &str, #[case] expected: &str) {
        let argv: Vec<OsString> = ["a b", "it's", "", "$x"].map(OsString::from).into();
        assert_eq!(expand(pattern, &values(Some(&argv)), Release::V26_05).unwrap(), expected);
    }

    #[test]
    fn no_task_has_forms_of_its_own() {
        let text = expand("%@ %t %p", &values(None), Release::Guide).unwrap();
        assert_eq!(text, "\"/bin/false\" -1 4294967295");
    }

    #[test]
    fn the_first_release_knows_no_command_yet() {
        let argv = [OsString::from("a")];
        assert_eq!(expand("x%@x", &values(Some(&argv)), Release::V22_05).unwrap(), "xx");
        assert_eq!(expand("%@", &values(None), Release::V22_05).unwrap(), "");
    }

    #[test]
    fn bytes_that_are_no_text_survive() {
        let argv = [OsString::from_vec(vec![0xff, b'x'])];
        assert_eq!(expand("%@", &values(Some(&argv)), Release::Guide).unwrap().as_bytes(), b"'\xffx'");
    }

    #[rstest]
    #[case("%m", Release::V22_05, Release::V23_02)]
    #[case("%p", Release::V22_05, Release::V23_02)]
    #[case("%U", Release::V22_05, Release::Guide)]
    #[case("%Z", Release::V25_11, Release::V26_05)]
    fn letters_come_with_a_release(#[case] pattern: &str, #[case] before: Release, #[case] from: Release) {
        assert!(check(pattern, before).is_err());
        assert!(check(pattern, from).is_ok());
    }

    #[rstest]
    #[case("x %q y", "%q", 2)]
    #[case("x %", "%", 2)]
    #[case("%%é%é", "%é", 4)]
    fn unknown_letters_are_named_in_every_release(
        #[case] pattern: &str,
        #[case] letter: &str,
        #[case] at: usize,
    ) {
        for release in Release::ALL {
            let error = check(pattern, release).unwrap_err();
            assert_eq!((error.letter.as_str(), error.at), (letter, at));
        }
    }
}
