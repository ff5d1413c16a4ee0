//! What holds for every text: nothing panics, every finding has a place, and what is written comes back.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use miette::GraphicalReportHandler;
use plimsoll_launcher::Release;
use plimsoll_launcher::ociconf::{self, Severity, Stage};
use plimsoll_launcher::pattern::{self, Values};
use plimsoll_launcher::step::StepId;
use proptest::prelude::*;

const PATH: &str = "/nonexistent/oci.conf";

/// Pieces that an `oci.conf` is made of, good and bad.
const PIECES: [&str; 40] = [
    "RunTimeRun",
    "RunTimeKill",
    "RunTimeDelete",
    "RunTimeCreate",
    "OCIRunTimeStart",
    "EnvExclude",
    "DisableHooks",
    "CreateEnvFile",
    "IgnoreFileConfigJson",
    "ContainerPath",
    "Include",
    "=",
    "=",
    "=",
    "\"",
    "\"",
    " ",
    " ",
    "\t",
    "\n",
    "\n",
    "\\",
    "\\\n",
    "#",
    "%",
    "%b",
    "%U",
    "true",
    "[",
    "(",
    "é",
    "\u{feff}",
    "\r\n",
    "--root=/tmp",
    "'",
    "%@",
    "+=",
    "\0",
    "\u{a0}",
    "\u{201c}",
];

fn release() -> impl Strategy<Value = Release> {
    prop::sample::select(Release::ALL.to_vec())
}

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

fn values<'a>(argv: &'a [OsString], bundle: &'a Path) -> Values<'a> {
    Values {
        argv: Some(argv),
        bundle,
        env_file: Path::new("/s/environment"),
        job_id: 7,
        step: StepId::Batch,
        task: Some(1),
        node_name: "n1",
        user_name: "ada",
        uid: 1000,
        rootfs: Path::new("/b/rootfs"),
        spool_dir: Path::new("/s"),
        pid: Some(99),
        work_dir: Path::new("/w"),
    }
}

/// Every finding lies in the text, and the verdict is that of the findings.
fn is_sound(text: &[u8], release: Release) -> Result<(), TestCaseError> {
    let loaded = ociconf::load(text, Path::new(PATH), release);
    for found in &loaded.diagnostics {
        prop_assert!(found.line >= 1 && found.column >= 1);
        prop_assert!(found.span.0 + found.span.1 <= text.len().max(1) + 1, "{found:?}");
        prop_assert!(!found.remedy.is_empty());
        // Shown as it is, with the text as a reader of the file would decode it, and with none.
        for text in [String::from_utf8_lossy(text).as_ref(), ""] {
            let mut shown = String::new();
            let report = ociconf::Report::new(found, text);
            prop_assert!(GraphicalReportHandler::new().render_report(&mut shown, &report).is_ok());
            prop_assert!(shown.contains(found.code));
        }
    }
    let rejects = |found: &ociconf::Diagnostic| (found.severity, found.at) == (Severity::Error, Stage::Load);
    prop_assert_eq!(loaded.conf.is_none(), loaded.diagnostics.iter().any(rejects));
    if let Ok(text) = std::str::from_utf8(text) {
        // A fix is applied without a panic, whatever it leads to.
        let _ = ociconf::repaired(text, Path::new(PATH), &loaded.diagnostics);
        if let Some(repaired) = ociconf::repair(text.as_bytes(), Path::new(PATH), release) {
            let again = ociconf::load(repaired.as_bytes(), Path::new(PATH), release);
            prop_assert!(again.diagnostics.iter().all(|found| found.severity == Severity::Warning));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..200), release in release()) {
        is_sound(&text, release)?;
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,80}", release in release()) {
        is_sound(text.as_bytes(), release)?;
    }

    #[test]
    fn no_soup_panics(text in soup(), release in release()) {
        is_sound(text.as_bytes(), release)?;
    }

    /// What is quoted and escaped as the rules say comes back as it was, continued lines and all.
    #[test]
    fn a_value_comes_back(value in "[^\"\\p{Cc}]{0,40}", split in any::<prop::sample::Index>()) {
        let written: Vec<String> = value.chars().map(|character| match character {
            '\\' | '#' => format!("\\{character}"),
            other => other.to_string(),
        }).collect();
        // A line that ends in an escaped backslash and a continuation would have three: still odd, still one.
        let split = split.index(written.len() + 1);
        let (first, second) = (written[..split].concat(), written[split..].concat());
        let text = format!("RunTimeKill=a RunTimeDelete=b RunTimeRun=\"{first}\\\n{second}\"\n");
        let loaded = ociconf::load(text.as_bytes(), Path::new(PATH), Release::Guide);
        let conf = loaded.conf;
        prop_assert!(conf.is_some(), "{:?}", loaded.diagnostics);
        prop_assert_eq!(conf.and_then(|conf| conf.run), Some(value));
    }

    /// Text whose percent signs are doubled expands to itself, and is never complained of.
    #[test]
    fn doubled_percent_signs_round_trip(text in "(%|[a-z]|\\PC){0,40}", release in release()) {
        let pattern = text.replace('%', "%%");
        prop_assert_eq!(pattern::check(&pattern, release), Ok(()));
        let expanded = pattern::expand(&pattern, &values(&[], Path::new("/b")), release);
        prop_assert_eq!(expanded, Ok(OsString::from(text)));
    }

    /// `check` and `expand` are of one mind.
    #[test]
    fn a_check_foretells_the_expansion(pattern in "(%[@%a-zA-Z]?|[a-z ]){0,12}", release in release()) {
        let expanded = pattern::expand(&pattern, &values(&[], Path::new("/b")), release);
        prop_assert_eq!(pattern::check(&pattern, release).err(), expanded.err());
    }

    /// The bytes of a path survive, text or not.
    #[test]
    fn bytes_of_a_path_survive(bytes in prop::collection::vec(1_u8.., 1..20), release in release()) {
        let bundle = OsString::from_vec(bytes.clone());
        let expanded = pattern::expand("<%b>", &values(&[], Path::new(&bundle)), release);
        let expected = [b"<".as_slice(), &bytes, b">"].concat();
        prop_assert_eq!(expanded.map(|text| text.as_bytes().to_vec()), Ok(expected));
    }
}
