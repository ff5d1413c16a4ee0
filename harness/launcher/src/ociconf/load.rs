//! From lines to values: the key table applied, included files read, everything noted that there is to say.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::codes;
use super::complain::shown;
use super::diagnostic::{Diagnostic, Fix, Severity, Stage};
use super::keys::{self, Key, Kind};
use super::pairs::{self, Pair};
use super::source::{Line, Source};
use super::{check, lint, odd};
use crate::posix::Regex;
use crate::{OciConf, Release};

/// The longest file; Slurm's own limit is far higher, and no site comes near.
const MAX_BYTES: usize = 1 << 20;
/// How deep files may include one another.
const MAX_DEPTH: usize = 10;
/// How many files may take part: depth alone lets files that include one another many times over grow without end.
const MAX_FILES: usize = 100;
/// How many findings of a kind are kept. The verdict stands with the first; a file that is no oci.conf has thousands.
const MAX_ALIKE: usize = 50;

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
    source: Source,
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
    if let [_] = *loader.files {
        loader.diagnostics.sort_by_key(|found| found.span.0);
    }
    Loaded { conf: (!rejected).then_some(loader.conf), diagnostics: loader.diagnostics }
}

/// An included file as far as its length is tolerated.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

impl Loader {
    pub fn rejected(&self) -> bool {
        self.load_errors() > 0
    }

    fn load_errors(&self) -> usize {
        let fatal = |found: &&Diagnostic| found.severity == Severity::Error && found.at == Stage::Load;
        self.diagnostics.iter().filter(fatal).count()
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
        let entry = codes::find(code);
        let severity = entry.map_or(Severity::Error, |entry| entry.severity);
        let at = entry.map_or(Stage::Load, |entry| entry.stage);
        let alike = |found: &&Diagnostic| (found.severity, found.at) == (severity, at);
        if self.diagnostics.iter().filter(alike).count() >= MAX_ALIKE {
            return;
        }
        let part = self.files.get(file);
        let path = part.map_or(Path::new("oci.conf"), |part| &part.path);
        let (line, column) = part.map_or((1, 1), |part| part.source.place(span.0));
        self.diagnostics.push(Diagnostic {
            code,
            rule: entry.map_or("C-FILE-1", |entry| entry.rule),
            severity,
            at,
            path: path.to_owned(),
            line,
            column,
            span: (span.0, span.1.saturating_sub(span.0).max(1)),
            message,
            remedy,
            fix: None,
        });
    }

    /// Gives the last finding, which is one of `file`, a change of the text.
    pub fn fix(&mut self, code: &str, span: (usize, usize), text: &str) {
        if let Some(last) = self.diagnostics.last_mut().filter(|last| last.code == code) {
            last.fix = Some(Fix { span, text: text.to_owned() });
        }
    }

    /// The last place where a key was set.
    pub fn last(&self, name: &str) -> Option<&Set> {
        self.sets.iter().rev().find(|set| set.key.name == name)
    }

    /// The settings that count, in the order of the text: the last one of each key.
    pub fn effective(&self) -> Vec<Set> {
        let mut sets: Vec<Set> = keys::KEYS.iter().filter_map(|key| self.last(key.name).cloned()).collect();
        sets.sort_by_key(|set| (set.file, set.pair.key_at));
        sets
    }

    fn read(&mut self, path: &Path, bytes: &[u8]) {
        let file = self.files.len();
        self.files.push(Part { path: path.to_owned(), source: Source::new(&[]) });
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
        let source = Source::new(bytes);
        self.files[file].source = source.clone();
        self.open.push(std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()));
        for line in source.lines() {
            // The rest of a file that is no oci.conf would take long to look through, and none of it would be kept.
            if self.load_errors() >= MAX_ALIKE {
                break;
            }
            self.line(&line, &source, file);
        }
        self.open.pop();
    }

    fn line(&mut self, line: &Line, source: &Source, file: usize) {
        if let Some(at) = source.undecodable(line) {
            let remedy = "save the file as UTF-8, or write the value in ASCII".to_owned();
            self.note("oci-conf/not-text", file, (at, at + 1), "this byte is no UTF-8".to_owned(), remedy);
        }
        if let Some(at) = line.nul {
            let remedy = "remove it; an editor or a full disk may have put it there".to_owned();
            let message = "a NUL byte hides the rest of its line".to_owned();
            self.note("oci-conf/nul-byte", file, (at, at + 1), message, remedy);
        }
        if let Some(at) = line.dangling {
            let remedy = "remove the backslash, or add the line that it announces".to_owned();
            let message = "the file ends where a further line was announced".to_owned();
            self.note("oci-conf/dangling-continuation", file, (at, at + 1), message, remedy);
        }
        let parsed = pairs::parse(line);
        // What is odd about a value that is blamed for the text behind it needs no words of its own.
        let blamed = parsed.stray.as_ref().filter(|stray| stray.blames_value());
        let sound = parsed.pairs.len() - usize::from(blamed.is_some() && !parsed.pairs.is_empty());
        // Releases look at the first pair of a line, and what is left is no pair to them.
        let first_alone = self.release.has_open_defects();
        if let Some(second) = parsed.pairs.get(1).filter(|_| first_alone) {
            let message = format!("{} stands behind another pair on its line", second.key);
            let remedy = "give each pair a line of its own".to_owned();
            self.note("oci-conf/second-pair", file, second.key_span(), message, remedy);
        }
        for (index, pair) in parsed.pairs.into_iter().enumerate() {
            self.pair(pair, file, index < sound);
        }
        if let Some(include) = &parsed.include {
            self.include(&include.name, include.span, file);
        }
        if let Some(stray) = &parsed.stray {
            self.stray(stray, file);
        }
    }

    fn include(&mut self, name: &str, span: (usize, usize), file: usize) {
        let folder = self.files[file].path.parent().unwrap_or(Path::new(".")).to_owned();
        let path = folder.join(name);
        let real = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if self.open.contains(&real) {
            let message = format!("{} includes itself", path.display());
            return self.note("oci-conf/include-cycle", file, span, message, "remove this line".to_owned());
        }
        if self.open.len() >= MAX_DEPTH || self.files.len() >= MAX_FILES {
            let message =
                format!("files include one another more than {MAX_DEPTH} deep or {MAX_FILES} times in all");
            return self.note(
                "oci-conf/include-depth",
                file,
                span,
                message,
                "put the text into fewer files".to_owned(),
            );
        }
        // Slurm reads nothing from a directory, and would read a pipe for ever.
        if std::fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            let message = format!("{} is no plain file, and is not read", path.display());
            let remedy = "name a file, or remove this line".to_owned();
            return self.note("oci-conf/include-not-a-file", file, span, message, remedy);
        }
        match read_file(&path) {
            Ok(text) => self.read(&path, &text),
            Err(error) => {
                let message = format!("cannot read the included file {}: {error}", path.display());
                let remedy =
                    "correct the name, which is taken from the including file's folder on".to_owned();
                self.note("oci-conf/include-missing", file, span, message, remedy);
            }
        }
    }

    fn pair(&mut self, pair: Pair, file: usize, sound: bool) {
        let name_span = pair.key_span();
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
        if sound {
            odd::odd(self, key, &pair, file);
        }
        if !self.value(key, &pair, file) {
            return;
        }
        keys::set(&mut self.conf, key, &pair.value, self.release);
        self.sets.push(Set { key, pair, file });
    }

    /// Whether a value is one that its key takes.
    fn value(&mut self, key: &Key, pair: &Pair, file: usize) -> bool {
        let span = pair.value_span();
        let value = &pair.value;
        match key.kind {
            Kind::Boolean if keys::boolean(value).is_none() => {
                let message = format!("{} takes yes or no, not `{}`", key.name, shown(value));
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
                let message = format!("CreateEnvFile cannot be `{}`", shown(value));
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
}
