//! Daemons that are lost in the middle of a step: clients end with an error soon, or the daemon comes back to its step and
//! ends it when it is told to. Nothing is left either way.

use std::time::{Duration, Instant};

use plimsoll_cluster::world::Daemon;

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::defects::R_OPEN_15;
use crate::outcome::{Failure, Outcome, expect};
use crate::rules::{G_LIM_1, L_RUN_1};

/// How long a client may take to notice that its daemon is gone.
const NOTICE: Duration = Duration::from_secs(2);
/// No long patience with what does not end.
const SOON: &[(&str, &str)] = &[("KillWait", "0.5")];
/// A program that runs until it is ended, and lets SIGTERM end it.
const FOR_EVER: &str = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.02; done";

fn lose(cx: &Context<'_>, daemon: Daemon<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).sh(FOR_EVER).start()?;
    step.until_stdout_has("ready")?;
    cx.cluster().kill(daemon).map_err(|cause| Failure::broken("cannot kill a daemon", cause))?;
    let back =
        cx.cluster().revive(daemon).map_err(|cause| Failure::broken("a daemon does not come back", cause))?;
    if back {
        // A controller that lost the job in its fall knows none to cancel, and has the node end what it does not know.
        drop(cx.scancel().opts(["-Q", &cx.first_job()]).start()?.wait()?);
        step.wait()?.contained().fails().done()?;
        return cx.wait_idle();
    }
    let lost = Instant::now();
    step.wait()?.contained().fails().done()?;
    let took = lost.elapsed();
    expect(took <= NOTICE, format!("an end within {NOTICE:?}"), format!("{took:?}"))
}

case! {
    /// A step daemon that is killed ends srun with an error, and its container goes.
    ///
    /// Catches: an srun that waits for ever, or a container that nobody looks after any more.
    pub const STEP_DAEMON = must("signal.loss-of-step-daemon", step_daemon)
        .rules(&[L_RUN_1, G_LIM_1])
        .known(&[R_OPEN_15.everywhere()])
        .settings(SOON)
        .separate();
}

fn step_daemon(cx: &Context<'_>) -> Outcome {
    lose(cx, Daemon::Step(&cx.nodes()[0]))
}

case! {
    /// A node daemon that is killed ends srun with an error, and its container goes; one that comes back can still end it.
    ///
    /// Catches: a step daemon that runs on without its node, or that nobody reaches any more.
    pub const NODE = must("signal.loss-of-node", node).rules(&[L_RUN_1, G_LIM_1]).settings(SOON).separate();
}

fn node(cx: &Context<'_>) -> Outcome {
    lose(cx, Daemon::Node(&cx.nodes()[0]))
}

case! {
    /// A controller that is killed ends srun with an error, and its container goes; one that comes back can still end it.
    ///
    /// Catches: nodes that run on what nobody accounts for.
    pub const CONTROLLER = must("signal.loss-of-controller", controller)
        .rules(&[L_RUN_1, G_LIM_1])
        .settings(SOON)
        .separate();
}

fn controller(cx: &Context<'_>) -> Outcome {
    lose(cx, Daemon::Controller)
}
