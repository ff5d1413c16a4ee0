//! Reports of a record: what the run wrote, `plimsoll report` writes again, byte for byte. The case used brings its own
//! `oci.conf`, so that no OCI runtime is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};

const FORMATS: [&str; 4] = ["json", "junit", "tap", "html"];

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

/// A runtime that loses every exit code, and who answers for that.
#[test]
fn a_fail_that_somebody_answers_for_is_waived_until_its_day() {
    let dir = tempfile::tempdir().unwrap();
    let conf = "RunTimeRun=\"/bin/sh -c 'true'\"\nRunTimeKill=\"true\"\nRunTimeDelete=\"true\"\n";
    std::fs::write(dir.path().join("oci.conf"), conf).unwrap();
    let waivers = |until: &str| {
        let text = format!(
            "[[waiver]]\ncase = 'step.exit-code'\nreason = 'being replaced'\nowner = 'ops'\nuntil = {until}\n\
             [[waiver]]\ncase = 'pattern.ids'\nreason = 'none'\nowner = 'ops'\nuntil = {until}\n"
        );
        std::fs::write(dir.path().join("waivers.toml"), text).unwrap();
        plimsoll(
            dir.path(),
            &[
                "run",
                "step.exit-code",
                "pattern.ids",
                "--oci-conf",
                "oci.conf",
                "--waivers",
                "waivers.toml",
                "--tap",
                "tap",
            ],
        )
    };
    let waived = waivers("2999-12-31");
    let text = String::from_utf8_lossy(&waived.stdout).into_owned();
    assert_eq!(waived.status.code(), Some(0), "{text}");
    assert!(text.contains("waived being replaced (until 2999-12-31, ops); it fails: "), "{text}");
    assert!(text.contains("(ops): passing unexpectedly: pattern.ids"), "{text}");
    let tap = std::fs::read_to_string(dir.path().join("tap")).unwrap();
    assert!(tap.contains("not ok 2 - step.exit-code (custom) # TODO being replaced"), "{tap}");
    assert_eq!(plimsoll(dir.path(), &["report"]).stdout, waived.stdout);
    let expired = waivers("2001-01-01");
    let text = String::from_utf8_lossy(&expired.stdout).into_owned();
    assert_eq!(expired.status.code(), Some(1), "{text}");
    assert!(text.contains("expired on 2001-01-01; still failing: step.exit-code (custom)"), "{text}");
    assert_eq!(waivers("someday").status.code(), Some(2));
}
