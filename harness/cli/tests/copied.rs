//! What others copy from `ci/copy`: each file is parsed, and each call of plimsoll in it has options that there are.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(top().join(name)).unwrap()
}

/// Asks for help behind the options of a call: an option that is not there is refused before that.
fn is_accepted(call: &str) {
    let end = call.find(['>', '\'', ';', '|', '&', '$']).unwrap_or(call.len());
    let words: Vec<&str> = call[..end].split_whitespace().skip(1).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(&words).arg("--help").output().unwrap();
    assert!(output.status.success(), "{call}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Every call of plimsoll in a text; how many there were.
fn calls(text: &str) -> usize {
    let mut count = 0;
    for line in text.lines().filter(|line| !line.trim_start().starts_with(['#', '/'])) {
        for (at, _) in line.match_indices("plimsoll ") {
            let before = line[..at].trim_end_matches("/usr/bin/").chars().next_back();
            let begins = before.is_none_or(|letter| letter.is_whitespace() || "'=".contains(letter));
            let verb = line[at + 9..].chars().next().is_some_and(|letter| letter.is_ascii_lowercase());
            if begins && verb && !line.contains("useradd") && !line.contains("COPY") {
                is_accepted(&line[at..]);
                count += 1;
            }
        }
    }
    count
}

#[rstest::rstest]
#[case("ci/copy/github-actions.yml", 3)]
#[case("ci/copy/gitlab-ci.yml", 3)]
#[case("ci/copy/Jenkinsfile", 2)]
#[case("ci/copy/plimsoll.service", 2)]
#[case(".pre-commit-hooks.yaml", 2)]
fn every_call_has_options_that_there_are(#[case] file: &str, #[case] wanted: usize) {
    assert_eq!(calls(&read(file)), wanted, "{file}");
}

#[rstest::rstest]
#[case("ci/copy/github-actions.yml", "jobs")]
#[case("ci/copy/gitlab-ci.yml", "plimsoll")]
fn pipelines_are_yaml_with_steps(#[case] file: &str, #[case] member: &str) {
    let value: serde_yaml_ng::Value = serde_yaml_ng::from_str(&read(file)).unwrap();
    assert!(value.get(member).is_some_and(serde_yaml_ng::Value::is_mapping), "{value:?}");
}

#[test]
fn the_hooks_are_what_pre_commit_reads() {
    let hooks: Vec<serde_yaml_ng::Value> = serde_yaml_ng::from_str(&read(".pre-commit-hooks.yaml")).unwrap();
    for hook in &hooks {
        for member in ["id", "name", "entry", "language", "files"] {
            assert!(hook.get(member).is_some_and(serde_yaml_ng::Value::is_string), "{member}: {hook:?}");
        }
    }
    assert_eq!(hooks.len(), 2);
}

#[test]
fn the_jenkinsfile_closes_what_it_opens() {
    let text = read("ci/copy/Jenkinsfile");
    assert_eq!(text.matches('{').count(), text.matches('}').count());
    assert!(text.lines().any(|line| line == "pipeline {"));
}

#[test]
fn units_have_the_sections_that_systemd_wants() {
    for (file, section) in [("ci/copy/plimsoll.service", "[Service]"), ("ci/copy/plimsoll.timer", "[Timer]")]
    {
        let text = read(file);
        assert!(text.contains("[Unit]\n") && text.contains(section), "{file}");
        let is_line = |line: &str| line.is_empty() || line.starts_with(['#', '[']) || line.contains('=');
        assert!(text.lines().all(is_line), "{file}");
    }
}

#[test]
fn packages_hold_files_that_there_are() {
    let manifest: toml::Table = read("harness/cli/Cargo.toml").parse().unwrap();
    let metadata = &manifest["package"]["metadata"];
    let deb = metadata["deb"]["assets"].as_array().unwrap().iter().map(|asset| asset[0].as_str().unwrap());
    let rpm = metadata["generate-rpm"]["assets"].as_array().unwrap();
    let rpm = rpm.iter().map(|asset| asset["source"].as_str().unwrap());
    for source in deb.chain(rpm) {
        let built = source.starts_with("target/");
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(source).exists();
        assert!(built || there, "{source}");
    }
}

/// The instructions of the recipe are those of the format, the first one names what it builds on.
#[test]
fn the_container_recipe_is_one() {
    let text = read("ci/copy/Containerfile").replace("\\\n", " ");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let known = ["FROM", "RUN", "COPY", "WORKDIR", "ENTRYPOINT", "CMD"];
    assert!(lines[0].starts_with("FROM "));
    assert!(lines.iter().all(|line| known.contains(&line.split(' ').next().unwrap())), "{lines:?}");
}
