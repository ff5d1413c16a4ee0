//! Doubles against the real programs, where they are installed: the same calls, the same exit codes, output and shape of
//! complaints. What may differ is listed in [`shape`].
#![allow(clippy::unwrap_used, reason = "a panic in a test is its report")]

mod common;

use std::process::Output;

use common::{PROGRAM, Place, Who, installed, who};

/// A call with its words, in which `ROOTFS`, `BUNDLE` and `STATE` stand for paths, and what it comes to.
fn call(place: &Place, front: &[&str], words: &[&str]) -> (Option<i32>, String, String) {
    let replaced = |word: &&str| {
        let path = |name: &str| place.dir.path().join(name).display().to_string();
        word.replace("ROOTFS", &path("bundle/rootfs"))
            .replace("BUNDLE", &path("bundle"))
            .replace("STATE", &path("state"))
            .replace("FILE", &path("notes/environment"))
    };
    let words: Vec<String> = front.iter().chain(words).map(replaced).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = place.command(&words);
    command.env_clear().envs([
        ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
        ("USER", "plimsoll"),
        ("HOME", "/home/plimsoll"),
        ("GIVEN", "by the caller"),
    ]);
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), shape(&stdout), shape(&stderr))
}

/// What is compared of a stream: without process ids, places in the program's source, the double's mark, and what the
/// shell sets by itself.
fn shape(stream: &[u8]) -> String {
    let text = String::from_utf8_lossy(stream);
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("_=")) {
        let line = line.trim_end_matches(" (double)");
        let line = match line.split_once("]: ") {
            Some((front, rest)) if front.starts_with("ch-run[") => rest,
            _ => line,
        };
        let line = match line.rfind(" (ch") {
            Some(at) if line.ends_with(')') => &line[..at],
            _ => line,
        };
        lines.push(line.to_owned());
    }
    lines.join("\n")
}

fn compare(place: &Place, real: &[&str], double: &[&str], calls: &[&[&str]]) {
    for words in calls {
        let (theirs, ours) = (call(place, real, words), call(place, double, words));
        assert_eq!(theirs, ours, "{words:?}: the real program and its double");
    }
}

fn place() -> Option<(Who, Place)> {
    let who = who("plimsoll")?;
    let place = Place::new(who, "true");
    std::fs::write(place.bundle().join("rootfs/etc/group"), "root:x:0:\n").unwrap();
    let path = place.dir.path().join("notes/environment");
    std::fs::write(&path, "FOO=bar\nQUOTED='a b'\nEMPTY=\n").unwrap();
    Some((who, place))
}

#[test]
fn charliecloud() {
    let (Some(real), Some((_, place))) = (installed("ch-run"), place()) else { return };
    let sh = |script: &'static str| ["-w", "ROOTFS", "--", "/bin/sh", "-c", script];
    let calls: &[&[&str]] = &[
        &["-w", "ROOTFS", "--", "true"],
        // It has no /etc/passwd to cover, and no place to make one.
        &["ROOTFS/bin", "--", "/busybox", "true"],
        &sh("exit 7"),
        &sh("id -u; pwd; ls -d /proc/1 /dev/null /sys/kernel"),
        &sh("kill -9 $$"),
        &sh("echo x >/written; cat /written"),
        &["ROOTFS", "--", "/bin/sh", "-c", "echo x >/w 2>/dev/null || echo read-only"],
        &["-w", "ROOTFS", "--", "env"],
        &["-w", "--set-env=FILE", "ROOTFS", "--", "env"],
        &["-w", "--bind", "/etc:/made/for/it", "--no-passwd", "ROOTFS", "--", "ls", "-d", "/made/for/it"],
        &["-w", "--bind", "/no-such-source:/x", "ROOTFS", "--", "true"],
        &["-w", "--cd", "/etc", "ROOTFS", "--", "/bin/sh", "-c", "pwd"],
        &["-w", "ROOTFS", "--", "no-such-program"],
        &["-w", "ROOTFS", "--", "/no/such/program"],
        &["-w", "ROOTFS"],
        &["/no/such/image", "--", "true"],
        &["--no-such-option", "ROOTFS", "--", "true"],
        &["--version"],
    ];
    // By its name, which it says itself.
    let name = real.file_name().unwrap().to_str().unwrap();
    compare(&place, &[name], &[PROGRAM, "double", "charliecloud"], calls);
}

#[test]
fn runsc() {
    let (Some(real), Some((_, place))) = (installed("runsc"), place()) else { return };
    let real = real.to_str().unwrap();
    let front = ["--rootless", "--network=host", "--ignore-cgroups", "--root=STATE"];
    // What runs inside is compared by whole cases; here it is what the command line comes to.
    let calls: &[&[&str]] = &[
        &["state", "none"],
        &["kill", "none"],
        &["start", "none"],
        &["delete", "none"],
        &["delete", "--force", "none"],
        &["create", "--bundle", "BUNDLE", "one"],
    ];
    let real: Vec<&str> = [real].into_iter().chain(front).collect();
    let double: Vec<&str> = [PROGRAM, "double", "runsc"].into_iter().chain(front).collect();
    compare(&place, &real, &double, calls);
}

#[test]
fn youki() {
    let (Some(real), Some((_, place))) = (installed("youki"), place()) else { return };
    let calls: &[&[&str]] = &[
        &["--root=STATE", "state", "none"],
        &["--root=STATE", "start", "none"],
        &["--root=STATE", "kill", "none", "TERM"],
        &["--root=STATE", "delete", "none"],
        &["--root=STATE", "delete", "--force", "none"],
        &["--root=STATE", "kill", "--all", "none"],
        &["--root=STATE", "state"],
        &["--root=STATE", "frob"],
    ];
    let double = [PROGRAM, "double", "youki"];
    for words in calls {
        let first = |(code, out, err): (Option<i32>, String, String)| {
            // The first line says it; a backtrace is the build's own.
            (code, out, err.lines().next().unwrap_or_default().to_owned())
        };
        let theirs = first(call(&place, &[real.to_str().unwrap()], words));
        assert_eq!(theirs, first(call(&place, &double, words)), "{words:?}: the real program and its double");
    }
}
