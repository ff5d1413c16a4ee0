//! From the text of a profile to the text that runs: the runtime's state in a folder of the cluster's own, the program by
//! its path, the recorder in front.
//!
//! The text keeps its lines, keys and spelling; only the values of the six operations change.

use std::path::{Path, PathBuf};

use plimsoll_launcher::Operation;

use crate::{Profile, UnwritablePath};

/// What the guide's examples keep the runtime's state in.
pub(crate) const GUIDE_ROOT: &str = "/run/user/%U/";
/// What the guide's examples call a container.
const GUIDE_ID: &str = "%n.%u.%j.%s.%t";

/// The recorder in front of each command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorder<'a> {
    /// The plimsoll program.
    pub program: &'a Path,
    /// Where its notes go: a folder that the user can write to.
    pub into: &'a Path,
}

/// Where a profile is put to use.
#[derive(Clone, Copy, Debug)]
pub struct Where<'a> {
    /// The runtime's own folder, mode 0700, the user's, in place of `/run/user/%U/`; none leaves the guide's.
    pub runtime_root: Option<&'a Path>,
    /// What commands begin with, in place of [`Profile::program`] ([`crate::Choice::program`]); empty leaves the text's.
    pub program: &'a [String],
    /// Where the profile's scripts are ([`Profile::scripts_for`]); none leaves the text's place.
    pub scripts: Option<&'a Path>,
    /// The recorder, if calls are to be noted.
    pub recorder: Option<Recorder<'a>>,
}

/// Where the texts name the scripts of a profile.
const GUIDE_SCRIPTS: &str = "/usr/local/bin/";

impl Profile {
    /// The text of `oci.conf` that runs at a place.
    pub fn oci_conf_for(&self, place: &Where<'_>) -> Result<String, UnwritablePath> {
        let root = place.runtime_root.map(|root| value(&root.join(""))).transpose()?;
        let word = |word: &String| match word.strip_suffix(GUIDE_ROOT) {
            // Replaced below, or the guide's pattern.
            Some(option) => Ok(format!("{option}{GUIDE_ROOT}")),
            None => value(Path::new(word)),
        };
        let program = place.program.iter().map(word).collect::<Result<Vec<_>, _>>()?;
        let scripts = place.scripts.map(|folder| value(&folder.join(""))).transpose()?;
        let text = rewrite(&self.oci_conf, |_, command| {
            let mut command = replaced(command, &self.program.join(" "), &program.join(" "));
            if let Some(folder) = &scripts {
                for (name, _) in &self.scripts {
                    command = command.replace(&format!("{GUIDE_SCRIPTS}{name}"), &format!("{folder}{name}"));
                }
            }
            if self.own_ids
                && let Some(root) = place.runtime_root
            {
                command = command.replace(GUIDE_ID, &format!("{GUIDE_ID}.{:08x}", tag(root)));
            }
            if let Some(root) = &root {
                command = command.replace(GUIDE_ROOT, root);
            }
            command
        });
        match &place.recorder {
            Some(recorder) => with_recorder(&text, recorder),
            None => Ok(text),
        }
    }
}

impl Profile {
    /// The scripts as they run at a place: each with the program's words replaced as in the text, where a line begins with
    /// them.
    pub fn scripts_for(&self, program: &[String]) -> Vec<(String, String)> {
        let (own, new) = (self.program.join(" "), program.join(" "));
        let line = |line: &str| {
            let start = line.len() - line.trim_start().len();
            format!("{}{}", &line[..start], prefixed(&line[start..], &own, &new))
        };
        let text = |text: &str| text.split('\n').map(line).collect::<Vec<_>>().join("\n");
        self.scripts.iter().map(|(name, script)| (name.clone(), text(script))).collect()
    }
}

/// A number for a path, the same in each call (FNV-1a): names of clusters differ in few letters.
fn tag(path: &Path) -> u32 {
    let step = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    path.as_os_str().as_encoded_bytes().iter().fold(0x811c_9dc5, step)
}

/// A command with the words `own` replaced where they stand first in it, or as words behind others.
fn replaced(command: &str, own: &str, new: &str) -> String {
    let front = prefixed(command, own, new);
    if front != command || new.is_empty() {
        return front;
    }
    command.replacen(&format!(" {own} "), &format!(" {new} "), 1)
}

fn prefixed(text: &str, own: &str, new: &str) -> String {
    match text.strip_prefix(own) {
        Some(rest) if !new.is_empty() && (rest.is_empty() || rest.starts_with(' ')) => format!("{new}{rest}"),
        _ => text.to_owned(),
    }
}

/// Puts the recorder in front of each runtime command of any `oci.conf`.
pub fn with_recorder(text: &str, recorder: &Recorder<'_>) -> Result<String, UnwritablePath> {
    let (program, into) = (value(recorder.program)?, value(recorder.into)?);
    Ok(rewrite(text, |operation, command| {
        format!("{program} record --into {into} --operation {} -- {command}", operation.name())
    }))
}

/// A path as it stands inside a quoted value: quoted for the shell where it has to be, `%` doubled for the patterns, `\`
/// and `#` escaped for the lexer (rules C-LEX-2 to C-LEX-4).
fn value(path: &Path) -> Result<String, UnwritablePath> {
    let refuse = || UnwritablePath(PathBuf::from(path));
    let text = path.to_str().ok_or_else(refuse)?;
    if text.contains(['"', '\n', '\r', '\0']) {
        return Err(refuse());
    }
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-+:@=,~^".contains(character);
    let quoted = if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    };
    Ok(quoted.replace('\\', "\\\\").replace('#', "\\#").replace('%', "%%"))
}

/// Replaces the value of every operation. Written for texts that the launcher accepts: what is no pair is copied.
fn rewrite(text: &str, new: impl Fn(Operation, &str) -> String) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let pair = || {
            let key_end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))?;
            let equals = key_end + rest[key_end..].find(|c: char| !blank(c))?;
            let behind = rest[equals..].strip_prefix('=')?;
            let start = equals + 1 + (behind.len() - behind.trim_start_matches(blank).len());
            Some((&rest[..key_end], start))
        };
        let (taken, replaced) = match first {
            '#' => (rest.find('\n').unwrap_or(rest.len()), None),
            _ => match pair().filter(|(key, _)| !key.is_empty()) {
                Some((key, start)) => {
                    let (value, end) = value_at(rest, start);
                    let operation = Operation::ALL.into_iter().find(|op| op.key().eq_ignore_ascii_case(key));
                    (
                        end,
                        operation.map(|operation| format!("{}\"{}\"", &rest[..start], new(operation, value))),
                    )
                }
                None => (
                    rest.find(|c: char| c.is_whitespace()).map_or(rest.len(), |at| at.max(first.len_utf8())),
                    None,
                ),
            },
        };
        out.push_str(replaced.as_deref().unwrap_or(&rest[..taken]));
        rest = &rest[taken..];
    }
    out
}

const fn blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// The value that starts at `start`, and where it ends: behind its quote, or before the next white space.
fn value_at(text: &str, start: usize) -> (&str, usize) {
    if let Some(quoted) = text[start..].strip_prefix('"')
        && let Some(end) = quoted.find('"')
    {
        return (&quoted[..end], start + end + 2);
    }
    let end = text[start..].find(char::is_whitespace).map_or(text.len(), |at| start + at);
    // A backslash at the end of a line joins lines and belongs to no value.
    let joined = text[end..].trim_start_matches(blank).starts_with('\n') && text[start..end].ends_with('\\');
    let end = if joined { end - 1 } else { end };
    (&text[start..end], end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Where<'_> = Where { runtime_root: None, program: &[], scripts: None, recorder: None };

    #[test]
    fn nothing_asked_for_is_nothing_changed() {
        for profile in Profile::all() {
            assert_eq!(profile.oci_conf_for(&PLACE).as_ref(), Ok(&profile.oci_conf));
        }
    }

    #[test]
    fn a_profile_at_its_place() {
        let program = ["/opt/crun".to_owned()];
        let recorder = Recorder { program: Path::new("/opt/plimsoll"), into: Path::new("/c/calls") };
        let place = Where {
            runtime_root: Some(Path::new("/c/runtime")),
            program: &program,
            scripts: None,
            recorder: Some(recorder),
        };
        insta::assert_snapshot!(Profile::find("crun-create-start").unwrap().oci_conf_for(&place).unwrap());
    }

    #[test]
    fn a_double_stands_for_the_program() {
        let program = ["/opt/plimsoll".to_owned(), "runtime".to_owned()];
        let place = Where { program: &program, ..PLACE };
        for id in ["runc-run", "builtin-run"] {
            let text = Profile::find(id).unwrap().oci_conf_for(&place).unwrap();
            let query = text.lines().find(|line| line.starts_with("RunTimeQuery")).unwrap();
            assert_eq!(
                query,
                "RunTimeQuery=\"/opt/plimsoll runtime --rootless=true --root=/run/user/%U/ state %n.%u.%j.%s.%t\""
            );
        }
    }

    #[rstest::rstest]
    #[case("/a b", "'/a b'")]
    #[case("/50%", "'/50%%'")]
    #[case("/it's", r"'/it'\\''s'")]
    #[case("/a#1", r"'/a\#1'")]
    #[case(r"/a\b", r"'/a\\b'")]
    #[case("/plain-1.2_x", "/plain-1.2_x")]
    fn paths_are_quoted_for_all_who_read_them(#[case] path: &str, #[case] text: &str) {
        assert_eq!(value(Path::new(path)).as_deref(), Ok(text));
    }

    #[test]
    fn a_path_with_a_double_quote_is_refused() {
        let place = Where { runtime_root: Some(Path::new("/a\"b")), ..PLACE };
        let error = Profile::find("crun-run").unwrap().oci_conf_for(&place).unwrap_err();
        assert!(error.to_string().contains("use another folder"));
    }

    #[test]
    fn any_text_can_be_recorded() {
        let recorder = Recorder { program: Path::new("/p"), into: Path::new("/d") };
        let text = "# RunTimeRun=\"no\"\nruntimerun = \"crun run %b\" RunTimeKill=kill\\\n  EnvExclude=\"^RunTimeRun=\"\n";
        let front = |operation| format!("/p record --into /d --operation {operation} --");
        assert_eq!(
            with_recorder(text, &recorder).unwrap(),
            format!(
                "# RunTimeRun=\"no\"\nruntimerun = \"{} crun run %b\" RunTimeKill=\"{} kill\"\\\n  EnvExclude=\"^RunTimeRun=\"\n",
                front("run"),
                front("kill")
            )
        );
    }
}
