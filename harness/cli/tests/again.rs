//! Running from a record: one that was cut off is continued, and what failed is run again. The cases used bring their own
//! `oci.conf`, or take one whose runtime loses every exit code, so that no OCI runtime is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_cluster::wait;
use plimsoll_record::{Event, Outcome, folder};

fn command(dir: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(words).current_dir(dir).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn plimsoll(dir: &Path, words: &[&str]) -> Output {
    command(dir, words).output().unwrap()
}

fn finished(out: &Path) -> Vec<String> {
    let events = folder::read_events(out).unwrap_or_default();
    let finished = events.into_iter().filter_map(|event| match event {
        Event::CaseFinished { result } => Some(result.evidence),
        _ => None,
    });
    finished.collect()
}

#[test]
fn a_run_that_was_killed_is_continued_and_nothing_is_run_twice() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("record");
    let words =
        ["run", "pattern.ids", "--profile", "builtin-run", "--stress", "30", "--jobs", "1", "--seed", "7"];
    let mut child = command(dir.path(), &words)
        .args(["--out", "record"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(wait::until(Duration::from_secs(60), Duration::from_millis(5), || finished(&out).len() >= 3));
    // While it writes nobody else does. It is held still, so that it does not come to its end meanwhile.
    let pid = Pid::from_raw(child.id().cast_signed());
    kill(pid, Signal::SIGSTOP).unwrap();
    let busy = plimsoll(dir.path(), &["run", "--resume", "record"]);
    assert_eq!(busy.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&busy.stderr).contains("a run is still writing into it"), "{busy:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    let before = finished(&out);
    assert!(before.len() < 30 && folder::read(&out).unwrap().outcome.is_none());
    // From another folder, and with a report that the first one did not ask for.
    let elsewhere = tempfile::tempdir().unwrap();
    let record = out.to_str().unwrap();
    let resumed = plimsoll(elsewhere.path(), &["run", "--resume", record, "--json", "r.json"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", String::from_utf8_lossy(&resumed.stderr));
    let after = finished(&out);
    assert_eq!(after[..before.len()], before[..]);
    assert_eq!((after.len(), after.iter().collect::<HashSet<_>>().len()), (30, 30), "{after:?}");
    let record = folder::read(&out).unwrap();
    assert_eq!((record.outcome, record.settled[0].attempts), (Some(Outcome::Completed), 30));
    let json = std::fs::read_to_string(elsewhere.path().join("r.json")).unwrap();
    assert_eq!(plimsoll_record::results::render(&record), json);
    // Of a record that is whole nothing is run again.
    assert_eq!(plimsoll(dir.path(), &["run", "--resume", "record"]).status.code(), Some(0));
    assert_eq!(finished(&out).len(), 30);
}

#[test]
fn what_failed_is_run_again_with_the_options_of_its_record() {
    let dir = tempfile::tempdir().unwrap();
    let conf = "RunTimeRun=\"/bin/sh -c 'true'\"\nRunTimeKill=\"true\"\nRunTimeDelete=\"true\"\n";
    std::fs::write(dir.path().join("oci.conf"), conf).unwrap();
    let ran = plimsoll(
        dir.path(),
        &[
            "run",
            "step.exit-code",
            "pattern.ids",
            "--oci-conf",
            "oci.conf",
            "--release",
            "24.11",
            "--out",
            "first",
        ],
    );
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    let elsewhere = tempfile::tempdir().unwrap();
    let first = dir.path().join("first");
    let again = plimsoll(
        elsewhere.path(),
        &["rerun", first.to_str().unwrap(), "--failed", "--stress", "2", "--out", "second"],
    );
    assert_eq!(again.status.code(), Some(1), "{}", String::from_utf8_lossy(&again.stderr));
    let record = folder::read(&elsewhere.path().join("second")).unwrap();
    let names: Vec<&str> = record.results().map(|result| result.case.as_str()).collect();
    assert_eq!((names, record.settled[0].attempts), (vec!["step.exit-code"], 2));
    assert_eq!(record.run.release, "24.11");
    // What that record stands for is kept when it is run again in its turn.
    let third = plimsoll(elsewhere.path(), &["rerun", "second", "--out", "third"]);
    assert_eq!(third.status.code(), Some(1), "{}", String::from_utf8_lossy(&third.stderr));
    assert_eq!(folder::read(&elsewhere.path().join("third")).unwrap().settled.len(), 1);
}

#[test]
fn a_record_is_continued_with_what_it_was_begun_with_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let conf = |extra: &str| {
        let text = format!("RunTimeRun=\"true\"\nRunTimeKill=\"true\"\nRunTimeDelete=\"true\"\n{extra}");
        std::fs::write(dir.path().join("oci.conf"), text).unwrap();
    };
    conf("");
    let ran = plimsoll(dir.path(), &["run", "pattern.ids", "--oci-conf", "oci.conf", "--out", "record"]);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    conf("IgnoreFileConfigJson=true\n");
    let resumed = plimsoll(dir.path(), &["run", "--resume", "record"]);
    let said = String::from_utf8_lossy(&resumed.stderr).into_owned();
    assert_eq!(resumed.status.code(), Some(2), "{said}");
    assert!(said.contains("what drives profile custom, or its oci.conf, changed"), "{said}");
    let clean = plimsoll(dir.path(), &["rerun", "record", "--failed"]);
    assert_eq!(clean.status.code(), Some(4));
    assert_eq!(plimsoll(dir.path(), &["run", "--resume", "record", "--seed", "2"]).status.code(), Some(2));
    assert_eq!(plimsoll(dir.path(), &["run", "--resume", "nothing"]).status.code(), Some(2));
}
