//! A record whose every text wants to be something else.

use std::path::Path;

use plimsoll_record::event::SCHEMA;
use plimsoll_record::{
    CaseResult, Catalogue, Event, Level, Outcome, ProfileInfo, RecordWriter, RunInfo, Verdict, folder,
};

/// Results in it, and passes among them.
pub const RESULTS: u64 = 7;
pub const PASSES: u64 = 3;

/// What would be noticed if it ran.
pub const SCRIPT: &str = "</pre></script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>";

fn result(case: &str, profile: &str, verdict: Verdict) -> CaseResult {
    let told = (verdict != Verdict::Pass).then(|| format!("{SCRIPT}\u{1b}[2J\u{202e}\nnext"));
    CaseResult {
        case: case.to_owned(),
        profile: profile.to_owned(),
        world: "mock".to_owned(),
        release: SCRIPT.to_owned(),
        verdict,
        level: Level::Must,
        rules: vec![SCRIPT.to_owned()],
        reason: told.clone(),
        expected: told.clone(),
        seen: told,
        millis: 3,
        evidence: folder::evidence_of("step.evidence", "good-run", 1),
        defect: Some(SCRIPT.to_owned()),
        repeat: format!("plimsoll run '{SCRIPT}'"),
        trace: None,
    }
}

/// Writes the record, its evidence too.
pub fn write(dir: &Path) {
    let profile = |id: &str| ProfileInfo {
        id: id.to_owned(),
        runtime: SCRIPT.to_owned(),
        mode: "run".to_owned(),
        real: false,
        why: SCRIPT.to_owned(),
        ..ProfileInfo::default()
    };
    let run = RunInfo {
        id: SCRIPT.to_owned(),
        command: vec![SCRIPT.to_owned()],
        host: vec![(SCRIPT.to_owned(), SCRIPT.to_owned())],
        profiles: vec![profile("good-run"), profile("\"onload=x <b>")],
        ..RunInfo::default()
    };
    let results = [
        ("env.a", "good-run", Verdict::Pass),
        ("env.a", "\"onload=x <b>", Verdict::Pass),
        ("step.evidence", "good-run", Verdict::Fail),
        ("step.b", "good-run", Verdict::Pass),
        ("step.b", "\"onload=x <b>", Verdict::Error),
        ("a\"><script>window.hacked=1</script>", "good-run", Verdict::Unsupported),
        ("../../etc", "javascript:window.hacked=1", Verdict::Fail),
    ];
    let mut writer = RecordWriter::create(dir).unwrap();
    let planned = results.len();
    let mut events = vec![
        Event::RunStarted { schema: SCHEMA.to_owned(), run, planned, catalogue: Catalogue::default() },
        Event::Note { text: SCRIPT.to_owned() },
    ];
    events.extend(
        results
            .map(|(case, profile, verdict)| Event::CaseFinished { result: result(case, profile, verdict) }),
    );
    events.push(Event::RunFinished { outcome: Outcome::Completed, millis: 1 });
    for event in &events {
        writer.append(event).unwrap();
    }
    let command = dir.join(folder::evidence_of("step.evidence", "good-run", 1)).join("1-srun");
    std::fs::create_dir_all(&command).unwrap();
    let json = serde_json::json!({ "argv": ["srun", SCRIPT], "env": [], "exit": 1, "millis": 2 });
    std::fs::write(command.join("command.json"), json.to_string()).unwrap();
    std::fs::write(command.join("stdout"), b"\xff\xfe").unwrap();
    // More than anybody reads, and no text.
    std::fs::write(command.join("stderr"), SCRIPT.repeat(2_000)).unwrap();
}
