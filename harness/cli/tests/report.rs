//! Reports of a record: what the run wrote, `plimsoll report` writes again, byte for byte. The case used brings its own
//! `oci.conf`, so that no OCI runtime is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};

const FORMATS: [&str; 3] = ["json", "junit", "tap"];

fn plimsoll(dir: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(words).current_dir(dir).env("NO_COLOR", "1").output().unwrap()
}

#[test]
fn a_report_is_made_again_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let mut words = vec!["run", "pattern.ids", "step.", "--profile", "builtin-run", "--stress", "2"];
    let files = FORMATS.map(|format| (format!("--{format}"), format!("reports/{format}")));
    for (option, file) in &files {
        words.extend([option.as_str(), file.as_str()]);
    }
    let ran = plimsoll(dir.path(), &words);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    for (format, (_, file)) in FORMATS.iter().zip(&files) {
        let again = plimsoll(dir.path(), &["report", "--format", format]);
        let written = std::fs::read_to_string(dir.path().join(file)).unwrap();
        assert_eq!(String::from_utf8(again.stdout).unwrap(), written, "{format}");
        let into =
            plimsoll(dir.path(), &["report", "plimsoll-out/latest", "--format", format, "--out", "a/b"]);
        assert!(into.status.success() && into.stdout.is_empty());
        assert_eq!(std::fs::read_to_string(dir.path().join("a/b")).unwrap(), written, "{format}");
    }
    assert_eq!(plimsoll(dir.path(), &["report"]).stdout, ran.stdout);
}

#[test]
fn what_is_no_record_is_bad_usage() {
    let dir = tempfile::tempdir().unwrap();
    let output = plimsoll(dir.path(), &["report"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("cannot read plimsoll-out/latest"),
        "{output:?}"
    );
}
