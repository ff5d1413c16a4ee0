//! The `config.json` of a bundle, looked at before a step is: what Slurm needs of it, what an OCI runtime needs, and what
//! an ordinary user's container needs on top.

use std::path::Path;

use oci_spec::runtime::{LinuxNamespaceType, Spec};
use serde_json::Value;

use crate::ociconf::{Code, Diagnostic, Severity, Stage};

/// Every code of this table.
pub const CODES: [Code; 7] = [
    Code {
        code: "config-json/not-json",
        rule: "L-SET-3",
        severity: Severity::Error,
        stage: Stage::Load,
        what: "The file is not JSON, and the launch fails at set-up.",
        remedy: "write it with a tool that makes bundles: runc spec --rootless, umoci unpack --rootless",
    },
    Code {
        code: "config-json/no-root-path",
        rule: "L-SET-5",
        severity: Severity::Error,
        stage: Stage::Load,
        what: "There is no root.path, and the launch fails at set-up.",
        remedy: "name the folder of the root file system, relative to the bundle: \"root\": {\"path\": \"rootfs\"}",
    },
    Code {
        code: "config-json/env-entry",
        rule: "L-SET-4",
        severity: Severity::Error,
        stage: Stage::Load,
        what: "An entry of process.env is no string, and the launch fails at set-up.",
        remedy: "write each entry as \"NAME=value\"",
    },
    Code {
        code: "config-json/not-oci",
        rule: "G-PRE-3",
        severity: Severity::Error,
        stage: Stage::Expand,
        what: "It does not have the form that the OCI runtime specification gives it; a runtime refuses it.",
        remedy: "mend the member that is named, or write it anew with runc spec --rootless",
    },
    Code {
        code: "config-json/no-user-namespace",
        rule: "G-LIM-1",
        severity: Severity::Warning,
        stage: Stage::Expand,
        what: "Without a user namespace an ordinary user cannot start it, and Slurm calls the runtime as the user.",
        remedy: "add {\"type\": \"user\"} to linux.namespaces; runc spec --rootless does",
    },
    Code {
        code: "config-json/no-id-mapping",
        rule: "G-LIM-1",
        severity: Severity::Warning,
        stage: Stage::Expand,
        what: "It has a user namespace and maps no user or no group into it; runtimes refuse that, or nobody owns the files.",
        remedy: "add linux.uidMappings and linux.gidMappings that map the user; runc spec --rootless does",
    },
    Code {
        code: "config-json/own-network",
        rule: "G-LIM-2",
        severity: Severity::Warning,
        stage: Stage::Expand,
        what: "It asks for a network namespace of its own, which has no way out: containers are promised the host's network only.",
        remedy: "take {\"type\": \"network\"} out of linux.namespaces",
    },
];

/// A code's entry.
pub fn find_code(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|entry| entry.code == code)
}

/// Whether a text is meant as a `config.json` and not as an `oci.conf`.
pub fn is_meant(path: &Path, text: &[u8]) -> bool {
    path.extension().is_some_and(|extension| extension == "json") || text.trim_ascii_start().starts_with(b"{")
}

/// Checks a text.
pub fn check(text: &[u8], path: &Path) -> Vec<Diagnostic> {
    let said = String::from_utf8_lossy(text);
    let find = |code: &str, place: Place, message: String| found(code, &said, place, path, message);
    let value: Value = match serde_json::from_slice(text) {
        Ok(value) => value,
        Err(error) => {
            let place = Place::At(error.line(), error.column());
            return vec![find("config-json/not-json", place, format!("this is not JSON: {error}"))];
        }
    };
    let mut list = Vec::new();
    if !value["root"]["path"].is_string() {
        list.push(find("config-json/no-root-path", Place::Member("root"), "root.path is missing".to_owned()));
    }
    let entries = value["process"]["env"].as_array();
    if entries.is_some_and(|entries| entries.iter().any(|entry| !entry.is_string())) {
        let message = "an entry of process.env is no string".to_owned();
        list.push(find("config-json/env-entry", Place::Member("env"), message));
    }
    match serde_json::from_value::<Spec>(value) {
        Ok(spec) => list.extend(
            rootless(&spec)
                .into_iter()
                .map(|(code, member, message)| find(code, Place::Member(member), message.to_owned())),
        ),
        Err(error) if list.is_empty() => {
            let message = format!("this is not of the specification's form: {error}");
            list.push(find("config-json/not-oci", Place::Start, message));
        }
        Err(_) => {}
    }
    list
}

/// What an ordinary user's container lacks.
fn rootless(spec: &Spec) -> Vec<(&'static str, &'static str, &'static str)> {
    let linux = spec.linux().as_ref();
    let namespaces = linux.and_then(|linux| linux.namespaces().clone()).unwrap_or_default();
    let has = |wanted: LinuxNamespaceType| namespaces.iter().find(|one| one.typ() == wanted);
    let mut list = Vec::new();
    match has(LinuxNamespaceType::User) {
        None => list.push((
            "config-json/no-user-namespace",
            "namespaces",
            "there is no user namespace among linux.namespaces",
        )),
        Some(user) if user.path().is_none() => {
            let empty = |maps: Option<usize>| maps.unwrap_or_default() == 0;
            let users = linux.and_then(|linux| linux.uid_mappings().as_ref().map(Vec::len));
            let groups = linux.and_then(|linux| linux.gid_mappings().as_ref().map(Vec::len));
            if empty(users) || empty(groups) {
                let message = "linux.uidMappings or linux.gidMappings maps nothing";
                list.push(("config-json/no-id-mapping", "linux", message));
            }
        }
        Some(_) => {}
    }
    if has(LinuxNamespaceType::Network).is_some_and(|network| network.path().is_none()) {
        list.push(("config-json/own-network", "namespaces", "there is a new network namespace"));
    }
    list
}

/// Where in the text a finding is.
#[derive(Clone, Copy)]
enum Place {
    Start,
    /// Line and column.
    At(usize, usize),
    /// The first member of this name.
    Member(&'static str),
}

fn found(code: &str, text: &str, place: Place, path: &Path, message: String) -> Diagnostic {
    // Each code that is used here is in the table, and a test goes through them.
    let entry = find_code(code).unwrap_or(&CODES[0]);
    let start = match place {
        Place::Start => 0,
        Place::Member(name) => text.find(&format!("\"{name}\"")).unwrap_or_default(),
        Place::At(line, column) => {
            let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
            (before + column.saturating_sub(1)).min(text.len())
        }
    };
    let start = (0..=start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let length = match place {
        Place::Member(name) if text[start..].starts_with('"') => name.len() + 2,
        _ => text[start..].chars().next().map_or(0, char::len_utf8),
    };
    Diagnostic {
        code: entry.code,
        rule: entry.rule,
        severity: entry.severity,
        at: entry.stage,
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        span: (start, length),
        message,
        remedy: entry.remedy.to_owned(),
        fix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: &str = r#"{"namespaces":[{"type":"user"},{"type":"mount"}],
        "uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}]}"#;

    fn config(root: &str, env: &str, linux: &str) -> String {
        format!(
            "{{\"ociVersion\":\"1.0.2\",\n \"root\":{root},\n \"process\":{{\"cwd\":\"/\",\"args\":[\"sh\"],\
             \"user\":{{\"uid\":0,\"gid\":0}},\"env\":{env}}},\n \"linux\":{linux}}}\n"
        )
    }

    const ROOT: &str = r#"{"path":"rootfs"}"#;

    #[rstest::rstest]
    #[case(config(ROOT, "[\"A=b\"]", LINUX), &[])]
    #[case("{\n oops".to_owned(), &["config-json/not-json"])]
    #[case(config("{}", "[]", LINUX), &["config-json/no-root-path"])]
    #[case(config(ROOT, "[1]", LINUX), &["config-json/env-entry"])]
    #[case(config(ROOT, "[]", "{\"namespaces\":[{\"type\":\"moon\"}]}"), &["config-json/not-oci"])]
    #[case(config(ROOT, "[]", "{\"namespaces\":[{\"type\":\"mount\"}]}"), &["config-json/no-user-namespace"])]
    #[case(config(ROOT, "[]", "{\"namespaces\":[{\"type\":\"user\"}]}"), &["config-json/no-id-mapping"])]
    #[case(config(ROOT, "[]", &LINUX.replace("mount", "network")), &["config-json/own-network"])]
    fn each_code_is_found(#[case] text: String, #[case] codes: &[&str]) {
        let found = check(text.as_bytes(), Path::new("config.json"));
        let seen: Vec<&str> = found.iter().map(|found| found.code).collect();
        assert_eq!(seen, codes, "{found:?}");
        assert!(found.iter().all(|found| found.line >= 1 && found.span.0 + found.span.1 <= text.len()));
    }

    #[test]
    fn a_place_is_a_line_and_a_column() {
        let text = config(ROOT, "[]", "{\"namespaces\":[{\"type\":\"mount\"}]}");
        let found = &check(text.as_bytes(), Path::new("config.json"))[0];
        assert_eq!((found.line, found.column), (4, 11), "{text}");
        assert!(
            is_meant(Path::new("x.json"), b"")
                && is_meant(Path::new("x"), b" {")
                && !is_meant(Path::new("oci.conf"), b"A=b")
        );
    }
}
