//! Runs that nobody would think of: events with hostile names and outputs, for the property tests.

use plimsoll_record::event::SCHEMA;
use plimsoll_record::{CaseResult, Catalogue, Event, Level, Outcome, ProfileInfo, RunInfo, Verdict, Waiver};
use proptest::prelude::*;

/// Texts that some format could obey, and any others.
pub fn text() -> impl Strategy<Value = String> {
    const NASTY: [&str; 8] = [
        "</script><script>alert(1)</script>",
        "]]> <!-- \" ' & \u{0}",
        "\u{1b}[2J\u{1b}]0;title\u{7}",
        "\u{9b}31m\u{202e}gnp.exe\u{feff}",
        "ok 1 - no # SKIP\nnot ok 2\nBail out!\r\n",
        "  ...\n  ---\n\ttab\n",
        "${{ github }} ::error::x %0A | `x` \\",
        "",
    ];
    prop_oneof![prop::sample::select(&NASTY[..]).prop_map(str::to_owned), "\\PC{0,12}", any::<String>()]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop::sample::select(&Verdict::ALL[..])
}

fn profile() -> impl Strategy<Value = ProfileInfo> {
    (name(), text(), text(), any::<bool>(), text()).prop_map(|(id, runtime, mode, real, why)| ProfileInfo {
        id,
        runtime,
        mode,
        real,
        why,
        ..ProfileInfo::default()
    })
}

/// Few names, so that attempts meet, among them hostile ones.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]\\.[cd]", 1 => text()]
}

fn result() -> impl Strategy<Value = CaseResult> {
    let texts = (text(), text(), prop::collection::vec(text(), 0..3), text(), text());
    let maybe = (prop::option::of(text()), prop::option::of(text()), prop::option::of(text()));
    (name(), name(), verdict(), any::<u64>(), texts, maybe).prop_map(
        |(
            case,
            profile,
            verdict,
            millis,
            (world, release, rules, evidence, repeat),
            (reason, seen, defect),
        )| {
            let expected = seen.clone();
            let level = Level::Should;
            CaseResult {
                case,
                profile,
                world,
                release,
                verdict,
                level,
                rules,
                reason,
                expected,
                seen,
                millis,
                evidence,
                defect,
                repeat,
                trace: None,
            }
        },
    )
}

fn waiver() -> impl Strategy<Value = Waiver> {
    (name(), "[ab*]\\.[cd*]", text(), text(), prop::option::of(text()), "202[56]-0[1-9]-01").prop_map(
        |(case, profile, reason, owner, link, until)| Waiver { case, profile, reason, owner, link, until },
    )
}

/// A run from its start to wherever it ended.
pub fn events() -> impl Strategy<Value = Vec<Event>> {
    let head =
        (text(), text(), text(), prop::collection::vec(text(), 0..3), prop::collection::vec(profile(), 0..3));
    let tail = prop::option::of((
        prop::sample::select(&[Outcome::Completed, Outcome::Interrupted, Outcome::Stopped][..]),
        any::<u64>(),
    ));
    let body = (prop::collection::vec(result(), 0..12), prop::collection::vec(text(), 0..3));
    let waivers = prop::collection::vec(waiver(), 0..3);
    (head, body, tail, waivers).prop_map(
        |((id, world, release, command, profiles), (results, notes), end, waivers)| {
            let run = RunInfo {
                id,
                started: "2026-01-01T00:00:00Z".to_owned(),
                plimsoll: "0.1.0".to_owned(),
                world,
                release,
                seed: 1,
                jobs: 1,
                host: vec![("kernel".to_owned(), command.concat())],
                command,
                profiles,
                waivers,
                ..RunInfo::default()
            };
            let planned = results.len();
            let mut events = vec![Event::RunStarted {
                schema: SCHEMA.to_owned(),
                run,
                planned,
                catalogue: Catalogue::default(),
            }];
            events.extend(notes.into_iter().map(|text| Event::Note { text }));
            events.extend(results.into_iter().map(|result| Event::CaseFinished { result }));
            events.extend(end.map(|(outcome, millis)| Event::RunFinished { outcome, millis }));
            events
        },
    )
}
