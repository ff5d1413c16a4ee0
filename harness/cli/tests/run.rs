//! `plimsoll run` from the outside: its exit codes, its record, its reports, and how it takes an interrupt. The case used
//! brings its own `oci.conf`, so that no OCI runtime is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_cluster::wait;
use plimsoll_record::{Outcome, Record, folder};
use serde_json::Value;

const CASE: &str = "pattern.ids";
const PROFILE: &str = "builtin-run";

fn plimsoll(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["run", "--profile", PROFILE, "--out"]).arg(out).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn run(out: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = plimsoll(out).args(words).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn record(out: &Path) -> Record {
    folder::read(out).unwrap()
}

#[test]
fn a_run_leaves_a_record_and_the_reports_that_were_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let (out, json, junit) = (dir.path().join("out"), dir.path().join("a/r.json"), dir.path().join("j.xml"));
    let words = [CASE, "--json", json.to_str().unwrap(), "--junit", junit.to_str().unwrap(), "--stress", "2"];
    let (code, text) = run(&out, &words);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("DOUBLE") && text.contains("1 pass"), "{text}");
    let results: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(results["schema"], "plimsoll.results/1.0");
    assert_eq!(results["results"][0]["case"], CASE);
    assert_eq!(results["results"][0]["attempts"], 2);
    assert_eq!(results["run"]["profiles"][0]["real"], false);
    assert!(std::fs::read_to_string(&junit).unwrap().contains("<testsuite name=\"builtin-run\" tests=\"1\""));
    let record = record(&out);
    assert_eq!((record.outcome, record.planned, record.settled.len()), (Some(Outcome::Completed), 1, 1));
    let evidence = out.join(&record.settled[0].result.evidence);
    assert!(evidence.join("1-srun/command.json").exists() && evidence.join("oci.conf").exists());
    // The same results can be made again from the record, byte for byte.
    assert_eq!(plimsoll_record::results::render(&record), std::fs::read_to_string(&json).unwrap());
}

#[test]
fn standard_output_can_be_for_programs() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = run(&dir.path().join("out"), &[CASE, "--format", "json"]);
    let results: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &results["results"][0]["verdict"]), (Some(0), &Value::from("pass")));
}

#[test]
fn a_run_without_a_case_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(&dir.path().join("out"), &["no-such-case"]).0, Some(4));
}

#[test]
fn a_record_is_never_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    assert_eq!(run(&out, &[CASE]).0, Some(0));
    assert_eq!(run(&out, &[CASE]).0, Some(2));
}

#[test]
fn unsupported_is_a_fail_only_for_the_pedantic() {
    let dir = tempfile::tempdir().unwrap();
    let words = |profile: &'static str| [CASE, "--runtime", "real", "--profile", profile];
    let (code, text) = run(&dir.path().join("one"), &words("builtin-run"));
    assert_eq!(code, Some(4), "nothing ran: {text}");
    assert!(text.contains("unsupported runtime:"), "{text}");
}

#[test]
fn an_interrupt_ends_a_run_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let mut command = plimsoll(&out);
    let mut child =
        command.args([CASE, "--stress", "500", "--jobs", "2"]).stdout(Stdio::null()).spawn().unwrap();
    let begun = || folder::read_events(&out).is_ok_and(|events| events.len() > 6);
    assert!(wait::until(Duration::from_secs(10), Duration::from_millis(5), begun), "no case has ended");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let record = record(&out);
    assert_eq!(record.outcome, Some(Outcome::Interrupted));
    assert!(!record.settled.is_empty());
}

#[test]
fn an_oci_conf_of_ones_own_is_tested_and_a_broken_one_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (good, broken) = (dir.path().join("good.conf"), dir.path().join("broken.conf"));
    std::fs::write(&good, "RunTimeRun=\"true\"\nRunTimeKill=\"true\"\nRunTimeDelete=\"true\"\n").unwrap();
    std::fs::write(&broken, "RunTimeRun=\"true\"\nRuntimeKil=\"true\"\n").unwrap();
    let run = |conf: &Path, name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command
            .args(["run", CASE, "--oci-conf"])
            .arg(conf)
            .arg("--out")
            .arg(dir.path().join(name))
            .output()
            .unwrap()
    };
    let output = run(&good, "good");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("custom"));
    let output = run(&broken, "broken");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("oci-conf/") && said.contains("broken.conf") && said.contains("RunTimeKill"),
        "{said}"
    );
}
