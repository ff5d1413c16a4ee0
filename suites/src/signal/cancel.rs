//! Cancelling.

use nix::sys::signal::Signal;
use plimsoll_launcher::Mode;

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::defects::{R_OPEN_13, R_OPEN_18};
use crate::outcome::Outcome;
use crate::rules::{G_LIM_1, L_RUN_1};

/// A program that says when it is ready, and ends with 5 at SIGTERM.
const HANDLER: &str = "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.02; done";
/// One that only ends at it: the first process of a container ignores what it has no handler for.
const ENDS: &str = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.02; done";
/// One that ignores it.
const DEAF: &str = "trap '' TERM; echo ready; while :; do sleep 0.02; done";

case! {
    /// scancel reaches a program that handles SIGTERM and ends the step; in create/start mode its last words arrive.
    ///
    /// Catches: a launcher that kills at once, or a signal that stops at the runtime.
    pub const HANDLED = must("signal.cancel-handled", handled).core().rules(&[L_RUN_1]);
}

fn handled(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).sh(HANDLER).start()?;
    step.until_stdout_has("ready")?;
    cx.scancel().opt(cx.first_job()).run()?.exits(0).done()?;
    let run = step.wait()?.contained().fails();
    // The step daemon's own word may come too late for a client that has seen its task end.
    let said = ["CANCELLED AT", "Job step aborted"].iter().any(|word| run.stderr_text().contains(word));
    let run = run.check(said, "standard error that speaks of a cancelled step", "nothing of it");
    // In run mode the signal reaches the runtime's own process, too, and some die of it before their container does.
    if cx.mode() == Mode::CreateStart { run.stdout_has("got it").done() } else { run.done() }
}

case! {
    /// A container whose first process ignores SIGTERM is gone after KillWait.
    ///
    /// Catches: a launcher that gives up while the container runs on.
    pub const IGNORED = must("signal.cancel-ignored", ignored).core()
        .rules(&[L_RUN_1, G_LIM_1])
        .known(&[R_OPEN_13.everywhere()])
        .settings(&[("KillWait", "0.2")]);
}

fn ignored(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).sh(DEAF).start()?;
    step.until_stdout_has("ready")?;
    cx.scancel().opt(cx.first_job()).run()?.exits(0).done()?;
    step.wait()?.contained().fails().stderr_has("CANCELLED AT").done()?;
    cx.wait_idle()
}

case! {
    /// scancel -s USR1 reaches the contained program, and nothing else happens.
    ///
    /// Catches: a runtime or a launcher that forwards no other signal than SIGTERM.
    pub const USR1 = must("signal.usr1", usr1).rules(&[L_RUN_1]).in_mode(Mode::CreateStart);
}

fn usr1(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let script = "trap 'echo signalled; exit 0' USR1; echo ready; while :; do sleep 0.02; done";
    let step = cx.srun().container(&bundle).sh(script).start()?;
    step.until_stdout_has("ready")?;
    cx.scancel().opts(["-s", "USR1", &format!("{}.0", cx.first_job())]).run()?.exits(0).done()?;
    step.wait()?.contained().exits(0).stdout_has("signalled").done()
}

case! {
    /// A job that waits is taken from the queue, and its container never starts.
    ///
    /// Catches: a controller that starts what was cancelled.
    pub const PENDING = must("signal.cancel-pending", pending).rules(&[L_RUN_1]).once();
}

fn pending(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let waiting = cx.sbatch().container(&bundle).opts(["-H", "--parsable"]).wrap("true").run()?;
    waiting.exits(0).stdout_is(&format!("{}\n", cx.first_job())).done()?;
    cx.squeue().opts(["-h", "-o", "%t %r"]).run()?.stdout_is("PD JobHeldUser\n").done()?;
    cx.scancel().opt(cx.first_job()).run()?.exits(0).done()?;
    cx.scontrol().opts(["show", "job", &cx.first_job()]).run()?.stdout_has("JobState=CANCELLED").done()
}

case! {
    /// Two interrupts end srun and the container with it.
    ///
    /// Catches: an srun that leaves its container behind when it is interrupted.
    pub const INTERRUPT = must("signal.interrupt", interrupt).core().rules(&[L_RUN_1]).settings(&[("KillWait", "0.5")]);
}

fn interrupt(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).sh(ENDS).start()?;
    step.until_stdout_has("ready")?;
    step.signal(Signal::SIGINT)?;
    step.until_stderr_has("interrupt")?;
    step.signal(Signal::SIGINT)?;
    step.wait()?.contained().fails().done()?;
    cx.wait_idle()
}

case! {
    /// When srun is killed its container goes, too.
    ///
    /// Catches: a cluster that runs on what nobody waits for.
    pub const SRUN_KILLED = must("signal.srun-killed", srun_killed).core().rules(&[L_RUN_1]).settings(&[("KillWait", "0.5")]);
}

fn srun_killed(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    // It lets SIGTERM end it: what becomes of one that does not is another case's.
    let script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.02; done";
    let step = cx.srun().container(&bundle).sh(script).start()?;
    step.until_stdout_has("ready")?;
    step.signal(Signal::SIGKILL)?;
    step.wait()?.contained().done()?;
    cx.wait_idle()
}

case! {
    /// SIGKILL by scancel ends a container at once.
    ///
    /// Catches: a signal that ends the runtime and not its container.
    pub const KILL = must("signal.kill", end_now).core().rules(&[L_RUN_1]).known(&[R_OPEN_18.everywhere()]);
}

fn end_now(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).opts(["-t", "1"]).sh(DEAF).start()?;
    step.until_stdout_has("ready")?;
    cx.scontrol().opts(["show", "job", &cx.first_job()]).run()?.stdout_has("TimeLimit=00:01:00").done()?;
    cx.scancel().opts(["-s", "KILL", &cx.first_job()]).run()?.exits(0).done()?;
    step.wait()?.contained().fails().done()?;
    cx.wait_idle()
}
