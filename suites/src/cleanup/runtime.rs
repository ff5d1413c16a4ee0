//! Scripted runtimes in create/start mode and at clean-up.

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::{R_OPEN_2, R_OPEN_3, R_OPEN_4};
use crate::outcome::{Outcome, expect};
use crate::rules::{L_CS_2, L_CS_3, L_CS_6, L_KILL_3, L_KILL_4};

/// An `oci.conf` in create/start mode whose runtime is these shell commands.
fn conf(create: &str, start: &str, query: &str) -> String {
    format!(
        "RunTimeCreate=\"{create}\"\nRunTimeStart=\"{start}\"\nRunTimeQuery=\"{query}\"\nRunTimeKill=true\nRunTimeDelete=true\n"
    )
}

case! {
    /// A container that never appears fails the task: `container never started`.
    ///
    /// Catches: a launcher that waits for it for ever.
    pub const NEVER_STARTED = must("cleanup.never-started", never_started).rules(&[L_CS_2]).once();
}

fn never_started(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_oci_conf(&conf("exit 1", "echo started", "exit 1"))?;
    let run = cx.srun().container(&bundle).bare(["true"]).run()?;
    run.fails().stdout_is("").stderr_has("container never started").done()
}

case! {
    /// A status that nobody knows fails the task: `unexpected container status`.
    ///
    /// Catches: a launcher that starts whatever is there.
    pub const ODD_STATUS = must("cleanup.odd-status", odd_status).rules(&[L_CS_2]).once();
}

fn odd_status(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let path = cx.file("query", "#!/bin/sh\necho '{\"status\":\"paused\"}'\n", 0o755)?;
    cx.set_oci_conf(&conf("true", "echo started", &path.display().to_string()))?;
    let run = cx.srun().container(&bundle).bare(["true"]).run()?;
    run.fails().stdout_is("").stderr_has("unexpected container status").done()
}

case! {
    /// A start that fails ends the step with its code.
    ///
    /// Catches: a launcher that calls it a success.
    pub const START_FAILS = must("cleanup.start-fails", start_fails)
        .rules(&[L_CS_3])
        .known(&[R_OPEN_2.everywhere()])
        .once();
}

fn start_fails(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let path = cx.file("query", "#!/bin/sh\necho '{\"status\":\"created\"}'\n", 0o755)?;
    cx.set_oci_conf(&conf("true", "exit 3", &path.display().to_string()))?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(3).done()
}

case! {
    /// A runtime that warns on standard error is understood all the same.
    ///
    /// Catches: a launcher that takes the warning for a part of the answer, so that the step fails or hangs (R-OPEN-4).
    pub const WARNS = must("cleanup.runtime-warns", warns).rules(&[L_CS_6]).known(&[R_OPEN_4.everywhere()]).once();
}

fn warns(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let query = "#!/bin/sh\necho a warning >&2\necho '{\"status\":\"created\"}'\n";
    let path = cx.file("query", query, 0o755)?;
    cx.set_oci_conf(&conf("true", "exit 3", &path.display().to_string()))?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(3).stderr_lacks("never started").done()
}

case! {
    /// What a container leaves running in the background goes with it.
    ///
    /// Catches: processes of a job that outlive it on the node.
    pub const GRANDCHILDREN = must("cleanup.grandchildren", grandchildren).core().rules(&[L_KILL_4]);
}

fn grandchildren(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let script = "setsid sh -c 'sleep 600' >/dev/null 2>&1 </dev/null & echo started";
    cx.srun().container(&bundle).sh(script).run()?.contained().exits(0).stdout_is("started\n").done()?;
    cx.wait_idle()
}

case! {
    /// With IgnoreFileConfigJson RunTimeKill and RunTimeDelete are called at clean-up.
    ///
    /// Catches: a launcher that reaches them through a status that is never asked for (R-OPEN-3).
    pub const KILL_REACHED = must("cleanup.kill-reached", kill_reached)
        .rules(&[L_KILL_3])
        .releases(Releases::from(Release::V23_02))
        .known(&[R_OPEN_3.everywhere()])
        .once();
}

fn kill_reached(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let folder = cx.folder("called", 0o777)?;
    let folder = folder.display();
    cx.set_oci_conf(&format!(
        "IgnoreFileConfigJson=true\nRunTimeRun=true\nRunTimeKill=\"touch {folder}/kill\"\nRunTimeDelete=\"touch {folder}/delete\"\n"
    ))?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).done()?;
    cx.wait_idle()?;
    let there = |name: &str| cx.shared().join("called").join(name).exists();
    expect(
        there("kill") && there("delete"),
        "both were called",
        format!("kill {}, delete {}", there("kill"), there("delete")),
    )
}
