//! Operations of create/start mode that fail or answer oddly: a scripted runtime, one oddity at a time.

use plimsoll_launcher::Mode;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::outcome::{Failure, Outcome, expect_eq};
use crate::rules::{L_CS_1, L_CS_2, L_CS_6, L_KILL_1};
use crate::run::Run;

/// A step whose runtime does as these shell commands say; `state` prints what it is given, and start is told.
fn step(cx: &Context<'_>, create: &str, state: &str) -> Result<Run, Failure> {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let text = format!(
        "#!/bin/sh\ncase $1 in\ncreate) {create} ;;\nstart) echo started; exit 3 ;;\nstate) {state} ;;\nesac\n"
    );
    let runtime = cx.file("runtime", text, 0o755)?;
    let runtime = runtime.display();
    let words = [
        ("Create", "create"),
        ("Start", "start"),
        ("Query", "state"),
        ("Kill", "kill"),
        ("Delete", "delete"),
    ];
    cx.set_oci_conf(&words.map(|(key, word)| format!("RunTime{key}=\"{runtime} {word}\"\n")).concat())?;
    cx.srun().container(&bundle).bare(["true"]).run()
}

/// The container counts as never started, and is not started.
fn never_started(run: Run) -> Outcome {
    run.fails().stdout_is("").stderr_has("container never started").done()
}

case! {
    /// A runtime that answers with nothing has made no container.
    ///
    /// Catches: a launcher that takes silence for consent.
    pub const ANSWERS_NOTHING = must("faults.answers-nothing", answers_nothing)
        .rules(&[L_CS_6, L_CS_2])
        .once_in_mode(Mode::CreateStart);
}

fn answers_nothing(cx: &Context<'_>) -> Outcome {
    never_started(step(cx, "true", "true")?)
}

case! {
    /// A runtime that answers with half a document has made no container.
    ///
    /// Catches: a launcher that reads a status out of what was cut off.
    pub const ANSWERS_HALF = must("faults.answers-half", answers_half)
        .rules(&[L_CS_6])
        .once_in_mode(Mode::CreateStart);
}

fn answers_half(cx: &Context<'_>) -> Outcome {
    never_started(step(cx, "true", "printf '{\"status\":\"created\",'")?)
}

case! {
    /// A runtime that answers with a status that nobody knows fails the task, and the container is not started.
    ///
    /// Catches: a launcher that starts whatever is there.
    pub const ANSWERS_UNKNOWN = must("faults.answers-unknown", answers_unknown)
        .rules(&[L_CS_2])
        .once_in_mode(Mode::CreateStart);
}

fn answers_unknown(cx: &Context<'_>) -> Outcome {
    let run = step(cx, "true", "echo '{\"status\":\"pondering\"}'")?;
    run.fails().stdout_is("").stderr_has("unexpected container status").done()
}

case! {
    /// The case of a status does not matter.
    ///
    /// Catches: a launcher that knows one spelling, so that a step hangs on a runtime that shouts.
    pub const ANSWERS_UPPER_CASE = must("faults.answers-upper-case", answers_upper_case)
        .rules(&[L_CS_2])
        .releases(Releases::GUIDE)
        .once_in_mode(Mode::CreateStart);
}

fn answers_upper_case(cx: &Context<'_>) -> Outcome {
    step(cx, "true", "echo '{\"status\":\"CREATED\"}'")?.exits(3).stdout_is("started\n").done()
}

case! {
    /// A state of ten megabytes is no usable answer, and no memory is filled with it.
    ///
    /// Catches: a step daemon that keeps whatever a runtime says.
    pub const ANSWERS_HUGE = must("faults.answers-huge", answers_huge)
        .rules(&[L_CS_6])
        .releases(Releases::GUIDE)
        .once_in_mode(Mode::CreateStart);
}

fn answers_huge(cx: &Context<'_>) -> Outcome {
    let state =
        "printf '{\"status\":\"created\",\"x\":\"'; head -c 10485760 /dev/zero | tr '\\0' x; echo '\"}'";
    never_started(step(cx, "true", state)?)
}

case! {
    /// An answer that takes its time is waited for.
    ///
    /// Catches: a launcher that gives a runtime no time on a busy node.
    pub const ANSWERS_LATE = must("faults.answers-late", answers_late)
        .rules(&[L_CS_2])
        .releases(Releases::GUIDE)
        .once_in_mode(Mode::CreateStart);
}

fn answers_late(cx: &Context<'_>) -> Outcome {
    step(cx, "true", "sleep 0.3; echo '{\"status\":\"created\"}'")?.exits(3).stdout_is("started\n").done()
}

case! {
    /// The exit code of create is not judged: what counts is whether there is a container.
    ///
    /// Catches: a launcher that gives up on a runtime that complains and works.
    pub const CREATE_FAILS = must("faults.create-fails", create_fails)
        .rules(&[L_CS_1])
        .releases(Releases::GUIDE)
        .once_in_mode(Mode::CreateStart);
}

fn create_fails(cx: &Context<'_>) -> Outcome {
    step(cx, "exit 9", "echo '{\"status\":\"created\"}'")?.exits(3).stdout_is("started\n").done()
}

case! {
    /// A container that says that it runs whatever is done to it is killed ten times, and the step ends.
    ///
    /// Catches: a step that never ends because its runtime is sure of itself.
    pub const RUNS_FOR_EVER = must("faults.runs-for-ever", runs_for_ever)
        .rules(&[L_KILL_1])
        .releases(Releases::GUIDE)
        .once_in_mode(Mode::CreateStart);
}

fn runs_for_ever(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.folder("noted", 0o777)?;
    let text = "#!/bin/sh\ncd \"$(dirname \"$0\")/noted\" || exit 9\necho $1 >>calls\ncase $1 in\nstart) exit 3 ;;\n\
                state) test -e ../noted/over && exit 1; grep -q start calls && echo '{\"status\":\"running\"}' || \
                echo '{\"status\":\"created\"}' ;;\ndelete) touch over ;;\nesac\n";
    let runtime = cx.file("runtime", text, 0o755)?;
    let runtime = runtime.display();
    let words = [
        ("Create", "create"),
        ("Start", "start"),
        ("Query", "state"),
        ("Kill", "kill"),
        ("Delete", "delete"),
    ];
    cx.set_oci_conf(&words.map(|(key, word)| format!("RunTime{key}=\"{runtime} {word}\"\n")).concat())?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(3).done()?;
    cx.wait_idle()?;
    let calls = std::fs::read_to_string(cx.shared().join("noted/calls")).unwrap_or_default();
    let count = |word: &str| calls.lines().filter(|line| *line == word).count();
    expect_eq("the calls of kill", &count("kill"), &10)?;
    expect_eq("the calls of delete", &count("delete"), &1)
}
