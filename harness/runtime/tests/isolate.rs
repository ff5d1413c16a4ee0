//! Private cgroups with the real crun, as root, as root that becomes a user, and as the user itself.
mod common;

use std::fs;
use std::process::Command;

use common::{PROGRAM, Place, installed, stdout, who};
use plimsoll_runtime::probe::{CgroupMode, cgroup_mode};
use rstest::rstest;

/// The user of the tests' machine.
const USER: &str = "plimsoll";

#[rstest]
#[case::root("root", &[])]
#[case::user(USER, &[])]
#[case::root_for_the_user(USER, &[PROGRAM, "isolate"])]
fn crun_runs_where_cgroups_were_hybrid(#[case] user: &str, #[case] outer: &[&str]) {
    let (Some(crun), Some(_), Some(who)) = (installed("crun"), installed("busybox"), who(user)) else {
        return;
    };
    let place = Place::new(who, "hostname; id -u");
    let state = place.state();
    let inner = [
        PROGRAM,
        "isolate",
        crun.to_str().unwrap(),
        "--rootless=true",
        "--root",
        state.to_str().unwrap(),
        "run",
        "--bundle",
        "bundle",
        "test",
    ];
    let command = place.command(&inner);
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let output = match outer.split_first() {
        None => { command }.output().unwrap(),
        Some((program, words)) => {
            let mut outside = Command::new(program);
            outside.args(words).arg(command.get_program()).args(command.get_args());
            outside
                .current_dir(place.dir.path())
                .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
                .output()
                .unwrap()
        }
    };
    assert_eq!(stdout(&output), "inside\n0\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(mounts, fs::read_to_string("/proc/self/mountinfo").unwrap(), "the host's mounts were touched");
}

#[rstest]
fn what_is_started_afterwards_is_ordinary(#[values("root", USER)] user: &str) {
    let (Some(_), Some(who)) = (installed("busybox"), who(user)) else { return };
    let place = Place::new(who, "true");
    let script = "id -u; id -g; grep -c unified /proc/self/mountinfo; grep ^CapAmb: /proc/self/status; grep ^CapPrm: /proc/self/status";
    let text = stdout(&place.run(&[PROGRAM, "isolate", "sh", "-c", &format!("{script}; true")]));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], [who.uid.to_string(), who.gid.to_string()]);
    assert_eq!(lines[3], "CapAmb:\t0000000000000000");
    if who.uid != 0 {
        assert_eq!(lines[4], "CapPrm:\t0000000000000000");
    }
    if cgroup_mode() == CgroupMode::Hybrid && who.uid == 0 {
        assert_eq!(lines[2], "0");
    }
}

#[test]
fn twice_is_once() {
    let (Some(_), Some(who)) = (installed("busybox"), who("root")) else { return };
    let place = Place::new(who, "true");
    stdout(&place.run(&[PROGRAM, "isolate", PROGRAM, "isolate", "true"]));
}
