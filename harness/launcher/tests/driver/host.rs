//! Steps without a container.

use plimsoll_launcher::Release;

use crate::Test;
use crate::world::{World, myself, other, task, users};

pub const TESTS: &[Test] = &[
    ("host::a_command_runs_with_its_environment_and_code", code),
    ("host::no_oci_conf_means_the_host", no_oci_conf),
    ("host::a_command_that_cannot_be_executed_has_the_errors_number", cannot_execute),
    ("host::a_missing_work_dir_is_replaced", missing_work_dir),
    ("host::a_task_starts_with_a_clean_slate", clean_slate),
    ("host::a_signal_to_the_group_ends_all_of_it", signal),
    ("host::a_pty_is_the_tasks_terminal", pty),
    ("host::root_acts_as_the_user", as_user),
];

/// A step that asks for no container, of a shell text.
fn world(text: &str) -> World {
    let mut world = World::new(Release::Guide, myself(), "");
    world.spec.container = None;
    world.spec.tasks = vec![task(0, &["sh", "-c", text])];
    world
}

fn code() {
    let mut world = world("read -r line; echo \"$line $FROM_JOB $SLURM_PROCID $OF_DAEMON|$PWD\"; exit 7");
    std::fs::write(world.path("stdin"), "hello\n").unwrap();
    world.spec.tasks.push(task(1, &["sh", "-c", "exit $SLURM_PROCID"]));
    let outcome = world.run();
    assert!(!outcome.contained);
    assert_eq!((outcome.tasks[0].code, outcome.tasks[1].code), (Some(7), Some(1)));
    assert_eq!(world.read("out.0"), format!("hello 1 0 |{}\n", world.path("work").display()));
    world.assert_spool_is_empty();
}

/// Rule L-SET-1.
fn no_oci_conf() {
    for release in Release::ALL {
        let mut world = world("exit 4");
        world.spec.release = release;
        world.spec.container = Some(world.path("nowhere").into());
        let outcome = world.run();
        assert_eq!((outcome.contained, outcome.tasks[0].code), (false, Some(4)), "{release}");
        assert!(outcome.log[0].contains("is ignored"), "{:?}", outcome.log);
    }
}

fn cannot_execute() {
    let mut world = world("");
    world.spec.tasks = vec![task(0, &["no-such-command"])];
    let ended = world.run().tasks.remove(0);
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.report, "error: execve(): no-such-command: No such file or directory\n");
    std::fs::write(world.path("work/plain"), "text").unwrap();
    world.spec.tasks = vec![task(0, &["./plain"])];
    let ended = world.run().tasks.remove(0);
    assert_eq!(
        (ended.code, ended.report.as_str()),
        (Some(13), "error: execve(): ./plain: Permission denied\n")
    );
}

fn missing_work_dir() {
    let mut world = world("pwd");
    world.spec.work_dir = world.path("gone");
    let outcome = world.run();
    assert_eq!(world.read("out.0"), "/tmp\n");
    let report = &outcome.tasks[0].report;
    assert!(report.contains("gone: No such file or directory: going to /tmp instead"), "{report}");
}

fn clean_slate() {
    let world = world("grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd | tr '\\n' ' '");
    world.run();
    let shown = world.read("out.0");
    let bits = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(name)).unwrap();
        u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap()
    };
    // The C library keeps signals 32 and 33 for itself.
    assert_eq!((bits("SigBlk"), bits("SigIgn") & 0x7fff_ffff), (0, 0), "{shown}");
    // The fourth is of `ls` itself.
    assert!(shown.ends_with("0 1 2 3 "), "{shown}");
}

fn signal() {
    let world = world("sleep 1000 & echo $! >pid; wait");
    let mut running = world.start();
    let pid = running.pids()[0];
    running.until("the child's pid", |world| world.read("work/pid").ends_with('\n'));
    let child: i32 = world.read("work/pid").trim().parse().unwrap();
    nix::sys::signal::killpg(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM).unwrap();
    // It is signalled with the others, and dies in its own time.
    running.until("the child's end", |_| !crate::world::lives(child));
    assert_eq!(running.end().tasks[0].signal, Some(libc::SIGTERM));
}

fn pty() {
    let mut world = world("test -t 0 && test -t 1 && test -t 2 && echo yes >/dev/tty; exit 5");
    world.spec.pty = true;
    assert_eq!(world.run().tasks[0].code, Some(5));
    assert_eq!(world.read("out.0"), "yes\r\n");
}

fn as_user() {
    let Some(user) = other() else {
        return eprintln!("skipped: needs root and a user `plimsoll`");
    };
    let mut world = World::new(Release::Guide, user.clone(), "");
    world.spec.container = None;
    world.spec.user.groups = vec![user.gid, 54_321];
    world.spec.tasks = vec![task(0, &["sh", "-c", "id -u; id -G; touch made"])];
    assert_eq!(world.run().tasks[0].code, Some(0));
    assert_eq!(world.read("out.0"), format!("{}\n{} 54321\n", user.uid, user.gid));
    let owner = std::os::unix::fs::MetadataExt::uid(&world.path("work/made").metadata().unwrap());
    assert_eq!(owner, user.uid);
    assert_eq!(users().len(), 2);
}
