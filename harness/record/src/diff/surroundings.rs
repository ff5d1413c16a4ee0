//! What differs where two records were made: Slurm, runtimes, kernel, packages, `oci.conf`.

use std::collections::BTreeMap;

use serde::Serialize;
use similar::TextDiff;

use crate::{ProfileInfo, Record, digest};

/// Longest value that is shown as it is, in bytes.
const LONGEST: usize = 200;

/// Rows of the host that say which machine it was, not what it is like.
const NAMES: [&str; 1] = ["name"];

/// Something that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What: `kernel`, `crun-run: driven by` …
    pub what: String,
    /// Before; none where it was not noted, or not there.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
    /// The change of a text, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// Every row that differs, in an order that does not change.
pub fn rows(before: &Record, after: &Record) -> Vec<Row> {
    let (old, new) = (&before.run, &after.run);
    let mut rows = Vec::new();
    let mut add = |what: &str, before: Option<&str>, after: Option<&str>| {
        if before != after {
            let own = |text: Option<&str>| text.map(str::to_owned);
            rows.push(Row { what: what.to_owned(), before: own(before), after: own(after), diff: None });
        }
    };
    add("world", Some(&old.world), Some(&new.world));
    add("release", Some(&old.release), Some(&new.release));
    add("plimsoll", Some(&old.plimsoll), Some(&new.plimsoll));
    add("plimsoll (SHA-256)", old.program.as_deref(), new.program.as_deref());
    for (what, value) in both(&old.host, &new.host) {
        let [before, after] = value;
        if !NAMES.contains(&what) {
            add(what, before, after);
        }
    }
    let (jobs, newer) = (old.jobs.to_string(), new.jobs.to_string());
    add("cases at the same time", Some(&jobs), Some(&newer));
    for profile in &new.profiles {
        if let Some(earlier) = old.profiles.iter().find(|earlier| earlier.id == profile.id) {
            rows.extend(of_profile(earlier, profile));
        }
    }
    rows
}

fn both<'a>(
    old: &'a [(String, String)],
    new: &'a [(String, String)],
) -> BTreeMap<&'a str, [Option<&'a str>; 2]> {
    let mut values: BTreeMap<&str, [Option<&str>; 2]> = BTreeMap::new();
    for (side, list) in [old, new].into_iter().enumerate() {
        for (name, value) in list {
            values.entry(name).or_default()[side] = Some(value);
        }
    }
    values
}

fn of_profile(old: &ProfileInfo, new: &ProfileInfo) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |what: &str, before: Option<String>, after: Option<String>, diff: Option<String>| {
        if before != after {
            rows.push(Row { what: format!("{}: {what}", new.id), before, after, diff });
        }
    };
    let driven = |profile: &ProfileInfo| {
        let double = if profile.real { "" } else { "DOUBLE: " };
        Some(format!("{double}{}", profile.why))
    };
    add("driven by", driven(old), driven(new), None);
    add("runtime (SHA-256)", old.program.clone(), new.program.clone(), None);
    add("mode", Some(old.mode.clone()), Some(new.mode.clone()), None);
    let hash = |profile: &ProfileInfo| {
        let digits = digest::of(profile.oci_conf.as_deref()?.as_bytes());
        Some(format!("SHA-256 {}", digits.get(..16).unwrap_or(&digits)))
    };
    let diff = match (&old.oci_conf, &new.oci_conf) {
        (Some(before), Some(after)) => Some(unified(before, after)),
        _ => None,
    };
    add("oci.conf", hash(old), hash(new), diff);
    rows
}

/// A unified diff without a header.
pub fn unified(before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(0)
        .missing_newline_hint(false)
        .to_string()
}

/// A value for people.
pub fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "not noted".to_owned(), |value| crate::text::short_line(value, LONGEST))
}
