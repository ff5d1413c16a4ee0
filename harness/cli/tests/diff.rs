//! Two runs set against each other. The cases used bring their own `oci.conf` or take one that needs no OCI runtime.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn plimsoll(dir: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(words).current_dir(dir).env("NO_COLOR", "1").output().unwrap()
}

/// Runs a few cases with an `oci.conf` whose runtime is this program's own, called through `wrapper`.
fn run(dir: &Path, out: &str, wrapper: &str) {
    let runtime = format!("{} runtime --root=runtime-root/", env!("CARGO_BIN_EXE_plimsoll"));
    let conf = format!(
        "RunTimeQuery=\"{runtime} state %n.%u.%j.%s.%t\"\nRunTimeKill=\"{runtime} kill -a %n.%u.%j.%s.%t\"\n\
         RunTimeDelete=\"{runtime} delete --force %n.%u.%j.%s.%t\"\n\
         RunTimeRun=\"{wrapper}{runtime} run --bundle %b %n.%u.%j.%s.%t{}\"\n",
        if wrapper.is_empty() { "" } else { "; true'" }
    );
    let conf = conf.replace("runtime-root/", &format!("{}/", dir.join("state").display()));
    std::fs::write(dir.join("oci.conf"), conf).unwrap();
    let ran = plimsoll(dir, &["run", "step.exit-code", "step.args", "--oci-conf", "oci.conf", "--out", out]);
    assert!(matches!(ran.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_line_of_oci_conf_that_loses_the_exit_code_is_a_regression() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::create_dir(dir.path().join("state")).unwrap();
    std::fs::set_permissions(dir.path().join("state"), std::fs::Permissions::from_mode(0o1777)).unwrap();
    run(dir.path(), "before", "");
    run(dir.path(), "same", "");
    run(dir.path(), "after", "/bin/sh -c '");
    let same = plimsoll(dir.path(), &["diff", "before", "same"]);
    let text = String::from_utf8_lossy(&same.stdout).into_owned();
    assert_eq!(same.status.code(), Some(0), "{text}");
    assert!(text.contains("Nothing that is noted of the surroundings changed.\n"), "{text}");
    assert!(!text.contains("changed evidence"), "{text}");
    let differs = plimsoll(dir.path(), &["diff", "before", "after"]);
    let text = String::from_utf8_lossy(&differs.stdout).into_owned();
    assert_eq!(differs.status.code(), Some(1), "{text}");
    for wanted in [
        "regressions (1)\n  MUST step.exit-code (custom): pass -> fail\n",
        "+RunTimeRun=\"/bin/sh -c '",
        "REGRESSED: 1 regression",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let json = plimsoll(dir.path(), &["diff", "before", "after", "--format", "json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (json["schema"].as_str(), json["regressed"].as_bool()),
        (Some("plimsoll.diff/1.0"), Some(true))
    );
    assert_eq!(json["counts"]["regression"], 1);
    let back = plimsoll(dir.path(), &["diff", "after", "before", "--format", "html", "--out", "a/diff.html"]);
    assert_eq!(back.status.code(), Some(0));
    let html = std::fs::read_to_string(dir.path().join("a/diff.html")).unwrap();
    assert!(html.contains("fixed (1)") && html.contains("no regression"), "{html}");
}

#[test]
fn what_is_no_record_does_not_load() {
    let dir = tempfile::tempdir().unwrap();
    let output = plimsoll(dir.path(), &["diff", "none", "nothing"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read none"), "{output:?}");
}
