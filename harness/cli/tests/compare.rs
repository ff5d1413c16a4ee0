//! Scenarios played on mocks: two of one release show the same, and a release that differs is found out.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::path::PathBuf;

use plimsoll_launcher::Release;
use plimsoll_suites::compare::run::{Compared, Sides, run};
use plimsoll_suites::compare::table;
use plimsoll_suites::machine::Machine;
use plimsoll_suites::reach::reachable;
use plimsoll_suites::stop::Stop;
use plimsoll_suites::world::MockWorld;

/// Plays scenarios on a mock in the place of the real release, and on another one.
fn compare(ids: &[&str], in_place: Release, mock: Release) -> Vec<Compared> {
    let machine = Machine::new(None).unwrap();
    let program = reachable(&PathBuf::from(env!("CARGO_BIN_EXE_plimsoll")), &machine.user).unwrap();
    let world = |release| MockWorld {
        program: program.path.clone(),
        release,
        machine: machine.clone(),
        nodes: 1,
        time_scale: 1.0,
    };
    let (real, mock) = (world(in_place), world(mock));
    let sides = Sides { real: &real, mock: &mock, release: in_place, program: &program.path };
    let chosen: Vec<_> = table::all().filter(|scenario| ids.contains(&scenario.id)).collect();
    assert_eq!(chosen.len(), ids.len(), "{ids:?}");
    run(&sides, &chosen, 2, &Stop::new(), &|_| {})
}

#[test]
fn two_clusters_of_one_release_show_the_same() {
    let ids =
        ["end.seven", "request.sbatch-wrap", "stop.running", "request.two-nodes", "letter.pid", "file.none"];
    for compared in compare(&ids, Release::V24_11, Release::V24_11) {
        assert_eq!(compared.error, None);
        assert!(compared.unexplained.is_empty(), "{}: {:#?}", compared.id, compared.unexplained);
    }
}

#[test]
fn what_a_release_does_otherwise_is_found_and_named_by_its_rule() {
    let found = compare(&["key.container-path"], Release::V24_11, Release::V26_05);
    let rules: Vec<&str> = found[0].unexplained.iter().map(|difference| difference.rule).collect();
    assert!(rules.contains(&"L-TASK-1"), "{found:#?}");
    let argv = found[0].unexplained.iter().find(|difference| difference.fact.ends_with("run: argv")).unwrap();
    let holds = |lines: &[String], part: &str| lines.iter().any(|line| line.contains(part));
    assert!(holds(&argv.real, "/{job}.0.0") && holds(&argv.mock, "/task-0"), "{argv:#?}");
}
