//! Broken oci.conf files, each with its release, code and place in its first line: `# RELEASE: CODE at LINE:COLUMN`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plimsoll_launcher::Release;
use plimsoll_launcher::ociconf::{self, Severity, Stage};
use rstest::rstest;

/// What a file's first line says.
struct Expected {
    release: Release,
    found: String,
}

fn expected(text: &[u8]) -> Option<Expected> {
    let text = String::from_utf8_lossy(text);
    let first = text.trim_start_matches('\u{feff}').lines().next()?;
    let (release, found) = first.strip_prefix("# ")?.split_once(": ")?;
    Some(Expected { release: release.parse().ok()?, found: found.to_owned() })
}

#[rstest]
fn each_broken_file_has_its_code_place_and_remedy(#[files("tests/corpus/oci-conf/*.conf")] path: PathBuf) {
    let text = std::fs::read(&path).unwrap();
    let expected = expected(&text).expect("the first line says what is expected");
    let loaded = ociconf::load(&text, &path, expected.release);
    let first = loaded.diagnostics.first().expect("something is found");
    assert_eq!(format!("{} at {}:{}", first.code, first.line, first.column), expected.found, "{first:?}");
    assert!(loaded.diagnostics.iter().all(|found| !found.remedy.is_empty() && !found.message.is_empty()));
    let entry = ociconf::find_code(first.code).expect("its code is in the table");
    assert_eq!((first.rule, first.severity, first.at), (entry.rule, entry.severity, entry.stage));
    let rejected = (entry.severity, entry.stage) == (Severity::Error, Stage::Load);
    assert_eq!(loaded.conf.is_none(), rejected, "errors of the load stage reject, and nothing else does");
    let (from, len) = first.span;
    assert!(from + len <= text.len().max(1), "the span lies in the file");
}

#[test]
fn every_code_has_a_file_of_its_own() {
    // Their files are too large, or too many, to be kept: `files_that_are_made` below has them.
    let made = ["oci-conf/too-long", "oci-conf/include-depth"].map(str::to_owned);
    let mut seen = BTreeSet::from(made);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/oci-conf");
    for entry in std::fs::read_dir(folder).unwrap() {
        let expected = expected(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        seen.insert(expected.found.split(' ').next().unwrap().to_owned());
    }
    let all: BTreeSet<String> = ociconf::all_codes().map(|code| code.code.to_owned()).collect();
    assert_eq!(seen, all);
}

fn first_code(text: &[u8], path: &Path) -> &'static str {
    let loaded = ociconf::load(text, path, Release::Guide);
    assert!(loaded.conf.is_none());
    loaded.diagnostics[0].code
}

#[test]
fn files_that_are_made() {
    let path = Path::new("/nonexistent/oci.conf");
    assert_eq!(first_code(&vec![b'#'; (1 << 20) + 1], path), "oci-conf/too-long");

    let folder = tempfile::tempdir().unwrap();
    for index in 0..12 {
        let text = format!("Include {}.conf\n", index + 1);
        std::fs::write(folder.path().join(format!("{index}.conf")), text).unwrap();
    }
    let first = folder.path().join("0.conf");
    assert_eq!(first_code(&std::fs::read(&first).unwrap(), &first), "oci-conf/include-depth");

    // Each of the ten includes the next one fifty times over: depth alone would let that run for ever.
    for index in 0..12 {
        let text = format!("Include {}.conf\n", index + 1).repeat(50);
        std::fs::write(folder.path().join(format!("{index}.conf")), text).unwrap();
    }
    assert_eq!(first_code(&std::fs::read(&first).unwrap(), &first), "oci-conf/include-depth");
}

#[test]
fn a_large_file_of_faults_is_judged_at_once() {
    let path = Path::new("/nonexistent/oci.conf");
    for text in ["x\n".repeat(1 << 18), "a=1 ".repeat(1 << 17), "RunTimeRun=1\n".repeat(1 << 15)] {
        let loaded = ociconf::load(text.as_bytes(), path, Release::Guide);
        assert!(loaded.conf.is_none());
        assert!(loaded.diagnostics.len() <= 150);
    }
}
