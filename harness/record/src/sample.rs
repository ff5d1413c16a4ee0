//! A small record for the tests of this crate: every verdict once, two profiles, one of them a double.

use crate::catalogue::{Applies, CaseInfo, DefectInfo, RuleInfo};
use crate::event::SCHEMA;
use crate::{CaseResult, Catalogue, Event, Level, Outcome, ProfileInfo, Record, RunInfo, Tier, Verdict};

/// A result with everything that its verdict needs.
pub fn result(case: &str, profile: &str, verdict: Verdict) -> CaseResult {
    let failed = matches!(verdict, Verdict::Fail | Verdict::Flaky);
    CaseResult {
        case: case.to_owned(),
        profile: profile.to_owned(),
        world: "mock".to_owned(),
        release: "24.11".to_owned(),
        verdict,
        level: Level::Must,
        rules: vec!["G-REQ-5".to_owned(), "L-RUN-1".to_owned()],
        reason: match verdict {
            Verdict::Pass => None,
            Verdict::Unsupported => Some("fuse: /dev/fuse is missing; load the module `fuse`".to_owned()),
            Verdict::Error => Some("cannot start the mock: Permission denied".to_owned()),
            _ => Some("expected exit code 42, saw exit code 0".to_owned()),
        },
        expected: failed.then(|| "exit code 42".to_owned()),
        seen: failed.then(|| "exit code 0\nstdout: <empty>".to_owned()),
        millis: 21,
        evidence: crate::folder::evidence_of(case, profile, 1),
        defect: failed.then(|| "R-OPEN-2".to_owned()),
        repeat: format!("plimsoll run {case} --profile {profile} --release 24.11"),
        trace: None,
    }
}

/// What the sample's ids mean.
pub fn catalogue() -> Catalogue {
    let case = |id: &str, title: &str| CaseInfo {
        id: id.to_owned(),
        title: title.to_owned(),
        about: vec!["Catches: a runtime that loses it.".to_owned()],
        tier: Tier::Core,
        applies: Applies::Each,
    };
    let rule = |id: &str, text: &str| RuleInfo {
        id: id.to_owned(),
        level: Level::Must,
        text: text.to_owned(),
        source: "Containers Guide".to_owned(),
    };
    Catalogue {
        cases: vec![case("step.exit-code", "The exit code of the program is that of the step.")],
        rules: vec![rule("G-REQ-5", "A step runs in its container."), rule("L-RUN-1", "The code is kept.")],
        defects: vec![DefectInfo { id: "R-OPEN-2".to_owned(), text: "The code is lost.".to_owned() }],
    }
}

/// The events of the sample.
pub fn events() -> Vec<Event> {
    let profile = |id: &str, real: bool, why: &str| ProfileInfo {
        id: id.to_owned(),
        runtime: "crun".to_owned(),
        mode: "run".to_owned(),
        real,
        why: why.to_owned(),
        ..ProfileInfo::default()
    };
    let run = RunInfo {
        id: "20260101T000000Z-0001".to_owned(),
        started: "2026-01-01T00:00:00Z".to_owned(),
        plimsoll: "0.1.0".to_owned(),
        world: "mock".to_owned(),
        release: "24.11".to_owned(),
        seed: 7,
        jobs: 2,
        command: vec!["plimsoll".to_owned(), "run".to_owned()],
        host: vec![("kernel".to_owned(), "6.1".to_owned())],
        profiles: vec![
            profile("crun-run", true, "/usr/bin/crun, version 1.8.1"),
            profile("nvidia-run", false, "nvidia-container-runtime is not on PATH"),
        ],
        ..RunInfo::default()
    };
    let mut events =
        vec![Event::RunStarted { schema: SCHEMA.to_owned(), run, planned: 7, catalogue: catalogue() }];
    let results = [
        ("step.exit-code", "crun-run", Verdict::Fail),
        ("step.exit-code", "nvidia-run", Verdict::Pass),
        ("step.signal", "crun-run", Verdict::Pass),
        ("bundle.fuse", "crun-run", Verdict::Unsupported),
        ("bundle.old", "crun-run", Verdict::Waived),
        ("stdio.big", "nvidia-run", Verdict::Error),
        ("stdio.race", "crun-run", Verdict::Pass),
        ("stdio.race", "crun-run", Verdict::Fail),
    ];
    for (case, profile, verdict) in results {
        events.push(Event::CaseStarted { case: case.to_owned(), profile: profile.to_owned() });
        events.push(Event::CaseFinished { result: result(case, profile, verdict) });
    }
    events.push(Event::Note { text: "crun sees hybrid cgroups".to_owned() });
    events.push(Event::RunFinished { outcome: Outcome::Completed, millis: 1234 });
    events
}

/// The record of the sample.
pub fn record() -> Record {
    Record::from_events(&events()).unwrap()
}
