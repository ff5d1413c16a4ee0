//! From lines to values: the key table applied, included files read, everything noted that there is to say.

use std::path::{Path, PathBuf};

use super::codes;
use super::diagnostic::{Diagnostic, Severity, Stage};
use super::keys::{self, Key, Kind};
use super::pairs::{Item, Pair, Stray, StrayKind, items};
use super::source::Source;
use super::{check, lint};
use crate::posix::Regex;
use crate::{OciConf, Release};

/// The longest file; Slurm's own limit is far higher, and no site comes near.
const MAX_BYTES: usize = 1 << 20;
/// How deep files may include one another.
const MAX_DEPTH: usize = 10;

/// What came of a file: the values when it was accepted, and everything there is to say of it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values; none when the file is rejected.
    pub conf: Option<OciConf>,
    /// Errors (the file is rejected, or the step dies when it is put to use: [`Stage`]) and warnings, in the order of the
    /// text.
    pub diagnostics: Vec<Diagnostic>,
}

/// A key as it was set.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub key: &'static Key,
    pub pair: Pair,
    /// Index of its file.
    pub file: usize,
}

/// A file that takes part.
struct Part {
    path: PathBuf,
    text: String,
}

/// The work on a file and those that it includes.
pub(super) struct Loader {
    pub release: Release,
    pub conf: OciConf,
    pub sets: Vec<Set>,
    pub diagnostics: Vec<Diagnostic>,
    files: Vec<Part>,
    open: Vec<PathBuf>,
}

/// Reads the text of an `oci.conf` as `release` would. `path` is for `Include` lines and for messages; the text is bytes,
/// since a file on disk is.
pub fn load(text: &[u8], path: &Path, release: Release) -> Loaded {
    let mut loader = Loader {
        release,
        conf: OciConf::default(),
        sets: Vec::new(),
        diagnostics: Vec::new(),
        files: Vec::new(),
        open: Vec::new(),
    };
    loader.read(path, text);
    if !loader.rejected() {
        check::complete(&mut loader);
    }
    if !loader.rejected() {
        check::expandable(&mut loader);
        lint::lint(&mut loader);
    }
    let rejected = loader.rejected();
    Loaded { conf: (!rejected).then_some(loader.conf), diagnostics: loader.diagnostics }
}

impl Loader {
    pub fn rejected(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error && found.at == Stage::Load)
    }

    /// Notes a finding at bytes of a file.
    pub fn note(
        &mut self,
        code: &'static str,
        file: usize,
        span: (usize, usize),
        message: String,
        remedy: String,
    ) {
        let (path, text) =
            self.files.get(file).map_or((Path::new("oci.conf"), ""), |part| (&*part.path, &*part.text));
        let (line, column) = Source::new(text).place(span.0);
        let entry = codes::find(code);
        self.diagnostics.push(Diagnostic {
            code,
            rule: entry.map_or("C-FILE-1", |entry| entry.rule),
            severity: entry.map_or(Severity::Error, |entry| entry.severity),
            at: entry.map_or(Stage::Load, |entry| entry.stage),
            path: path.to_owned(),
            line,
            column,
            span: (span.0, span.1.saturating_sub(span.0).max(1)),
            message,
            remedy,
        });
    }

    /// The last place where a key was set.
    pub fn last(&self, name: &str) -> Option<&Set> {
        self.sets.iter().rev().find(|set| set.key.name == name)
    }

    fn read(&mut self, path: &Path, bytes: &[u8]) {
        let file = self.files.len();
        self.files.push(Part { path: path.to_owned(), text: String::new() });
        if bytes.len() > MAX_BYTES {
            let message = format!("the file is longer than {MAX_BYTES} bytes");
            return self.note(
                "oci-conf/too-long",
                file,
                (0, 0),
                message,
                "check that this is an oci.conf".to_owned(),
            );
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => {
                let at = error.valid_up_to();
                self.files[file].text = String::from_utf8_lossy(&bytes[..at]).into_owned();
                let message = format!("byte {at} is no text");
                let remedy = "save the file as UTF-8".to_owned();
                return self.note("oci-conf/not-text", file, (at, at + 1), message, remedy);
            }
        };
        self.files[file].text.clone_from(&text);
        if let Some(at) = text.find('\0') {
            let remedy = "remove it; an editor or a full disk may have put it there".to_owned();
            return self.note(
                "oci-conf/nul-byte",
                file,
                (at, at + 1),
                "there is a NUL byte in the file".to_owned(),
                remedy,
            );
        }
        self.open.push(path.to_owned());
        for line in Source::new(&text).lines() {
            if let Some(at) = line.dangling {
                let remedy = "remove the backslash, or add the line that it announces".to_owned();
                let message = "the file ends where a further line was announced".to_owned();
                self.note("oci-conf/dangling-continuation", file, (at, at + 1), message, remedy);
            }
            match items(&line) {
                Ok(items) => items.into_iter().for_each(|item| self.item(item, file)),
                Err(stray) => self.stray(&stray, file),
            }
        }
        self.open.pop();
    }

    fn item(&mut self, item: Item, file: usize) {
        match item {
            Item::Pair(pair) => self.pair(pair, file),
            Item::Include(name, at, _) => self.include(&name, at, file),
        }
    }

    fn include(&mut self, name: &str, at: usize, file: usize) {
        let span = (at, at + name.len());
        let folder = self.files[file].path.parent().unwrap_or(Path::new(".")).to_owned();
        let path = folder.join(name);
        if self.open.contains(&path) {
            let message = format!("{} includes itself", path.display());
            return self.note("oci-conf/include-cycle", file, span, message, "remove this line".to_owned());
        }
        if self.open.len() >= MAX_DEPTH {
            let message = format!("files include one another more than {MAX_DEPTH} deep");
            return self.note(
                "oci-conf/include-depth",
                file,
                span,
                message,
                "put the text into fewer files".to_owned(),
            );
        }
        match std::fs::read(&path) {
            Ok(text) => self.read(&path, &text),
            Err(error) => {
                let message = format!("cannot read the included file {}: {error}", path.display());
                let remedy =
                    "correct the name, which is taken from the including file's folder on".to_owned();
                self.note("oci-conf/include-missing", file, span, message, remedy);
            }
        }
    }

    fn pair(&mut self, pair: Pair, file: usize) {
        let name_span = (pair.key_at, pair.key_at + pair.key.len());
        let Some(key) = keys::find(&pair.key) else { return self.unknown(&pair, file) };
        if !self.release.at_least(key.since) {
            let message =
                format!("{} is not known before {}, and this is {}", key.name, key.since, self.release);
            let remedy = format!("remove it, or run Slurm {} or later", key.since);
            return self.note("oci-conf/key-not-in-release", file, name_span, message, remedy);
        }
        if key.kind != Kind::Argument && self.last(key.name).is_some() {
            let message = format!("{} is given again: the last one wins", key.name);
            self.note("oci-conf/duplicate-key", file, name_span, message, "keep one of them".to_owned());
        }
        if !self.value(key, &pair, file) {
            return;
        }
        keys::set(&mut self.conf, key, &pair.value, self.release);
        self.sets.push(Set { key, pair, file });
    }

    fn unknown(&mut self, pair: &Pair, file: usize) {
        let span = (pair.key_at, pair.key_at + pair.key.len());
        let lower = pair.key.to_ascii_lowercase();
        let renamed = lower.strip_prefix("oci").and_then(keys::find).map(|key| key.name);
        if let Some(renamed) = renamed {
            let message = format!("{} is a name of before 21.08, which no release accepts", pair.key);
            return self.note("oci-conf/old-key", file, span, message, format!("write {renamed}"));
        }
        let message = format!("{} is no key of oci.conf", pair.key);
        let remedy = match keys::nearest(&pair.key) {
            Some(name) => format!("write {name}"),
            None => "remove it; the whole file is rejected for it".to_owned(),
        };
        self.note("oci-conf/unknown-key", file, span, message, remedy);
    }

    /// Whether a value is one that its key takes.
    fn value(&mut self, key: &Key, pair: &Pair, file: usize) -> bool {
        let span = (pair.value_at, pair.value_at + pair.value.len());
        let value = &pair.value;
        match key.kind {
            Kind::Boolean if keys::boolean(value).is_none() => {
                let message = format!("{} takes yes or no, not `{value}`", key.name);
                let remedy = "write yes, up, true or 1, or else no, down, false or 0".to_owned();
                self.note("oci-conf/bad-boolean", file, span, message, remedy);
                false
            }
            Kind::EnvFile if keys::env_file(value, self.release).is_none() => {
                let old = !self.release.at_least(Release::V23_02);
                let (code, remedy) = if old {
                    ("oci-conf/env-file-not-boolean", "write yes or no, which is all that 22.05 takes")
                } else {
                    ("oci-conf/bad-env-file", "write null, newline or disabled")
                };
                let message = format!("CreateEnvFile cannot be `{value}`");
                self.note(code, file, span, message, remedy.to_owned());
                false
            }
            Kind::Expression => match Regex::new(value) {
                Ok(_) => true,
                Err(error) => {
                    let message = format!("{} does not compile: {error}", key.name);
                    let remedy = "write a POSIX extended expression, as for `grep -E`".to_owned();
                    let code = match key.name {
                        "EnvExclude" => "oci-conf/bad-env-exclude",
                        _ => "oci-conf/bad-runtime-env-exclude",
                    };
                    self.note(code, file, span, message, remedy);
                    false
                }
            },
            _ => true,
        }
    }

    fn stray(&mut self, stray: &Stray, file: usize) {
        let Stray { kind, at, end, text } = stray;
        let old_tail = "behind the last value, or remove the first quote";
        let (code, message, remedy) = match kind {
            StrayKind::NoEquals => (
                "oci-conf/no-equals",
                format!("`{text}` is no Key=Value pair"),
                "write Key=Value; a value with spaces stands in double quotes".to_owned(),
            ),
            StrayKind::NoKey => {
                ("oci-conf/no-key", "there is no key before `=`".to_owned(), "write Key=Value".to_owned())
            }
            StrayKind::BadKey => (
                "oci-conf/bad-key",
                format!("`{text}` begins with no key"),
                "keys have letters, digits, `_` and `.` only".to_owned(),
            ),
            StrayKind::NoValue => (
                "oci-conf/no-value",
                format!("`{text}` has no value"),
                "write a value, \"\" for an empty one, or remove the key".to_owned(),
            ),
            StrayKind::Unterminated => (
                "oci-conf/unterminated-quote",
                "this quote is not closed on its line".to_owned(),
                format!("add a double quote {old_tail}"),
            ),
            StrayKind::BehindQuote => (
                "oci-conf/text-behind-quote",
                format!("`{text}` stands directly behind a closing quote"),
                "no double quote can stand inside a quoted value: use single quotes there".to_owned(),
            ),
            StrayKind::Typographic => (
                "oci-conf/typographic-quote",
                format!("`{text}` begins with a word processor's quote"),
                "write the plain double quote \"".to_owned(),
            ),
            StrayKind::Section => (
                "oci-conf/section",
                format!("`{text}` is a section, which oci.conf does not have"),
                "remove it".to_owned(),
            ),
            StrayKind::NoFile => (
                "oci-conf/include-without-file",
                "Include names no file".to_owned(),
                "write Include FILE, or remove it".to_owned(),
            ),
        };
        self.note(code, file, (*at, *end), message, remedy);
    }
}
