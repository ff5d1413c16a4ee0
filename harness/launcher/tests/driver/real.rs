//! crun and runc, as root and as an unprivileged user, with the guide's own texts.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_launcher::Release;
use plimsoll_launcher::step::{StepId, User};
use serde_json::{Value, json};

use crate::Test;
use crate::step::UNIFIED;
use crate::world::{World, is_root, task, users};

pub const TESTS: &[Test] = &[
    ("real::crun_run", || code("crun", RUN)),
    ("real::crun_create_start", || code("crun", CREATE_START)),
    ("real::runc_run", || code("runc", RUN)),
    ("real::runc_create_start", || code("runc", CREATE_START)),
    ("real::crun_create_start_pty", || pty("crun")),
    ("real::runc_create_start_pty", || pty("runc")),
    ("real::crun_create_start_signal", || signal("crun")),
    ("real::runc_create_start_signal", || signal("runc")),
];

/// The worlds made so far.
static COUNT: AtomicU32 = AtomicU32::new(0);

const QUERY_KILL_DELETE: &str = "EnvExclude=\"^(SLURM_CONF|SLURM_CONF_SERVER)=\"\n\
    RunTimeQuery=\"OCI state %n.%u.%j.%s.%t\"\nRunTimeKill=\"OCI kill -a %n.%u.%j.%s.%t\"\n\
    RunTimeDelete=\"OCI delete --force %n.%u.%j.%s.%t\"\n";
const RUN: &str = "RunTimeRun=\"OCI run --bundle %b %n.%u.%j.%s.%t\"\n";
const CREATE_START: &str =
    "RunTimeCreate=\"OCI create --bundle %b %n.%u.%j.%s.%t\"\nRunTimeStart=\"OCI start %n.%u.%j.%s.%t\"\n";

/// A step of busybox under a runtime; none where that runtime does not run by itself, which is said.
fn world(program: &str, user: User, text: &str, script: &str) -> Option<World> {
    if Command::new(program).arg("--version").output().is_err() || !Path::new("/bin/busybox").exists() {
        eprintln!("skipped: needs {program} and busybox");
        return None;
    }
    // An ordinary user would need a namespace more, which the step daemon's own tests make.
    let isolate = program == "crun" && Path::new(UNIFIED).exists();
    if isolate && !is_root() {
        eprintln!("skipped: crun refuses hybrid cgroups, and hiding them needs root");
        return None;
    }
    let root = user.uid == 0;
    let mut world = World::new(Release::Guide, user, "");
    let runtime = format!(
        "{program} {} --root={}",
        if root { "" } else { "--rootless=true" },
        world.path("site").display()
    );
    let text = format!("{QUERY_KILL_DELETE}{text}").replace("OCI", &runtime);
    std::fs::write(world.path("conf/oci.conf"), text).unwrap();
    bundle(&world, root);
    world.isolate = isolate;
    // Root's containers are told apart by cgroups of that name, which other tests share: one's delete would end another's.
    world.spec.job_id = std::process::id();
    world.spec.step = StepId::Number(COUNT.fetch_add(1, Ordering::Relaxed));
    world.spec.tasks = vec![task(0, &["/bin/sh", "-c", script])];
    Some(world)
}

/// Busybox, and what the runtime's own `spec` writes, made as the user.
fn bundle(world: &World, root: bool) {
    let bin = world.path("bundle/rootfs/bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::copy("/bin/busybox", bin.join("busybox")).unwrap();
    std::os::unix::fs::symlink("busybox", bin.join("sh")).unwrap();
    let user = &world.spec.user;
    // The runtime makes mount points in it.
    for path in [bin.parent().unwrap(), &bin] {
        chown(path, Some(user.uid), Some(user.gid)).unwrap();
    }
    std::fs::remove_file(world.path("bundle/config.json")).unwrap();
    let mut spec = Command::new("runc");
    spec.arg("spec").current_dir(world.path("bundle"));
    if !root {
        spec.arg("--rootless");
        if is_root() {
            spec.uid(user.uid).gid(user.gid);
        }
    }
    assert!(spec.status().unwrap().success(), "runc spec");
    let mut config: Value = serde_json::from_str(&world.read("bundle/config.json")).unwrap();
    config["root"]["readonly"] = json!(false);
    // What a closed machine does not allow has nothing to do with the launcher.
    config["process"]["rlimits"] = json!([]);
    world.config(&config);
}

fn each(program: &str, text: &str, script: &str, check: impl Fn(&mut World)) {
    if Command::new("runc").arg("--version").output().is_err() {
        return eprintln!("skipped: needs runc, which writes the bundle's configuration");
    }
    for user in users() {
        if let Some(mut world) = world(program, user, text, script) {
            check(&mut world);
            world.assert_spool_is_empty();
        }
    }
}

fn code(program: &str, text: &str) {
    each(
        program,
        text,
        "read line; echo \"$line $SLURM_PROCID $FROM_JOB\"; echo oops >&2; exit 42",
        |world| {
            std::fs::write(world.path("stdin"), "in\n").unwrap();
            let outcome = world.run();
            let said = (world.read("out.0"), world.read("err.0"));
            assert_eq!(said, ("in 0 1\n".to_owned(), "oops\n".to_owned()), "{outcome:?}");
            assert_eq!(outcome.tasks[0].code, Some(42), "{outcome:?}");
        },
    );
}

fn pty(program: &str) {
    each(program, CREATE_START, "test -t 0 && test -t 1 && echo yes; exit 6", |world| {
        world.spec.pty = true;
        let outcome = world.run();
        assert_eq!(
            (world.read("out.0").as_str(), outcome.tasks[0].code),
            ("yes\r\n", Some(6)),
            "{outcome:?}"
        );
    });
}

fn signal(program: &str) {
    let script = "trap 'echo term; exit 9' TERM; echo up; while :; do sleep 0.01; done";
    each(program, CREATE_START, script, |world| {
        let mut running = world.start();
        let pid = running.pids()[0];
        running.until("the container", |world| world.read("out.0") == "up\n");
        kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
        let outcome = running.end();
        assert_eq!(
            (world.read("out.0").as_str(), outcome.tasks[0].code),
            ("up\nterm\n", Some(9)),
            "{outcome:?}"
        );
    });
}
