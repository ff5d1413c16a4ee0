//! The examples of the Slurm Containers Guide as printed, a file each: what each release makes of them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use plimsoll_launcher::ociconf::{self, Severity};
use plimsoll_launcher::{Mode, Release};

fn examples() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/guide");
    let entries = std::fs::read_dir(folder).expect("the examples are part of the crate");
    let named = entries.map(|entry| {
        let path = entry.expect("its entries can be read").path();
        (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path)
    });
    let mut examples: Vec<_> = named.collect();
    examples.sort();
    examples
}

/// The codes of all errors, each once, in order.
fn errors(text: &str, path: &Path, release: Release) -> String {
    let loaded = ociconf::load(text.as_bytes(), path, release);
    let found = loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let mut codes: Vec<&str> = found.map(|found| found.code.trim_start_matches("oci-conf/")).collect();
    codes.dedup();
    let verdict = if loaded.conf.is_some() { "loads" } else { "rejected" };
    format!("{verdict} {}", codes.join(" "))
}

/// An example without the keys that 22.05 does not have, which is as far as it can be carried there.
fn without_new_keys(text: &str) -> String {
    let quotes: Vec<&str> = text.split_inclusive('"').collect();
    let pairs = quotes.chunks(2).map(<[&str]>::concat);
    pairs.filter(|pair| !pair.contains("EnvExclude")).collect()
}

#[test]
fn each_release_has_its_verdict() {
    let mut shown = String::new();
    for (name, path) in examples() {
        let text = std::fs::read_to_string(&path).unwrap();
        for release in Release::ALL {
            let verdict = errors(&text, &path, release);
            writeln!(shown, "{name} {release}: {}", verdict.trim_end()).unwrap();
        }
        let text = without_new_keys(&text);
        let verdict = errors(&text, &path, Release::V22_05);
        writeln!(shown, "{name} 22.05, less what it has no keys for: {}", verdict.trim_end()).unwrap();
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn every_example_but_one_loads_for_the_guide() {
    let examples = examples();
    assert_eq!(examples.len(), 11);
    for (name, path) in examples {
        let text = std::fs::read(&path).unwrap();
        let loaded = ociconf::load(&text, &path, Release::Guide);
        assert_eq!(
            loaded.conf.is_some(),
            name != "hpcng-singularity-3.8",
            "{name}: {:?}",
            loaded.diagnostics
        );
        if let Some(conf) = loaded.conf {
            let mode = if name.ends_with("create-start") { Mode::CreateStart } else { Mode::Run };
            assert_eq!(conf.mode(), mode, "{name}");
        }
    }
}

#[test]
fn the_one_that_predates_slurms_names_is_repaired() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/guide/hpcng-singularity-3.8.conf");
    let text = std::fs::read_to_string(&path).unwrap();
    let loaded = ociconf::load(text.as_bytes(), &path, Release::Guide);
    let codes: Vec<&str> = loaded.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, [["oci-conf/old-key"; 5].as_slice(), &["oci-conf/unterminated-quote"]].concat());
    let quote = &loaded.diagnostics[5];
    assert!(text[quote.span.0..].starts_with("\"sudo singularity oci delete"));

    let repaired = ociconf::repaired(&text, &path, &loaded.diagnostics).unwrap();
    let loaded = ociconf::load(repaired.as_bytes(), &path, Release::Guide);
    let conf = loaded.conf.expect("the repaired text loads");
    assert_eq!(conf.mode(), Mode::CreateStart);
    assert_eq!(conf.delete.as_deref(), Some("sudo singularity oci delete %n.%u.%j.%s.%t"));
    assert_eq!(repaired, text.replace("OCIRunTime", "RunTime").trim_end().to_owned() + "\"\n");
}
