//! What the guide says does not work: each ends cleanly, names its cause, and leaves the container and the job.

use super::engine::Podman;
use super::life::SINCE;
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::Outcome;
use crate::rules::{G_POD_3, G_POD_4};

case! {
    /// exec, pause and kube fail, and the container and its job go on.
    ///
    /// Catches: success that did nothing, and a container that ends by it.
    pub const REFUSED = must("scrun.podman-unsupported", refused)
        .rules(&[G_POD_3])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn refused(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    podman.detached("l1", "echo ready; exec sleep 600")?;
    podman.until_logs("l1", "ready\n")?;
    podman.cmd(["exec", "l1", "true"]).run()?.fails().stderr_has("exec is not supported by scrun").done()?;
    podman.cmd(["pause", "l1"]).run()?.fails().done()?;
    podman.cmd(["top", "l1", "-o", "pid"]).run()?.fails().done()?;
    podman.cmd(["kube", "play", "/no/such/file"]).run()?.fails().done()?;
    let format = ["inspect", "--format", "{{.State.Status}}", "l1"];
    podman.cmd(format).run()?.stdout_is("running\n").done()?;
    cx.squeue().opts(["-h", "-o", "%T"]).run()?.stdout_is("RUNNING\n").done()?;
    podman.cmd(["rm", "--force", "--time", "0", "l1"]).run()?.exits(0).done()?;
    podman.finish()
}

case! {
    /// A network that is not the host's fails and leaves no job.
    ///
    /// Catches: a container that seems to have a network of its own.
    pub const NETWORKS = should("scrun.podman-networks", networks)
        .rules(&[G_POD_3])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn networks(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    for network in ["--network=no-such-network", "--network=container:nobody"] {
        podman.inside(&[network], "true").run()?.fails().done()?;
    }
    podman.finish()
}

case! {
    /// `docker` as an alias of `podman` runs a container as a job.
    ///
    /// Catches: nothing that Podman alone would not show; the guide offers it.
    pub const ALIAS = should("scrun.podman-alias", alias)
        .rules(&[G_POD_4])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn alias(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    // An alias holds from the next line on, and in scripts only where it is switched on, as POSIX shells have it.
    let script = "alias docker=podman\ndocker run --rm alpine inside 'echo by the alias'\n";
    podman.dressed(cx.shell(script)).run()?.exits(0).stdout_is("by the alias\n").done()?;
    podman.finish()
}
