//! What monitoring and code hosts are told: metrics of a run and of a node, annotations and a summary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn plimsoll(dir: &Path, words: &[&str], summary: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(words).current_dir(dir).env("NO_COLOR", "1").env_remove("GITHUB_ACTIONS");
    command.env_remove("GITHUB_STEP_SUMMARY");
    if let Some(summary) = summary {
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", summary);
    }
    command.output().unwrap()
}

#[test]
fn a_run_tells_metrics_and_where_it_is_on_a_code_host_annotations_and_a_summary() {
    let dir = tempfile::tempdir().unwrap();
    let conf = "RunTimeRun=\"/bin/sh -c 'true'\"\nRunTimeKill=\"true\"\nRunTimeDelete=\"true\"\n";
    std::fs::write(dir.path().join("oci.conf"), conf).unwrap();
    let summary = dir.path().join("summary.md");
    std::fs::write(&summary, "before\n").unwrap();
    let words = [
        "run",
        "step.exit-code",
        "pattern.ids",
        "--oci-conf",
        "oci.conf",
        "--out",
        "r",
        "--prometheus",
        "m/p.prom",
    ];
    let ran = plimsoll(dir.path(), &words, Some(&summary));
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("::error title=step.exit-code (custom)::"), "{said}");
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(
        text.starts_with("before\n<h2>plimsoll</h2>") && text.contains("<td>step.exit-code</td>"),
        "{text}"
    );
    let metrics = std::fs::read_to_string(dir.path().join("m/p.prom")).unwrap();
    assert!(metrics.contains("plimsoll_results{profile=\"custom\",verdict=\"fail\"} 1\n"), "{metrics}");
    let again = plimsoll(dir.path(), &["report", "r", "--format", "prometheus"], None);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), metrics);
    let plain = plimsoll(dir.path(), &["rerun", "r", "--out", "again"], None);
    assert!(!String::from_utf8_lossy(&plain.stderr).contains("::error"));
}

#[test]
fn a_node_is_one_line_and_metrics() {
    let dir = tempfile::tempdir().unwrap();
    let told = plimsoll(dir.path(), &["doctor", "--node-checks", "--prometheus", "node.prom"], None);
    let text = String::from_utf8(told.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let node: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(node["schema"], "plimsoll.node/1.0");
    assert_eq!(node["ok"], told.status.code() == Some(0));
    let checks = node["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["ok"].is_boolean() && check["remedy"].is_string()), "{text}");
    let metrics = std::fs::read_to_string(dir.path().join("node.prom")).unwrap();
    assert_eq!(metrics.matches("plimsoll_need_met{").count(), checks.len(), "{metrics}");
}
