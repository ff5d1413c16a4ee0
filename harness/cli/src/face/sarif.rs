//! Findings of lint as SARIF 2.1.0, which code hosts show beside the lines that they are about.
//!
//! Written as JSON by hand: the document is small, and the types of `serde-sarif` read it back in a test.

use plimsoll_launcher::ociconf::{Diagnostic, Severity};
use serde_json::{Value, json};

use super::explain::find_code;

/// Where the format's schema is.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A document of findings.
pub fn document(found: &[&Diagnostic]) -> Value {
    let mut codes: Vec<&str> = found.iter().map(|found| found.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<Value> = found
        .iter()
        .map(|found| result(found, codes.iter().position(|code| *code == found.code).unwrap_or_default()))
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "plimsoll", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }]
    })
}

fn rule(code: &str) -> Value {
    let Some(entry) = find_code(code) else { return json!({ "id": code }) };
    json!({
        "id": code,
        "shortDescription": { "text": entry.what },
        "help": { "text": entry.remedy },
        "defaultConfiguration": { "level": level(entry.severity) },
        "properties": { "rule": entry.rule, "source": entry.source() },
    })
}

fn result(found: &Diagnostic, rule: usize) -> Value {
    let path = found.path.display().to_string();
    let (start, length) = found.span;
    let mut result = json!({
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": level(found.severity),
        "message": { "text": format!("{}; {}", found.message, found.remedy) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&path) },
            "region": { "startLine": found.line, "startColumn": found.column, "byteOffset": start, "byteLength": length },
        }}],
    });
    if let Some(fix) = &found.fix {
        let (start, length) = fix.span;
        result["fixes"] = json!([{
            "description": { "text": found.remedy },
            "artifactChanges": [{
                "artifactLocation": { "uri": uri(&path) },
                "replacements": [{
                    "deletedRegion": { "byteOffset": start, "byteLength": length },
                    "insertedContent": { "text": fix.text },
                }],
            }],
        }]);
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A path as a relative or absolute reference; what a URI does not hold is written in hexadecimal digits.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}
