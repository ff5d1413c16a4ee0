//! Daemons that are lost in the middle of a step: clients end with an error soon, and nothing is left.

use std::time::{Duration, Instant};

use plimsoll_cluster::world::Daemon;

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::outcome::{Failure, Outcome, expect};
use crate::rules::{G_LIM_1, L_RUN_1};

/// How long a client may take to notice that its daemon is gone.
const NOTICE: Duration = Duration::from_secs(2);
/// A program that runs until it is ended.
const FOR_EVER: &str = "echo ready; while :; do sleep 0.02; done";

fn lose(cx: &Context<'_>, daemon: Daemon<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).sh(FOR_EVER).start()?;
    step.until_stdout_has("ready")?;
    cx.cluster().kill(daemon).map_err(|cause| Failure::broken("cannot kill a daemon", cause))?;
    let lost = Instant::now();
    step.wait()?.contained().fails().done()?;
    let took = lost.elapsed();
    expect(took <= NOTICE, format!("an end within {NOTICE:?}"), format!("{took:?}"))
}

case! {
    /// A step daemon that is killed ends srun with an error, and its container goes.
    ///
    /// Catches: an srun that waits for ever, or a container that nobody looks after any more.
    pub const STEP_DAEMON = must("signal.loss-of-step-daemon", step_daemon).rules(&[L_RUN_1, G_LIM_1]).separate();
}

fn step_daemon(cx: &Context<'_>) -> Outcome {
    lose(cx, Daemon::Step(&cx.nodes()[0]))
}

case! {
    /// A node daemon that is killed ends srun with an error, and its container goes.
    ///
    /// Catches: a step daemon that runs on without its node.
    pub const NODE = must("signal.loss-of-node", node).rules(&[L_RUN_1, G_LIM_1]).separate();
}

fn node(cx: &Context<'_>) -> Outcome {
    lose(cx, Daemon::Node(&cx.nodes()[0]))
}

case! {
    /// A controller that is killed ends srun with an error, and its container goes.
    ///
    /// Catches: nodes that run on what nobody accounts for.
    pub const CONTROLLER = must("signal.loss-of-controller", controller).rules(&[L_RUN_1, G_LIM_1]).separate();
}

fn controller(cx: &Context<'_>) -> Outcome {
    lose(cx, Daemon::Controller)
}
