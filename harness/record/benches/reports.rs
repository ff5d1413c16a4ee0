//! How long reports of a large record take, and how much memory: 20,000 results, a tenth of them fails with evidence. Prints
//! one line a report; `cargo bench -p plimsoll-record`.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use plimsoll_record::diff::{Diff, Form};
use plimsoll_record::event::SCHEMA;
use plimsoll_record::report::render;
use plimsoll_record::{
    CaseResult, Catalogue, Event, Format, Level, Outcome, ProfileInfo, RecordWriter, RunInfo, Verdict, folder,
};

const CASES: usize = 250;
const PROFILES: usize = 80;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    write(dir.path(), 10)?;
    let started = Instant::now();
    let record = folder::read(dir.path())?;
    println!("read {} results: {:?}", record.settled.len(), started.elapsed());
    for format in Format::ALL {
        let started = Instant::now();
        let text = black_box(render(format, &record, dir.path()));
        println!("{format:?}: {:?}, {} bytes", started.elapsed(), text.len());
    }
    let other = tempfile::tempdir()?;
    write(other.path(), 11)?;
    let started = Instant::now();
    let (before, after) = (folder::read(dir.path())?, folder::read(other.path())?);
    let diff = Diff::new(&before, &after);
    println!("read and diff of two: {:?}, {} changes", started.elapsed(), diff.changes.len());
    for form in [Form::Human, Form::Json, Form::Html] {
        let started = Instant::now();
        let text = black_box(diff.render(form, dir.path(), other.path()));
        println!("diff {form:?}: {:?}, {} bytes", started.elapsed(), text.len());
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}

fn result(case: usize, profile: usize, nth: usize) -> CaseResult {
    let failed = (case * 7 + profile * 3).is_multiple_of(nth);
    let (case, profile) = (format!("area-{}.case-{case}", case % 13), format!("profile-{profile}-run"));
    CaseResult {
        world: "mock".to_owned(),
        release: "24.11".to_owned(),
        verdict: if failed { Verdict::Fail } else { Verdict::Pass },
        level: Level::Must,
        rules: vec!["G-REQ-5".to_owned(), "L-RUN-1".to_owned()],
        reason: failed.then(|| "expected exit code 42, saw exit code 0".to_owned()),
        expected: failed.then(|| "exit code 42".to_owned()),
        seen: failed.then(|| "exit code 0\nstdout: <empty>\nstderr: <empty>".to_owned()),
        millis: 21,
        evidence: folder::evidence_of(&case, &profile, 1),
        defect: None,
        repeat: format!("plimsoll run {case} --profile {profile} --release 24.11"),
        trace: Some("sha256:0123456789abcdef".to_owned()),
        case,
        profile,
    }
}

/// Every `nth` result is a fail.
fn write(dir: &Path, nth: usize) -> Result<(), Box<dyn Error>> {
    let mut writer = RecordWriter::create(dir)?;
    let profiles = (0..PROFILES).map(|number| ProfileInfo {
        id: format!("profile-{number}-run"),
        runtime: "crun".to_owned(),
        mode: "run".to_owned(),
        real: true,
        why: "/usr/bin/crun".to_owned(),
        ..ProfileInfo::default()
    });
    let run = RunInfo { profiles: profiles.collect(), ..RunInfo::default() };
    let planned = CASES * PROFILES;
    writer.append(&Event::RunStarted {
        schema: SCHEMA.to_owned(),
        run,
        planned,
        catalogue: Catalogue::default(),
    })?;
    for case in 0..CASES {
        for profile in 0..PROFILES {
            let result = result(case, profile, nth);
            let evidence = dir.join(&result.evidence).join("1-srun");
            std::fs::create_dir_all(&evidence)?;
            std::fs::write(
                evidence.join("command.json"),
                "{\"argv\":[\"srun\",\"true\"],\"exit\":0,\"millis\":20}",
            )?;
            std::fs::write(evidence.join("stdout"), vec![b'x'; 1000])?;
            writer.append(&Event::CaseFinished { result })?;
        }
    }
    writer.append(&Event::RunFinished { outcome: Outcome::Completed, millis: 1 })?;
    Ok(())
}
