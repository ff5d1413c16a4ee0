//! CONTRIBUTING.md is followed to the letter: the profile in it runs, and the case in it is one that is there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

const TEXT: &str = include_str!("../../../CONTRIBUTING.md");
const CASE: &str = include_str!("../../../suites/src/step/inside.rs");
const LIST: &str = include_str!("../../../suites/src/step/mod.rs");

/// The blocks of a language, in their order.
fn blocks(language: &str) -> Vec<&str> {
    let begin = format!("```{language}\n");
    TEXT.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A runtime that nobody has heard of: the built-in one by another name, where every user can run it.
#[test]
fn a_profile_is_one_folder() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::set_permissions(at, Permissions::from_mode(0o755)).unwrap();
    let program = at.join("plimsoll");
    fs::copy(env!("CARGO_BIN_EXE_plimsoll"), &program).unwrap();
    write(&at.join("acme"), &format!("#!/bin/sh\nexec {} runtime \"$@\"\n", program.display()), 0o755);
    let profile = at.join("acme-run");
    fs::create_dir(&profile).unwrap();
    write(&profile.join("profile.toml"), blocks("toml")[0], 0o644);
    write(&profile.join("oci.conf"), blocks("conf")[0], 0o644);

    let plimsoll = |words: &[&str]| {
        let path = format!("{}:{}", at.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = assert_cmd::Command::new(&program);
        command.current_dir(at).env("PATH", path).args(words).output().unwrap()
    };
    assert!(plimsoll(&["lint", "acme-run/oci.conf"]).status.success());
    let output =
        plimsoll(&["run", "--profile", "./acme-run", "request.srun", "step.exit-code", "--format", "json"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let results: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(results["run"]["profiles"][0]["real"], true);
    let verdicts: Vec<&str> =
        results["results"].as_array().unwrap().iter().map(|row| row["verdict"].as_str().unwrap()).collect();
    assert!(verdicts.len() >= 2 && verdicts.iter().all(|verdict| *verdict == "pass"), "{text}");
}

#[test]
fn a_case_is_a_function_and_a_line() {
    let shown = blocks("rust");
    assert!(
        CASE.contains(shown[0]),
        "the case in CONTRIBUTING.md is not the one in suites/src/step/inside.rs"
    );
    assert!(LIST.contains(shown[1]), "its line is not in suites/src/step/mod.rs");
}

#[test]
fn both_are_short() {
    let sections: Vec<&str> = TEXT.split("\n## ").skip(1).collect();
    assert_eq!(sections.len(), 2);
    for section in sections {
        assert!(section.lines().count() < 40, "{}", section.lines().next().unwrap());
    }
}
