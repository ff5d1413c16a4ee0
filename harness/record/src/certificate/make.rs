//! From a record to a certificate and its bundle.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plimsoll_runtime::recorder::read_calls;

use super::bundle::{self, Contents};
use super::expect::{catalogue_hash, missing_and_extra};
use super::redact::Redactor;
use super::{
    CERTIFICATE, Certificate, CertificateError, Lack, ProfileCertificate, SCHEMA, SELFTEST, STATEMENT, Suite,
    TierCount, statement,
};
use crate::evidence::trace_hash;
use crate::folder::EVENTS;
use crate::{CaseResult, Event, Level, Outcome, Record, RunInfo, Tier, Verdict, digest, folder};

/// A certificate and the bundle that holds it.
#[derive(Clone, Debug)]
pub struct Made {
    /// What is certified.
    pub certificate: Certificate,
    /// The bundle.
    pub bundle: Vec<u8>,
}

/// Makes the certificate of the record in `dir`; `selftest` is the kill matrix.
pub fn make(dir: &Path, selftest: Option<&Path>) -> Result<Made, CertificateError> {
    let events = folder::read_events(dir)?;
    let record = unwaived(&events).ok_or_else(|| unfit(dir, vec!["it holds no run".to_owned()]))?;
    let why = reasons(&record);
    if !why.is_empty() {
        return Err(unfit(dir, why));
    }
    let matrix = selftest.map(|path| {
        let remedy = "name the file that plimsoll selftest wrote";
        std::fs::read(path).map_err(|cause| CertificateError::file("read", path, cause, remedy))
    });
    let matrix = matrix.transpose()?;
    let files = evidence(dir, &record)?;
    let calls = files.keys().filter(|path| path.contains("/calls/"));
    let folders: std::collections::BTreeSet<&Path> =
        calls.filter_map(|path| Path::new(path).parent()).collect();
    let calls: Vec<_> =
        folders.into_iter().filter_map(|folder| read_calls(&dir.join(folder)).ok()).flatten().collect();
    let redactor = Redactor::of(calls.iter());
    let mut files: Contents = files
        .into_iter()
        .map(|(path, bytes)| {
            let clean = redactor.file(&path, &bytes);
            (path, clean)
        })
        .collect();
    let (record, text) = events_of(&events, &redactor, &files).map_err(|cause| {
        CertificateError::file("rewrite", &dir.join(EVENTS), cause, "report it: this is a fault of plimsoll")
    })?;
    files.insert(EVENTS.to_owned(), text);
    let certificate = of(&record, matrix.as_deref(), redactor.names());
    if let Some(matrix) = matrix {
        files.insert(SELFTEST.to_owned(), matrix);
    }
    let written =
        |cause: std::io::Error| CertificateError::file("pack", dir, cause, "free some memory and try again");
    for (name, text) in derived(&certificate, &record).map_err(written)? {
        files.insert(name.to_owned(), text);
    }
    Ok(Made { bundle: bundle::pack(&files).map_err(written)?, certificate })
}

fn unfit(dir: &Path, why: Vec<String>) -> CertificateError {
    CertificateError::Unfit { dir: dir.to_owned(), why }
}

/// The record without its waivers: a certificate knows none.
pub(super) fn unwaived(events: &[Event]) -> Option<Record> {
    let mut events = events.to_vec();
    if let Some(Event::RunStarted { run, .. }) = events.first_mut() {
        run.waivers.clear();
    }
    Record::from_events(&events)
}

/// Why a record is no ground for a certificate.
pub(super) fn reasons(record: &Record) -> Vec<String> {
    let mut why = Vec::new();
    if record.outcome != Some(Outcome::Completed) {
        why.push("the run did not come to its end (plimsoll run --resume continues it)".to_owned());
    }
    if let Some(one) = record.settled.iter().find(|one| one.attempts > 1) {
        why.push(format!("{} ran {} times, and nothing is tried twice", one.result.case, one.attempts));
    }
    for profile in record.run.profiles.iter().filter(|profile| !profile.real) {
        why.push(format!(
            "profile {} is driven by a double ({}), and that says nothing of {}; leave it out with --profile",
            profile.id, profile.why, profile.runtime
        ));
    }
    let (missing, extra) = missing_and_extra(record);
    for (word, names) in [("lacks", missing), ("has on top", extra)] {
        if !names.is_empty() {
            let shown = names[..names.len().min(3)].join(", ");
            why.push(format!("it {word} {} results, among them {shown}", names.len()));
        }
    }
    why
}

/// Everything in the evidence folders of a record, by path.
fn evidence(dir: &Path, record: &Record) -> Result<Contents, CertificateError> {
    let mut files = BTreeMap::new();
    for result in record.results() {
        let folder = dir.join(&result.evidence);
        if folder.is_dir() {
            add_folder(&mut files, dir, &folder)?;
        }
    }
    Ok(files)
}

fn add_folder(files: &mut Contents, dir: &Path, folder: &Path) -> Result<(), CertificateError> {
    let remedy = "make it readable, or run it anew";
    let bad = |path: &Path| {
        let path: PathBuf = path.to_owned();
        move |cause: std::io::Error| CertificateError::file("read", &path, cause, remedy)
    };
    for entry in std::fs::read_dir(folder).map_err(bad(folder))? {
        let entry = entry.map_err(bad(folder))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(bad(folder))?);
        if kind.is_dir() {
            add_folder(files, dir, &path)?;
        } else if kind.is_file() {
            let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned();
            files.insert(name, std::fs::read(&path).map_err(bad(&path))?);
        }
    }
    Ok(())
}

/// The events without secrets, each trace made again from the evidence without secrets, and the record that they are.
fn events_of(events: &[Event], redactor: &Redactor, files: &Contents) -> Result<(Record, Vec<u8>), String> {
    let folder = tempfile::tempdir().map_err(|cause| cause.to_string())?;
    lay_out(files, folder.path()).map_err(|cause| cause.to_string())?;
    let (mut text, mut clean) = (Vec::new(), Vec::new());
    for event in events {
        let mut event = event.clone();
        redactor.event(&mut event);
        if let Event::CaseFinished { result } = &mut event {
            result.trace = Some(trace_hash(&folder.path().join(&result.evidence)));
        }
        serde_json::to_writer(&mut text, &event).map_err(|cause| cause.to_string())?;
        text.push(b'\n');
        clean.push(event);
    }
    let record = unwaived(&clean).ok_or("there is no run in it")?;
    Ok((record, text))
}

/// Writes files below a folder.
pub(super) fn lay_out(files: &Contents, folder: &Path) -> std::io::Result<()> {
    for (path, bytes) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, bytes)?;
    }
    Ok(())
}

/// What follows from a record: the files of a bundle that are made and not seen.
pub(super) fn derived(
    certificate: &Certificate,
    record: &Record,
) -> std::io::Result<[(&'static str, Vec<u8>); 2]> {
    let pretty = |value: serde_json::Result<Vec<u8>>| -> std::io::Result<Vec<u8>> {
        Ok([value?, b"\n".to_vec()].concat())
    };
    Ok([
        (CERTIFICATE, pretty(serde_json::to_vec_pretty(certificate))?),
        (STATEMENT, pretty(serde_json::to_vec_pretty(&statement(certificate, record)))?),
    ])
}

/// What a record shows.
pub(super) fn of(record: &Record, matrix: Option<&[u8]>, redacted: Vec<String>) -> Certificate {
    let run: &RunInfo = &record.run;
    Certificate {
        schema: SCHEMA.to_owned(),
        run: run.id.clone(),
        started: run.started.clone(),
        world: run.world.clone(),
        release: run.release.clone(),
        plimsoll: run.plimsoll.clone(),
        program: run.program.clone(),
        catalogue: catalogue_hash(&record.catalogue),
        host: run.host.clone(),
        profiles: profiles(record),
        suite: Suite::judge(matrix, run.program.as_deref()),
        redacted,
    }
}

fn profiles(record: &Record) -> Vec<ProfileCertificate> {
    let tiers: BTreeMap<&str, Tier> =
        record.catalogue.cases.iter().map(|case| (case.id.as_str(), case.tier)).collect();
    let tier = |case: &str| tiers.get(case).copied().unwrap_or_default();
    let of = |profile: &crate::ProfileInfo| {
        let results: Vec<&CaseResult> = record.results().filter(|one| one.profile == profile.id).collect();
        let passed = |one: &&&CaseResult| one.verdict == Verdict::Pass;
        let counts = Tier::ALL.into_iter().map(|wanted| {
            let all = results.iter().filter(|one| tier(&one.case) == wanted);
            TierCount { tier: wanted, passed: all.clone().filter(passed).count(), all: all.count() }
        });
        let lacking = results.iter().filter(|one| one.verdict != Verdict::Pass).map(|one| Lack {
            case: one.case.clone(),
            tier: tier(&one.case),
            level: one.level,
            verdict: one.verdict,
            reason: one.reason.clone(),
        });
        let lacking: Vec<Lack> = lacking.collect();
        let tiers: Vec<TierCount> = counts.collect();
        ProfileCertificate {
            id: profile.id.clone(),
            runtime: profile.runtime.clone(),
            mode: profile.mode.clone(),
            why: profile.why.clone(),
            program: profile.program.clone(),
            oci_conf: profile.oci_conf.as_ref().map(|text| digest::of(text.as_bytes())),
            reached: reached(&tiers, &lacking),
            tiers,
            lacking,
        }
    };
    record.run.profiles.iter().map(of).collect()
}

/// What is skipped counts as little as what failed.
fn reached(tiers: &[TierCount], lacking: &[Lack]) -> Option<Tier> {
    let lacks = |tier: Tier| lacking.iter().any(|lack| lack.tier == tier && lack.level == Level::Must);
    let core = tiers.iter().any(|count| count.tier == Tier::Core && count.passed > 0) && !lacks(Tier::Core);
    match (core, lacks(Tier::Extended)) {
        (false, _) => None,
        (true, true) => Some(Tier::Core),
        (true, false) => Some(Tier::Extended),
    }
}
