//! `plimsoll selftest`: defects are caught by the cases that are meant to see them, and exit codes say what came of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Output;

use serde_json::Value;

fn selftest(dir: &Path, args: &[&str]) -> Output {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.current_dir(dir).arg("selftest").args(args).output().unwrap()
}

fn matrix(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_defect_of_each_room_is_caught_by_the_case_that_is_meant_to() {
    let dir = tempfile::tempdir().unwrap();
    let defects = ["runtime.signal-is-success", "launcher.conf-first-wins", "client.label-missing"];
    let output =
        selftest(dir.path(), &[&defects[..], &["--format", "json", "--fast", "--time-scale", "4"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let matrix = matrix(&output);
    let caught = |id: &str| {
        let rows = matrix["defects"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == id).unwrap();
        row["killed_by"]
            .as_array()
            .unwrap()
            .iter()
            .map(|case| case.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(caught("runtime.signal-is-success").contains(&"step.killed".to_owned()));
    assert!(caught("launcher.conf-first-wins").contains(&"ociconf.last-wins".to_owned()));
    assert!(!caught("client.label-missing").is_empty());
    let stored = std::fs::read(dir.path().join("plimsoll-out/selftest.json")).unwrap();
    let mut stored: Value = serde_json::from_slice(&stored).unwrap();
    // A certificate asks which build it is about.
    for of_build in ["plimsoll", "program"] {
        assert!(stored.as_object_mut().unwrap().remove(of_build).is_some_and(|value| value.is_string()));
    }
    assert_eq!(stored, matrix);
    let kills = matrix["cases"].as_array().unwrap().iter().find(|row| row["id"] == "step.killed").unwrap();
    assert_eq!(kills["kills"], serde_json::json!(["runtime.signal-is-success"]));
}

#[test]
fn no_defect_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    let output = selftest(dir.path(), &["no-such-defect"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("plimsoll list defects"));
}

#[test]
fn a_switch_is_reached_by_its_name_alone() {
    let run =
        |args: &[&str]| assert_cmd::Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(args).output().unwrap();
    assert_eq!(run(&["faulty", "no-such-fault", "run", "x"]).status.code(), Some(1));
    assert_eq!(run(&["deviant", "no-such-deviation", "srun", "x"]).status.code(), Some(2));
    let listed = run(&["list", "defects", "--format", "json"]);
    let rows: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    assert!(rows.len() >= 80 && rows.iter().all(|row| row["what"].as_str().unwrap().ends_with('.')));
}
