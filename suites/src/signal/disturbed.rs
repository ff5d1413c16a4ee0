//! Nodes that stand still, are off the network, or go with everything on them, in the middle of a step.

use plimsoll_cluster::world::Disturbance;
use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::R_OPEN_23;
use crate::need::Need;
use crate::outcome::{Failure, Outcome};
use crate::rules::{G_LIM_1, L_RUN_1};

/// A controller that gives a node up after seconds and not after minutes, and does not wait long for its answers.
const IMPATIENT: &[(&str, &str)] =
    &[("SlurmdTimeout", "4"), ("MessageTimeout", "3"), ("TCPTimeout", "1"), ("KillWait", "1")];
/// A program that runs until it is ended, and lets SIGTERM end it.
const FOR_EVER: &str = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.02; done";

/// Whether the world can do it; else the case is unsupported there.
fn can(cx: &Context<'_>, how: Disturbance) -> Outcome {
    if cx.cluster().can_disturb(how) {
        return Ok(());
    }
    let words = match (cx.cluster().world(), how) {
        ("mock", Disturbance::Cut) => {
            "nodes of the mock share this machine, and no network to be cut off from".to_owned()
        }
        (world, how) => format!("nodes of the world {world} cannot be disturbed: {how:?}"),
    };
    Err(Failure::Unsupported(Need::World, words))
}

fn disturb(cx: &Context<'_>, how: Disturbance) -> Outcome {
    let done = cx.cluster().disturb(&cx.nodes()[0], how);
    done.map_err(|cause| Failure::broken(format!("cannot disturb a node ({how:?})"), cause))
}

case! {
    /// A node that stands still for a moment goes on with its step: output and exit code arrive.
    ///
    /// Catches: a client or a controller that gives a step up for a silence that is shorter than its time limit.
    pub const PAUSED = must("signal.node-paused", paused).provisional().rules(&[L_RUN_1]).once().separate();
}

fn paused(cx: &Context<'_>) -> Outcome {
    can(cx, Disturbance::Pause)?;
    let bundle = cx.bundle(Fixture::Busybox)?;
    let mut step = cx.srun().container(&bundle).sh("echo ready; cat; exit 3").open_stdin().start()?;
    step.until_stdout_has("ready")?;
    disturb(cx, Disturbance::Pause)?;
    step.write_stdin(b"meanwhile\n")?;
    cx.squeue().opts(["-h", "-o", "%T"]).run()?.exits(0).stdout_is("RUNNING\n").done()?;
    disturb(cx, Disturbance::Resume)?;
    step.until_stdout_has("meanwhile")?;
    step.close_stdin();
    step.wait()?.contained().exits(3).stdout_is("ready\nmeanwhile\n").done()?;
    cx.wait_idle()
}

case! {
    /// A node that is off the network is given up, which ends srun with an error; back on it, nothing of the step is left.
    ///
    /// Catches: an srun that waits for ever, or a node that keeps a container which nobody accounts for.
    pub const CUT = must("signal.node-cut", cut).provisional()
        .rules(&[L_RUN_1, G_LIM_1])
        .known(&[R_OPEN_23.on(Releases::only(Release::V22_05))])
        .once()
        .separate()
        .settings(IMPATIENT);
}

fn cut(cx: &Context<'_>) -> Outcome {
    can(cx, Disturbance::Cut)?;
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).sh(FOR_EVER).start()?;
    step.until_stdout_has("ready")?;
    disturb(cx, Disturbance::Cut)?;
    step.wait()?.contained().fails().done()?;
    disturb(cx, Disturbance::Join)?;
    cx.wait_idle()
}

case! {
    /// A node that is gone for good is given up, which ends srun with an error.
    ///
    /// Catches: an srun that waits for a node that does not come back.
    pub const GONE = must("signal.node-gone", gone).provisional()
        .rules(&[L_RUN_1])
        .known(&[R_OPEN_23.on(Releases::only(Release::V22_05))])
        .once()
        .separate()
        .settings(IMPATIENT);
}

fn gone(cx: &Context<'_>) -> Outcome {
    can(cx, Disturbance::Kill)?;
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).sh(FOR_EVER).start()?;
    step.until_stdout_has("ready")?;
    disturb(cx, Disturbance::Kill)?;
    step.wait()?.contained().fails().done()
}
