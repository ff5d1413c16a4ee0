//! The profiles as users meet them: a runtime that is in no list, and the README's table.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_profiles::Profile;
use plimsoll_suites::need::Need;
use plimsoll_suites::target::mode_name;

/// A part of the catalogue that has something of everything.
const CASES: [&str; 3] = ["step.*", "batch.*", "request.s*"];

/// This program under a vendor's name, where everybody can run it; its first word makes it a runtime.
fn vendor(dir: &Path) -> PathBuf {
    std::fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
    let path = dir.join("acme");
    std::fs::copy(env!("CARGO_BIN_EXE_plimsoll"), &path).unwrap();
    path
}

fn custom(dir: &Path, options: &[&str]) -> (Option<i32>, serde_json::Value) {
    let json = dir.join("results.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("run").args(CASES).args(["--profile", "custom"]).args(options);
    command.arg("--json").arg(&json).arg("--out").arg(dir.join("record"));
    let code = command.output().unwrap().status.code();
    let text = std::fs::read(&json).unwrap_or_default();
    (code, serde_json::from_slice(&text).unwrap_or_default())
}

fn count(results: &serde_json::Value, verdict: &str) -> usize {
    results["results"].as_array().unwrap().iter().filter(|result| result["verdict"] == verdict).count()
}

#[test]
fn a_runtime_that_is_in_no_list_is_tested_from_three_answers() {
    let dir = tempfile::tempdir().unwrap();
    let program = format!("--custom-program={}", vendor(dir.path()).display());
    let options = ["--custom-options=runtime --root=/run/user/%U/", "--custom-mode=run", &program];
    let (code, results) = custom(dir.path(), &options);
    assert_eq!(code, Some(0), "{results:#}");
    assert!(count(&results, "pass") > 20, "{results:#}");
}

#[test]
fn a_program_without_operations_is_tested_as_far_as_it_goes() {
    let dir = tempfile::tempdir().unwrap();
    let program = format!("--custom-program={}", vendor(dir.path()).display());
    let options = ["--custom-options=double charliecloud -w", "--custom-mode=exec", &program];
    let (code, results) = custom(dir.path(), &options);
    assert_eq!(code, Some(0), "{results:#}");
    assert!(count(&results, "pass") > 5 && count(&results, "unsupported") > 5, "{results:#}");
}

#[test]
fn an_answer_that_is_missing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (code, _) = custom(dir.path(), &["--custom-mode=run"]);
    assert_eq!(code, Some(2));
}

/// The table between the README's two marks.
fn table() -> String {
    let mut text = String::from(
        "| profile | driven by | the guide's | what its runtime cannot do |\n|---|---|---|---|\n",
    );
    for profile in Profile::all() {
        let mode = if profile.plugin.is_some() { "plugin" } else { mode_name(profile.mode) };
        let needs = profile.cannot.iter().filter_map(|cannot| Need::find(cannot.need.as_deref()?));
        let cannot: Vec<&str> = needs.map(Need::name).collect();
        let guide = profile.guide.as_deref().unwrap_or("–");
        let cannot = if cannot.is_empty() { "–".to_owned() } else { cannot.join(", ") };
        writeln!(text, "| {} | {mode} | {guide} | {cannot} |", profile.id).unwrap();
    }
    text
}

/// To make it again: run this test with PLIMSOLL_WRITE=1.
#[test]
fn the_table_of_the_readme_is_that_of_the_profiles() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- profiles -->\n", "<!-- profiles end -->\n");
    let (front, rest) = text.split_once(begin).expect("the README has the mark");
    let (shown, behind) = rest.split_once(end).expect("the README has the second mark");
    if std::env::var_os("PLIMSOLL_WRITE").is_some() {
        std::fs::write(&path, format!("{front}{begin}{}{end}{behind}", table())).unwrap();
    } else {
        assert_eq!(shown, table());
    }
}
