//! The face of `plimsoll`: exit codes, errors that say what to do, output for programs.

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use serde_json::Value;

fn plimsoll() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.env("NO_COLOR", "1");
    command
}

#[rstest::rstest]
#[case(&[])]
#[case(&["frobnicate"])]
#[case(&["run", "--release", "21.08"])]
#[case(&["run", "--jobs", "0"])]
#[case(&["run", "step.[a"])]
#[case(&["run", "--oci-conf", "/nonexistent/oci.conf"])]
#[case(&["run", "--user", "no-such-user-here"])]
#[case(&["run", "--profile", "no-such-profile"])]
#[case(&["explain", "NO-SUCH-ID"])]
#[case(&["lint", "/nonexistent/oci.conf"])]
fn bad_usage_exits_with_2_and_says_why(#[case] words: &[&str]) {
    plimsoll().args(words).assert().code(2).stdout("").stderr(predicates::str::is_empty().not());
}

#[test]
fn an_error_names_path_cause_and_remedy() {
    plimsoll().args(["lint", "/nonexistent/oci.conf"]).assert().stderr(
        contains("error: cannot read /nonexistent/oci.conf: No such file").and(contains("; name a file")),
    );
}

#[rstest::rstest]
#[case("cases")]
#[case("rules")]
#[case("profiles")]
#[case("needs")]
#[case("releases")]
#[case("fixtures")]
fn lists_are_arrays_of_objects_with_an_id(#[case] what: &str) {
    let output = plimsoll().args(["list", what, "--format", "json"]).assert().success();
    let Value::Array(rows) = serde_json::from_slice(&output.get_output().stdout).unwrap() else {
        panic!("no array")
    };
    assert!(rows.iter().all(|row| row["id"].is_string()));
    let human = plimsoll().args(["list", what]).assert().success();
    let text = String::from_utf8(human.get_output().stdout.clone()).unwrap();
    assert!(rows.iter().all(|row| text.contains(row["id"].as_str().unwrap())), "{text}");
}

#[test]
fn a_rule_says_its_level_source_and_cases() {
    let output = plimsoll().args(["list", "rules", "--format", "json"]).assert().success();
    let rows: Vec<Value> = serde_json::from_slice(&output.get_output().stdout).unwrap();
    for row in rows {
        let covered = !row["cases"].as_array().unwrap().is_empty();
        assert!(row["level"].is_string() && row["source"].is_string());
        assert_ne!(covered, row["reason"].is_string(), "{row}");
    }
}

#[rstest::rstest]
#[case("G-REQ-5", "MUST")]
#[case("r-open-2", "open defect")]
#[case("user-namespaces", "remedy")]
#[case("crun-run", "RunTimeRun=")]
#[case("oci-conf/unknown-key", "C-LEX-5")]
#[case("step.exit-code", "Catches: ")]
fn every_kind_of_id_is_explained(#[case] id: &str, #[case] word: &str) {
    plimsoll().args(["explain", id]).assert().success().stdout(contains(word));
}

#[test]
fn colours_are_for_those_who_want_them() {
    plimsoll().args(["explain", "G-REQ-5"]).assert().stdout(contains("\u{1b}").not());
    plimsoll().args(["--color", "always", "explain", "G-REQ-5"]).assert().stdout(contains("\u{1b}"));
    plimsoll().args(["--color", "never", "explain", "G-REQ-5"]).assert().stdout(contains("\u{1b}").not());
}

#[test]
fn pages_and_completions_are_made_from_the_parser() {
    let dir = tempfile::tempdir().unwrap();
    plimsoll().arg("man").arg(dir.path()).assert().success();
    assert!(dir.path().join("plimsoll-run.1").exists());
    plimsoll().args(["completions", "bash"]).assert().success().stdout(contains("plimsoll"));
}

#[test]
fn a_bundle_is_built_once_and_said_where() {
    let dir = tempfile::tempdir().unwrap();
    let bundle = dir.path().join("bundle");
    plimsoll().args(["bundle", "host"]).arg(&bundle).assert().success().stdout(contains("bundle\n"));
    assert!(bundle.join("config.json").exists());
    plimsoll().args(["bundle", "host"]).arg(&bundle).assert().code(2).stderr(contains("is not empty"));
    plimsoll().args(["bundle", "no-such"]).arg(&bundle).assert().code(2);
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let script = format!("{} list rules | head -1", env!("CARGO_BIN_EXE_plimsoll"));
    Command::new("/bin/sh").args(["-c", &script]).assert().success().stderr("");
}

#[test]
fn a_broken_file_is_shown_with_its_place_its_remedy_and_its_repair() {
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../launcher/tests/corpus/guide/hpcng-singularity-3.8.conf");
    for words in [["lint", file].as_slice(), &["run", "--oci-conf", file]] {
        let assert = plimsoll().args(words).assert().code(2);
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        for wanted in [
            "oci-conf/old-key",
            "oci-conf/unterminated-quote",
            ".conf:1:369]",
            "help: write RunTimeQuery",
            "release guide accepts",
            " RunTimeDelete=\"sudo singularity oci delete %n.%u.%j.%s.%t\"\n",
        ] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    }
}
