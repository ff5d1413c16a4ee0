//! Create/start mode: what the guide promises, and the open defects of the releases.

use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use plimsoll_launcher::Release;

use crate::Test;
use crate::world::{CREATE_START, World, lives, myself, users};

pub const TESTS: &[Test] = &[
    ("create_start::the_containers_code_and_streams_are_the_tasks", promised),
    ("create_start::a_signal_is_handed_on", handed_on),
    ("create_start::a_signal_to_the_group_is_the_containers_alone", to_the_group),
    ("create_start::a_signal_that_ends_the_container_shows_in_the_code", ended_by_signal),
    ("create_start::several_tasks_run_side_by_side", several),
    ("create_start::the_container_has_the_tasks_terminal", pty),
    ("create_start::a_container_without_a_pid_never_succeeds", no_pid),
    ("create_start::a_start_that_fails_has_its_code", start_fails),
    ("create_start::releases_lose_the_code", loses_the_code),
    ("create_start::releases_wait_for_who_holds_creates_output", waits_for_output),
    ("create_start::warnings_spoil_an_answer_in_releases", warns),
    ("create_start::a_container_that_never_comes_is_given_up", never_comes),
    ("create_start::a_killed_task_leaves_no_container", killed),
];

fn world(release: Release, program: &str) -> World {
    let world = World::new(release, myself(), CREATE_START);
    world.script("program", &format!("#!/bin/sh\n{program}\n"));
    world
}

fn container(world: &World) -> i32 {
    world.read("site/state.n1.7.0.0/pid").trim().parse().unwrap()
}

fn promised() {
    for user in users() {
        let world = World::new(Release::Guide, user, CREATE_START);
        world.script("program", "#!/bin/sh\ncat; echo oops >&2; grep SigBlk /proc/self/status; exit 7\n");
        std::fs::write(world.path("stdin"), "in\n").unwrap();
        let outcome = world.run();
        assert_eq!(outcome.tasks[0].code, Some(7), "{:?}", outcome.tasks);
        assert_eq!(world.read("out.0"), "in\nSigBlk:\t0000000000000000\n");
        assert_eq!(world.read("err.0"), "oops\n");
        let calls = world.calls();
        let id = "n1.7.0.0";
        let expected =
            ["create", "state", "start", "state", "delete"].map(|operation| format!("{operation} {id}"));
        // Behind them the clean-up's question for no task at all.
        assert_eq!(calls[..5], expected);
        assert_eq!(calls[5..], ["state n1.7.0.-1"]);
        let uids = world.read("site/calls");
        let uid = format!(" uid={} ", world.spec.user.uid);
        assert!(uids.lines().all(|line| line.contains(&uid)), "G-LIM-1: {uids}");
        world.assert_spool_is_empty();
    }
}

fn handed_on() {
    let world = world(
        Release::Guide,
        "trap 'echo term; exit 12' TERM; trap 'echo usr1' USR1; echo up; while :; do read x; sleep 0.01; done",
    );
    let mut running = world.start();
    let pid = Pid::from_raw(running.pids()[0]);
    running.until("the container", |world| world.read("out.0") == "up\n");
    kill(pid, Signal::SIGUSR1).unwrap();
    running.until("the first signal", |world| world.read("out.0").contains("usr1"));
    kill(pid, Signal::SIGTERM).unwrap();
    assert_eq!(running.end().tasks[0].code, Some(12));
    assert_eq!(world.read("out.0"), "up\nusr1\nterm\n");
}

/// A step daemon signals the task's group: an operation that is under way goes on, and the signal waits for the container.
fn to_the_group() {
    let world =
        world(Release::Guide, "trap 'echo term; exit 12' TERM; echo up; while :; do sleep 0.01; done");
    let slow = world.read("site/runtime").replace("start) ", "start) touch \"$here/starts\"; sleep 0.2; ");
    world.script("runtime", &slow);
    let mut running = world.start();
    let pid = Pid::from_raw(running.pids()[0]);
    running.until("the start", |world| world.path("site/starts").exists());
    killpg(pid, Signal::SIGTERM).unwrap();
    let outcome = running.end();
    // Handed on as soon as the container runs: before or after it has set its trap.
    assert!([Some(12), Some(128 + libc::SIGTERM)].contains(&outcome.tasks[0].code), "{:?}", outcome.tasks);
    assert!(world.calls().contains(&"delete n1.7.0.0".to_owned()));
    world.assert_spool_is_empty();
}

fn ended_by_signal() {
    let outcome = world(Release::Guide, "kill -s KILL $$").run();
    assert_eq!(outcome.tasks[0].code, Some(128 + libc::SIGKILL));
}

fn several() {
    let mut world = world(Release::Guide, "pwd; exit 3");
    world.tasks(3, &["true"]);
    let outcome = world.run();
    assert_eq!(outcome.tasks.iter().map(|task| task.code).collect::<Vec<_>>(), [Some(3); 3]);
    assert!(world.read("out.2").ends_with("task-2\n"));
    world.assert_spool_is_empty();
}

fn pty() {
    let mut world = world(
        Release::Guide,
        "test -t 0 && test -t 1 && echo yes; grep -o '\"terminal\": [a-z]*' config.json; exit 6",
    );
    world.spec.pty = true;
    let outcome = world.run();
    assert_eq!(outcome.tasks[0].code, Some(6), "{:?}", outcome.tasks);
    assert_eq!(world.read("out.0"), "yes\r\n\"terminal\": false\r\n");
}

fn no_pid() {
    let world = world(Release::Guide, "exit 0");
    world.touch("site/hides.pid");
    let outcome = world.run();
    assert_eq!(outcome.tasks[0].code, Some(1));
    assert!(outcome.tasks[0].report.contains("its exit code cannot be seen"), "{:?}", outcome.tasks);
}

/// R-OPEN-2: a raw wait status of 3 << 8 is 0 to exit.
fn start_fails() {
    for release in Release::ALL {
        // Closed, so that releases do not wait for the container's end (R-OPEN-7).
        let world = world(release, "exit 0");
        world.script("runtime", &quiet(&world));
        world.touch("site/start.fails");
        let outcome = world.run();
        let expected = if release == Release::Guide { 3 } else { 0 };
        assert_eq!(outcome.tasks[0].code, Some(expected), "{release}: {:?}", outcome.tasks);
    }
}

/// A runtime whose containers do not hold create's output.
fn quiet(world: &World) -> String {
    world.read("site/runtime").replace("<&4 4<&- &", "<&4 4<&- >/dev/null 2>&1 &")
}

/// R-OPEN-2.
fn loses_the_code() {
    for release in Release::ALL {
        let world = world(release, "exit 7");
        world.script("runtime", &quiet(&world));
        let outcome = world.run();
        let expected = if release.has_open_defects() { 0 } else { 7 };
        assert_eq!(outcome.tasks[0].code, Some(expected), "{release}: {:?}", outcome.tasks);
        world.assert_spool_is_empty();
    }
}

/// R-OPEN-7.
fn waits_for_output() {
    let world = world(Release::V24_11, "exit 0");
    let mut running = world.start();
    running.until("the container", |world| world.read("site/state.n1.7.0.0/pid").ends_with('\n'));
    // There is nothing to wait for in what does not happen: long enough for hundreds of questions.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(world.calls(), ["create n1.7.0.0"]);
    kill(Pid::from_raw(container(&world)), Signal::SIGKILL).unwrap();
    let outcome = running.end();
    assert_eq!(outcome.tasks[0].report, "fatal: _create_start: unexpected container status: stopped\n");
}

/// R-OPEN-4.
fn warns() {
    for release in [Release::V24_11, Release::Guide] {
        let world = world(release, "exit 5");
        world.script("runtime", &quiet(&world));
        world.touch("site/warns");
        let mut running = world.start();
        if release == Release::Guide {
            assert_eq!(running.end().tasks[0].code, Some(5));
            continue;
        }
        let pid = running.pids()[0];
        running.until("an end of patience", |_| !lives(pid));
        let held = container(&world);
        let outcome = running.end();
        assert_eq!(outcome.tasks[0].report, "fatal: container never started\n");
        // What was made stays: the clean-up asks for another container.
        assert!(lives(held));
        kill(Pid::from_raw(held), Signal::SIGKILL).unwrap();
    }
}

/// Rule L-CS-2, and its times: half a millisecond doubling, ten times.
fn never_comes() {
    let world = world(Release::Guide, "exit 0");
    world.script("runtime", "#!/bin/sh\necho \"$1 $2\" >>\"$(dirname \"$0\")/calls\"\nexit 1\n");
    let outcome = world.run();
    assert_eq!(outcome.tasks[0].report, "fatal: container never started\n");
    assert_eq!(outcome.tasks[0].code, Some(1));
    let asked = world.calls().iter().filter(|call| *call == "state n1.7.0.0").count();
    // Once more to find out that there is nothing to kill.
    assert_eq!(asked, 12);
}

fn killed() {
    let world = world(Release::Guide, "echo up; exec sleep 1000");
    let mut running = world.start();
    let pid = running.pids()[0];
    running.until("the container", |world| world.read("out.0") == "up\n");
    let inside = container(&world);
    // Of the task alone: the container is the runtime's to end.
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    let outcome = running.end();
    assert_eq!(outcome.tasks[0].signal, Some(libc::SIGKILL));
    assert!(!lives(inside));
    world.assert_spool_is_empty();
}
