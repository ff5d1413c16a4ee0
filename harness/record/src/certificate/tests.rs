//! What holds for certificates: they say what the record shows, and every change of one is found.

use std::path::Path;

use proptest::prelude::*;

use super::bundle::{manifest, pack_with, unpack, unpack_unchecked};
use super::*;
use crate::catalogue::{Applies, CaseInfo};
use crate::evidence::claims::{self, Claim, OutcomeNote, Says};
use crate::evidence::trace_hash;
use crate::{
    CaseResult, Catalogue, Event, Outcome, ProfileInfo, Record, RecordWriter, RunInfo, folder, sample,
};

const CASES: [(&str, Tier, Verdict); 4] = [
    ("step.exit-code", Tier::Core, Verdict::Pass),
    ("step.quiet", Tier::Core, Verdict::Pass),
    ("spool.modes", Tier::Extended, Verdict::Fail),
    ("signal.node-cut", Tier::Provisional, Verdict::Unsupported),
];

fn no_own(_: &Record) -> Option<String> {
    None
}

/// A record of these cases with evidence and claims.
fn record(dir: &Path, cases: &[(&str, Tier, Verdict)]) {
    let profile = ProfileInfo {
        id: "acme-run".to_owned(),
        runtime: "acme".to_owned(),
        mode: "run".to_owned(),
        real: true,
        why: "/usr/bin/acme, version 1".to_owned(),
        oci_conf: Some("RunTimeRun=\"acme run\"\n".to_owned()),
        program: Some("ab".repeat(32)),
    };
    let run = RunInfo {
        id: "r1".to_owned(),
        profiles: vec![profile],
        program: Some("cd".repeat(32)),
        ..RunInfo::default()
    };
    let info = |id: &str, tier| CaseInfo {
        id: id.to_owned(),
        title: "It holds.".to_owned(),
        about: vec![],
        tier,
        applies: Applies::Each,
    };
    let catalogue =
        Catalogue { cases: CASES.map(|(id, tier, _)| info(id, tier)).to_vec(), ..Catalogue::default() };
    let mut writer = RecordWriter::create(dir).unwrap();
    let schema = crate::event::SCHEMA.to_owned();
    writer.append(&Event::RunStarted { schema, run, planned: CASES.len(), catalogue }).unwrap();
    for (case, _, verdict) in cases {
        let mut result = sample::result(case, "acme-run", *verdict);
        if *verdict != Verdict::Unsupported {
            evidence(dir, &result);
        }
        result.trace = Some(trace_hash(&dir.join(&result.evidence)));
        writer.append(&Event::CaseFinished { result }).unwrap();
    }
    writer.append(&Event::RunFinished { outcome: Outcome::Completed, millis: 1 }).unwrap();
}

fn evidence(dir: &Path, result: &CaseResult) {
    let command = dir.join(&result.evidence).join("1-srun");
    std::fs::create_dir_all(&command).unwrap();
    let exit = if result.verdict == Verdict::Pass { 42 } else { 0 };
    let json = format!("{{\"argv\":[\"srun\",\"{}\"],\"exit\":{exit},\"millis\":3}}", result.case);
    std::fs::write(command.join("command.json"), json).unwrap();
    std::fs::write(command.join("stdout"), "out\n").unwrap();
    let claim = |says, holds| Claim { of: "1-srun".to_owned(), stdout: "stdout".to_owned(), says, holds };
    let note = OutcomeNote {
        schema: claims::SCHEMA.to_owned(),
        case: result.case.clone(),
        profile: result.profile.clone(),
        verdict: result.verdict,
        reason: result.reason.clone(),
        claims: vec![
            claim(Says::Exits { code: 42 }, exit == 42),
            claim(Says::StdoutIs { bytes: "out\n".into() }, true),
            claim(Says::Noted { expected: "every rank inside the container".to_owned() }, true),
        ],
    };
    std::fs::write(dir.join(&result.evidence).join(claims::FILE), serde_json::to_vec(&note).unwrap())
        .unwrap();
}

fn made() -> Made {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), &CASES);
    make(dir.path(), None).unwrap()
}

fn files() -> Contents {
    unpack(&made().bundle).unwrap()
}

/// A bundle of files that somebody changed, with a manifest that fits them.
fn repacked(files: &Contents) -> Verified {
    let bundle = pack_with(&manifest(files).unwrap(), files).unwrap();
    verify(&bundle, None, &[], &no_own)
}

/// Changes one line of the events.
fn with_events(edit: impl Fn(&mut Vec<String>)) -> Verified {
    let mut files = files();
    let text = String::from_utf8(files[folder::EVENTS].clone()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    edit(&mut lines);
    files.insert(folder::EVENTS.to_owned(), (lines.join("\n") + "\n").into_bytes());
    // Whoever forges knows how the rest is made.
    let dir = tempfile::tempdir().unwrap();
    super::make::lay_out(&files, dir.path()).unwrap();
    if let Ok(events) = folder::read_events(dir.path()) {
        let record = super::make::unwaived(&events).unwrap();
        for (name, text) in super::make::derived(&super::make::of(&record, None, vec![]), &record).unwrap() {
            files.insert(name.to_owned(), text);
        }
    }
    repacked(&files)
}

#[test]
fn it_says_what_the_record_shows_and_hides_nothing() {
    let made = made();
    let profile = &made.certificate.profiles[0];
    assert_eq!(profile.reached, Some(Tier::Core));
    let lacking: Vec<&str> = profile.lacking.iter().map(|lack| lack.case.as_str()).collect();
    assert_eq!(lacking, ["signal.node-cut", "spool.modes"]);
    let core = &profile.tiers[0];
    assert_eq!((core.tier, core.passed, core.all), (Tier::Core, 2, 2));
    assert!(!made.certificate.suite.sound);
    let verified = verify(&made.bundle, None, &[], &no_own);
    assert!(verified.holds(), "{:?}", verified.findings);
    assert_eq!(verified.certificate.as_ref(), Some(&made.certificate));
    assert_eq!((verified.judged, verified.noted, verified.signed), (6, 3, Signed::No));
}

#[test]
fn the_same_record_makes_the_same_bytes() {
    assert_eq!(made().bundle, made().bundle);
}

#[test]
fn the_statement_is_one_of_in_toto() {
    let statement: serde_json::Value = serde_json::from_slice(&files()[STATEMENT]).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    assert_eq!(statement["predicate"]["result"], "WARNED");
    assert_eq!(statement["predicate"]["passedTests"].as_array().unwrap().len(), 2);
    for subject in statement["subject"].as_array().unwrap() {
        assert!(
            subject["name"].is_string() && subject["digest"]["sha256"].as_str().unwrap().len() == 64,
            "{subject}"
        );
    }
}

#[test]
fn a_record_that_is_not_whole_is_not_certified() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), &CASES[..2]);
    let why = make(dir.path(), None).unwrap_err().to_string();
    assert!(why.contains("it lacks 2 results, among them spool.modes (acme-run)"), "{why}");
    let twice = tempfile::tempdir().unwrap();
    record(twice.path(), &[&CASES[..], &CASES[..1]].concat());
    let why = make(twice.path(), None).unwrap_err().to_string();
    assert!(why.contains("step.exit-code ran 2 times"), "{why}");
}

#[test]
fn an_edited_verdict_is_found() {
    let verified = with_events(|lines| {
        let line = lines
            .iter_mut()
            .find(|line| line.contains("spool.modes") && line.contains("case-finished"))
            .unwrap();
        *line = line.replace("\"verdict\":\"fail\"", "\"verdict\":\"pass\"");
    });
    assert!(
        verified.findings.iter().any(|what| what.contains("spool.modes (acme-run): it is said to be pass")),
        "{:?}",
        verified.findings
    );
}

#[test]
fn an_edited_verdict_is_found_when_the_note_of_its_outcome_is_edited_too() {
    let mut files = files();
    for bytes in files.values_mut() {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replace("\"verdict\":\"fail\"", "\"verdict\":\"pass\"").into_bytes();
    }
    let verified = repacked(&files);
    let found = |words: &str| verified.findings.iter().any(|what| what.contains(words));
    assert!(found("it is said to pass, and a claim of it does not hold"), "{:?}", verified.findings);
}

#[test]
fn a_removed_and_an_added_case_are_found() {
    let removed = with_events(|lines| {
        lines.retain(|line| !(line.contains("case-finished") && line.contains("spool.modes")));
    });
    assert!(
        removed.findings.iter().any(|what| what.contains("it lacks 1 results")),
        "{:?}",
        removed.findings
    );
    let added = with_events(|lines| {
        let one =
            lines.iter().find(|line| line.contains("case-finished") && line.contains("step.quiet")).unwrap();
        let new = one.replace("step.quiet", "step.loud");
        lines.insert(2, new);
    });
    assert!(
        added.findings.iter().any(|what| what.contains("it has on top 1 results")),
        "{:?}",
        added.findings
    );
    // One that is gone from the catalogue as well is missed by whoever has the same plimsoll.
    let hash = catalogue_hash(&folder_record(&files()).catalogue);
    let own = move |_: &Record| Some(hash.clone());
    let mut less = files();
    let text = String::from_utf8(less[folder::EVENTS].clone()).unwrap();
    less.insert(folder::EVENTS.to_owned(), text.replace("It holds.", "It held.").into_bytes());
    let bundle = pack_with(&manifest(&less).unwrap(), &less).unwrap();
    let verified = verify(&bundle, None, &[], &own);
    assert!(
        verified.findings.iter().any(|what| what.contains("its catalogue is not this program's")),
        "{:?}",
        verified.findings
    );
    assert!(verify(&made().bundle, None, &[], &own).holds());
}

fn folder_record(files: &Contents) -> Record {
    let dir = tempfile::tempdir().unwrap();
    super::make::lay_out(files, dir.path()).unwrap();
    folder::read(dir.path()).unwrap()
}

#[test]
fn a_bundle_that_reaches_out_of_its_folder_is_refused() {
    let evil = Contents::from([("evidence/../../evil".to_owned(), b"x".to_vec())]);
    let packed = pack_with(b"{}", &evil);
    assert!(packed.is_err() || unpack(&packed.unwrap()).is_err());
    assert!(unpack(b"no archive").unwrap_err().contains("cannot be read"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// One bit anywhere in any file, the manifest too.
    #[test]
    fn one_flipped_bit_in_any_file_is_found(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let (_, manifest, mut files) = unpack_unchecked(&bundle()).unwrap();
        let mut manifest = manifest.unwrap();
        let chosen = which.index(files.len() + 1);
        let bytes = match files.values_mut().nth(chosen) {
            Some(bytes) => bytes,
            None => &mut manifest,
        };
        prop_assume!(!bytes.is_empty());
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let verified = verify(&pack_with(&manifest, &files).unwrap(), None, &[], &no_own);
        prop_assert!(!verified.holds());
    }

    /// One bit anywhere in the archive: it is found, or nothing that the archive holds has changed.
    #[test]
    fn one_flipped_bit_in_the_archive_changes_nothing_unseen(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut changed = bundle();
        let place = at.index(changed.len());
        changed[place] ^= 1 << bit;
        if let Ok(files) = unpack(&changed) {
            prop_assert_eq!(files, unpack(&bundle()).unwrap());
        }
    }
}

fn bundle() -> Vec<u8> {
    static BUNDLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    BUNDLE.get_or_init(|| made().bundle).clone()
}
