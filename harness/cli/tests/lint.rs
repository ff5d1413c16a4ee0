//! `plimsoll lint` for code hosts and editors: SARIF, mending, and the config.json of bundles.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use assert_cmd::Command;
use predicates::str::contains;
use serde_sarif::sarif::Sarif;

fn plimsoll() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.env("NO_COLOR", "1");
    command
}

/// Every file that is wrong in some way.
fn corpus() -> Vec<std::path::PathBuf> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../launcher/tests/corpus/oci-conf");
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_finding_is_one_in_sarif_too() {
    let files = corpus();
    let json = plimsoll().arg("lint").args(&files).args(["--format", "json"]).output().unwrap();
    let reports: Vec<serde_json::Value> = serde_json::from_slice(&json.stdout).unwrap();
    let found: usize = reports.iter().map(|report| report["diagnostics"].as_array().unwrap().len()).sum();
    let sarif = plimsoll().arg("lint").args(&files).args(["--format", "sarif"]).assert().code(2);
    let document: Sarif = serde_json::from_slice(&sarif.get_output().stdout).unwrap();
    let run = &document.runs[0];
    let results = run.results.as_ref().unwrap();
    assert!(found > 50 && results.len() == found, "{found} and {}", results.len());
    let rules = run.tool.driver.rules.as_ref().unwrap();
    for result in results {
        let rule = &rules[usize::try_from(result.rule_index.unwrap()).unwrap()];
        assert_eq!(Some(&rule.id), result.rule_id.as_ref());
        assert!(result.locations.as_ref().is_some_and(|locations| locations.len() == 1));
    }
}

#[test]
fn what_can_be_mended_is_mended_in_its_place_and_then_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("oci.conf");
    let broken =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../launcher/tests/corpus/guide/hpcng-singularity-3.8.conf");
    std::fs::copy(broken, &file).unwrap();
    plimsoll().arg("lint").arg(&file).assert().code(2);
    plimsoll().args(["lint", "--fix"]).arg(&file).assert().code(0).stderr(contains("mended "));
    let mended = std::fs::read_to_string(&file).unwrap();
    assert!(mended.contains("RunTimeQuery"), "{mended}");
    plimsoll().args(["lint", "--fix"]).arg(&file).assert().code(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mended);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn the_config_json_of_a_bundle_is_checked_and_its_codes_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    let bundle = dir.path().join("bundle");
    plimsoll().args(["bundle", "host"]).arg(&bundle).assert().success();
    plimsoll().arg("lint").arg(bundle.join("config.json")).assert().code(0);
    let file = dir.path().join("config.json");
    std::fs::write(&file, "{\"ociVersion\": \"1.0.2\"").unwrap();
    plimsoll().arg("lint").arg(&file).assert().code(2).stderr(contains("config-json/not-json"));
    plimsoll()
        .args(["explain", "config-json/no-user-namespace"])
        .assert()
        .success()
        .stdout(contains("G-LIM-1"));
}
