//! A bundle judged again, by nothing but what is in it.

use std::path::Path;

use super::bundle::{self, Contents};
use super::make::{derived, lay_out, of, reasons, unwaived};
use super::{CERTIFICATE, Certificate, PublicKey, SELFTEST};
use crate::evidence::claims::{self, outcome};
use crate::evidence::trace_hash;
use crate::folder::{self, EVENTS};
use crate::{CaseResult, Record, Verdict};

/// What became of the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// There is none: who made the bundle is not known.
    No,
    /// There is one, and no key was given to check it with.
    Unchecked,
    /// It is by one of the keys that were given.
    Yes,
    /// It is by none of them; why.
    Wrong(String),
}

/// What came of judging a bundle.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What the bundle says, as far as it can be read.
    pub certificate: Option<Certificate>,
    /// What is wrong with it; nothing for one that holds.
    pub findings: Vec<String>,
    /// Claims that were judged again from the evidence.
    pub judged: usize,
    /// Claims about what only the run could see; the evidence has what it noted.
    pub noted: usize,
    /// The signature.
    pub signed: Signed,
}

impl Verified {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.findings.is_empty() && !matches!(self.signed, Signed::Wrong(_))
    }
}

/// Judges a bundle again. `own` is the hash of the catalogue that this program would run for such a record; none where
/// another one is as good.
pub fn verify(
    archive: &[u8],
    signature: Option<&str>,
    keys: &[PublicKey],
    own: &dyn Fn(&Record) -> Option<String>,
) -> Verified {
    let signed = signed(archive, signature, keys);
    let mut verified = Verified { certificate: None, findings: Vec::new(), judged: 0, noted: 0, signed };
    match bundle::unpack(archive) {
        Ok(files) => judge_files(&files, own, &mut verified),
        Err(why) => verified.findings.push(why),
    }
    verified
}

fn signed(archive: &[u8], signature: Option<&str>, keys: &[PublicKey]) -> Signed {
    match (signature, keys) {
        (None, []) => Signed::No,
        (None, _) => Signed::Wrong("a key was given, and the bundle is not signed".to_owned()),
        (Some(_), []) => Signed::Unchecked,
        (Some(signature), keys) => {
            let mut why = String::new();
            for key in keys {
                match key.check(archive, signature) {
                    Ok(()) => return Signed::Yes,
                    Err(cause) => why = cause,
                }
            }
            Signed::Wrong(why)
        }
    }
}

fn judge_files(files: &Contents, own: &dyn Fn(&Record) -> Option<String>, verified: &mut Verified) {
    let folder = match tempfile::tempdir().and_then(|dir| lay_out(files, dir.path()).map(|()| dir)) {
        Ok(folder) => folder,
        Err(cause) => return verified.findings.push(format!("it cannot be laid out to be judged: {cause}")),
    };
    let dir = folder.path();
    let events = folder::read_events(&dir.join(EVENTS)).map_err(|cause| cause.to_string());
    let record =
        events.and_then(|events| unwaived(&events).ok_or_else(|| "there is no run in it".to_owned()));
    let record = match record {
        Ok(record) => record,
        Err(why) => return verified.findings.push(format!("{EVENTS} cannot be judged: {why}")),
    };
    verified.findings.extend(reasons(&record).into_iter().map(|why| format!("it should not be: {why}")));
    for result in record.results() {
        judge_result(result, dir, verified);
    }
    verified.findings.extend(strangers(files, &record));
    let said: Option<Certificate> = files.get(CERTIFICATE).and_then(|text| serde_json::from_slice(text).ok());
    let redacted = said.as_ref().map(|said| said.redacted.clone()).unwrap_or_default();
    let again = of(&record, files.get(SELFTEST).map(Vec::as_slice), redacted);
    match derived(&again, &record) {
        Ok(derived) => {
            for (name, text) in derived {
                if files.get(name) != Some(&text) {
                    verified.findings.push(format!("{name} is not what follows from the record"));
                }
            }
        }
        Err(cause) => verified.findings.push(cause.to_string()),
    }
    if own(&record).is_some_and(|hash| hash != again.catalogue) {
        verified.findings.push(format!(
            "its catalogue is not this program's: cases are missing, too many or other ones, unless it was made by another plimsoll \
             (it says {}); verify it with that one, or with --any-catalogue",
            record.run.plimsoll
        ));
    }
    verified.certificate = Some(again);
}

/// Judges one result from its evidence.
fn judge_result(result: &CaseResult, dir: &Path, verified: &mut Verified) {
    let name = format!("{} ({})", result.case, result.profile);
    let evidence = dir.join(&result.evidence);
    let mut find = |what: String| verified.findings.push(format!("{name}: {what}"));
    if result.trace.as_deref() != Some(trace_hash(&evidence).as_str()) {
        find("its evidence is not that of its trace".to_owned());
    }
    if result.verdict == Verdict::Unsupported && !evidence.join(claims::FILE).exists() {
        return;
    }
    let note = match outcome(&evidence) {
        Ok(note) => note,
        // A harness that broke before the case began has no evidence, and claims nothing.
        Err(_) if result.verdict == Verdict::Error => return,
        Err(why) => return find(why),
    };
    if (&note.case, &note.profile) != (&result.case, &result.profile) {
        find("its evidence is another one's".to_owned());
    }
    if note.verdict != result.verdict || note.reason != result.reason {
        find(format!("it is said to be {}, and its evidence says {}", result.verdict, note.verdict));
    }
    let (mut judged, mut noted, mut lost) = (0, 0, false);
    for claim in &note.claims {
        let holds = match claim.judge(&evidence) {
            Ok(Some(holds)) => {
                judged += 1;
                if holds != claim.holds {
                    find(format!("a claim about {} does not come out as it is noted", claim.of));
                }
                holds
            }
            Ok(None) => {
                noted += 1;
                claim.holds
            }
            Err(why) => return find(why),
        };
        lost |= !holds;
    }
    if result.verdict == Verdict::Pass && lost {
        find("it is said to pass, and a claim of it does not hold".to_owned());
    }
    verified.judged += judged;
    verified.noted += noted;
}

/// Files that belong to nothing that is known.
fn strangers(files: &Contents, record: &Record) -> Vec<String> {
    let folders: Vec<String> = record.results().map(|result| format!("{}/", result.evidence)).collect();
    let known = |path: &str| {
        [EVENTS, CERTIFICATE, super::STATEMENT, SELFTEST].contains(&path)
            || folders.iter().any(|folder| path.starts_with(folder.as_str()))
    };
    files.keys().filter(|path| !known(path)).map(|path| format!("{path} belongs to no result")).collect()
}
