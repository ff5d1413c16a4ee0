//! A certificate from end to end: a whole run through an `oci.conf` whose runtime is this program's own, certified, signed by
//! OpenSSH's own key, judged again elsewhere, and found out when it was tampered with.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const SECRET: &str = "hunter2-and-some-more";

fn plimsoll(dir: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(words).current_dir(dir).env("NO_COLOR", "1").env("API_TOKEN", SECRET).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A whole run of the cases with an `oci.conf` of one's own.
fn run(dir: &Path) {
    let open =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    open(dir, 0o755);
    let state = dir.join("state");
    std::fs::create_dir(&state).unwrap();
    open(&state, 0o1777);
    let runtime = format!("{} runtime --root={}/", env!("CARGO_BIN_EXE_plimsoll"), state.display());
    let conf = format!(
        "EnvExclude=\"^(SLURM_CONF|SLURM_CONF_SERVER)=\"\nRunTimeEnvExclude=\"^(SLURM_CONF|SLURM_CONF_SERVER)=\"\n\
         RunTimeQuery=\"{runtime} state %n.%u.%j.%s.%t\"\nRunTimeKill=\"{runtime} kill -a %n.%u.%j.%s.%t\"\n\
         RunTimeDelete=\"{runtime} delete --force %n.%u.%j.%s.%t\"\nRunTimeRun=\"{runtime} run --bundle %b %n.%u.%j.%s.%t\"\n"
    );
    std::fs::write(dir.join("oci.conf"), conf).unwrap();
    let ran = plimsoll(dir, &["run", "--oci-conf", "oci.conf", "--out", "record", "--time-scale", "3"]);
    assert!(matches!(ran.status.code(), Some(0 | 1)), "{}", text(&ran));
}

#[test]
fn what_was_run_is_certified_signed_and_judged_again_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path());
    let keygen = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", "key"])
        .current_dir(dir.path())
        .status();
    let signed = keygen.is_ok_and(|status| status.success());
    let mut words = vec!["certify", "record", "--out", "acme.tar.zst", "--format", "json"];
    if signed {
        words.extend(["--key", "key"]);
    }
    let made = plimsoll(dir.path(), &words);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made));
    let certificate: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert!(certificate["redacted"].as_array().unwrap().contains(&"API_TOKEN".into()), "{certificate}");
    assert_eq!(certificate["suite"]["sound"], false);
    let elsewhere = tempfile::tempdir().unwrap();
    for name in ["acme.tar.zst", "acme.tar.zst.sig", "key.pub"] {
        if signed || name == "acme.tar.zst" {
            std::fs::copy(dir.path().join(name), elsewhere.path().join(name)).unwrap();
        }
    }
    let mut words = vec!["verify", "acme.tar.zst"];
    if signed {
        words.extend(["--key", "key.pub"]);
    }
    let verified = plimsoll(elsewhere.path(), &words);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified));
    assert!(text(&verified).contains("it holds"), "{}", text(&verified));
    if signed {
        // The signature is one that OpenSSH itself takes.
        let archive = std::fs::File::open(elsewhere.path().join("acme.tar.zst")).unwrap();
        let checked = Command::new("ssh-keygen")
            .args(["-Y", "check-novalidate", "-n", "plimsoll-certificate", "-s", "acme.tar.zst.sig"])
            .current_dir(elsewhere.path())
            .stdin(Stdio::from(archive))
            .output()
            .unwrap();
        assert!(checked.status.success(), "{checked:?}");
    }
    tampering_is_found(elsewhere.path(), signed);
    let rules = plimsoll(elsewhere.path(), &["certify", "--check", "."]);
    assert_eq!(rules.status.code(), Some(1));
    assert!(text(&rules).contains("no PRODUCT.toml says"), "{}", text(&rules));
}

fn tampering_is_found(dir: &Path, signed: bool) {
    let unpack = |archive: &Path| {
        let zstd = Command::new("zstd").args(["-dc"]).arg(archive).output();
        zstd.map(|output| output.stdout).unwrap_or_default()
    };
    let path = dir.join("acme.tar.zst");
    let archive = std::fs::read(&path).unwrap();
    // Nothing of the secret is in it, if there is a zstd to look with.
    let plain = unpack(&path);
    assert!(!String::from_utf8_lossy(&plain).contains(SECRET));
    let mut flipped = archive.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    std::fs::write(&path, flipped).unwrap();
    let verified = plimsoll(dir, &["verify", "acme.tar.zst"]);
    assert_eq!(verified.status.code(), Some(1), "{}", text(&verified));
    if signed {
        let verified = plimsoll(dir, &["verify", "acme.tar.zst", "--key", "key.pub"]);
        assert!(text(&verified).contains("signature:"), "{}", text(&verified));
    }
    std::fs::write(&path, archive).unwrap();
}

#[test]
fn what_is_no_ground_for_a_certificate_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let ran = plimsoll(dir.path(), &["run", "pattern.ids", "--profile", "builtin-run", "--out", "record"]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran));
    let made = plimsoll(dir.path(), &["certify", "record"]);
    assert_eq!(made.status.code(), Some(2), "{}", text(&made));
    assert!(text(&made).contains("profile builtin-run is driven by a double"), "{}", text(&made));
    assert_eq!(plimsoll(dir.path(), &["verify", "none.tar.zst"]).status.code(), Some(2));
    std::fs::write(dir.path().join("bad.tar.zst"), "no archive").unwrap();
    assert_eq!(plimsoll(dir.path(), &["verify", "bad.tar.zst"]).status.code(), Some(1));
}
