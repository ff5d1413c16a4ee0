//! The runtime's program in run mode: what it is, how it ends, what it leaves.

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::defects::{R_OPEN_13, R_OPEN_24};
use crate::outcome::Outcome;
use crate::rules::{L_KILL_4, L_RUN_1, L_TASK_10};
use crate::run::Run;

/// A step whose runtime is this file.
fn step(cx: &Context<'_>, text: &str, mode: u32) -> Result<Run, crate::outcome::Failure> {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let file = cx.file("runtime", text, mode)?;
    cx.set_scripted_run(&file.display().to_string())?;
    cx.srun().container(&bundle).bare(["true"]).run()
}

case! {
    /// A runtime that may not be executed fails the step with 126, and its name is told.
    ///
    /// Catches: a launcher that hides what the shell says of it.
    pub const NOT_EXECUTABLE = must("faults.not-executable", not_executable).rules(&[L_TASK_10]).once();
}

fn not_executable(cx: &Context<'_>) -> Outcome {
    step(cx, "#!/bin/sh\necho ran\n", 0o644)?.exits(126).stdout_is("").stderr_has("/runtime").done()
}

case! {
    /// A runtime whose interpreter is missing fails the step with 127, and its name is told.
    ///
    /// Catches: a launcher that takes it for a container that has ended.
    pub const NO_INTERPRETER = must("faults.no-interpreter", no_interpreter).rules(&[L_TASK_10]).once();
}

fn no_interpreter(cx: &Context<'_>) -> Outcome {
    step(cx, "#!/no/such/interpreter\n", 0o755)?.exits(127).stderr_has("/runtime").done()
}

case! {
    /// A runtime that is killed fails the step with 128 and the signal.
    ///
    /// Catches: a launcher that loses the end of its runtime.
    pub const KILLED = must("faults.runtime-killed", killed).rules(&[L_RUN_1]).once();
}

fn killed(cx: &Context<'_>) -> Outcome {
    step(cx, "#!/bin/sh\necho before\nkill -9 $$\n", 0o755)?.exits(137).stdout_is("before\n").done()
}

case! {
    /// A runtime that closes its streams before its end ends the step all the same, with its code.
    ///
    /// Catches: a step daemon that takes the end of a stream for the end of a task, or waits for ever.
    pub const CLOSES_STREAMS = must("faults.closes-streams", closes_streams).rules(&[L_RUN_1]).once();
}

fn closes_streams(cx: &Context<'_>) -> Outcome {
    step(cx, "#!/bin/sh\necho first\nexec <&- >&- 2>&-\nsleep 0.1\nexit 4\n", 0o755)?
        .exits(4)
        .stdout_is("first\n")
        .done()
}

case! {
    /// What a runtime leaves running in the background does not keep the step from its end, and goes with it.
    ///
    /// Catches: a step that waits for processes that nobody waits for, or leaves them on the node.
    pub const LEAVES_CHILDREN = must("faults.leaves-children", leaves_children)
        .rules(&[L_RUN_1, L_KILL_4])
        .known(&[R_OPEN_24.everywhere()])
        .once();
}

fn leaves_children(cx: &Context<'_>) -> Outcome {
    step(cx, "#!/bin/sh\nsleep 600 &\nsetsid sleep 601 &\necho left\nexit 3\n", 0o755)?
        .exits(3)
        .stdout_is("left\n")
        .done()?;
    cx.wait_idle()
}

case! {
    /// A runtime that ignores SIGTERM is gone after KillWait.
    ///
    /// Catches: a cluster that leaves the node to a runtime that does not listen.
    pub const IGNORES_TERM = must("faults.ignores-term", ignores_term)
        .rules(&[L_RUN_1])
        .known(&[R_OPEN_13.everywhere()])
        .settings(&[("KillWait", "0.2")])
        .once();
}

fn ignores_term(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let text = "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.02; done\n";
    let file = cx.file("runtime", text, 0o755)?;
    cx.set_scripted_run(&file.display().to_string())?;
    let step = cx.srun().container(&bundle).bare(["true"]).start()?;
    step.until_stdout_has("ready")?;
    cx.scancel().opt(cx.first_job()).run()?.exits(0).done()?;
    step.wait()?.fails().stderr_has("CANCELLED AT").done()?;
    cx.wait_idle()
}

case! {
    /// Warnings of a runtime in run mode reach the user as they are, a megabyte of them, and change nothing else.
    ///
    /// Catches: a step daemon that stalls on a stream that nobody expected to be long.
    pub const TALKS_MUCH = must("faults.talks-much", talks_much).rules(&[L_RUN_1]).once();
}

fn talks_much(cx: &Context<'_>) -> Outcome {
    let text = "#!/bin/sh\nyes warning | head -c 1048576 >&2\necho done\n";
    let run = step(cx, text, 0o755)?.exits(0).stdout_is("done\n").checked()?;
    crate::outcome::expect_eq("the bytes on standard error", &run.stderr.len(), &1_048_576)
}
