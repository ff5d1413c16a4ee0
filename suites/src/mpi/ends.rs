//! Ranks that give up, die or hang: what becomes of the others, and what is left.

use std::path::Path;

use serde_json::json;

use super::{SEVERAL, lines, ranks, refs};
use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Outcome, expect};
use crate::rules::G_MPI_1;

case! {
    /// MPI_Abort with 42 by one rank ends every rank on every node, and srun ends with 42.
    ///
    /// Catches: an abort that nobody hears of, so that the other ranks wait for ever, or a code that is lost.
    pub const ABORT = must("mpi.abort", abort)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(Releases::GUIDE)
        .once()
        .nodes(2);
}

fn abort(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    ranks(cx, &bundle, 2, 4, "abort").run()?.contained().exits(42).done()
}

case! {
    /// With --kill-on-bad-exit a rank that dies takes the others along, on every node, and srun says which it was.
    ///
    /// Catches: ranks that wait for ever for one that is gone.
    pub const RANK_DIES = must("mpi.rank-dies", rank_dies)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn rank_dies(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let expected = lines(cx, &[&[0, 1], &[2, 3]], "die", |_| 4);
    let run = ranks(cx, &bundle, 2, 4, "die").opt("-K").run()?;
    run.contained()
        .fails()
        .stdout_has_lines(&refs(&expected))
        .stderr_has("task 3: Exited with exit code 77")
        .done()
}

case! {
    /// Ranks that hang are cancelled as every other step.
    ///
    /// Catches: a server that keeps its step alive, or ranks that outlive it.
    pub const HANG_CANCELLED = must("mpi.hang-cancelled", hang_cancelled)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(Releases::GUIDE)
        .once()
        .nodes(2);
}

fn hang_cancelled(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let running = ranks(cx, &bundle, 2, 4, "hang").start()?;
    for line in lines(cx, &[&[0, 1], &[2, 3]], "hang", |_| 4) {
        running.until_stdout_has(&line)?;
    }
    cx.scancel().opt(cx.first_job()).run()?.exits(0).done()?;
    running.wait()?.contained().fails().stderr_has("CANCELLED").done()
}

case! {
    /// What ranks leave in a node's /dev/shm is gone when their step is.
    ///
    /// Catches: nodes that share /dev/shm, in which killed ranks leave their segments for the next step to find.
    pub const NO_SEGMENTS = should("mpi.no-segments", no_segments)
        .rules(&[G_MPI_1])
        .needs(&[Need::Root, Need::Pmix, Need::OpenMpi])
        .releases(Releases::GUIDE)
        .once();
}

fn no_segments(cx: &Context<'_>) -> Outcome {
    // With what is mounted below, which a user namespace must not uncover.
    let shared =
        json!({"destination": "/dev/shm", "type": "none", "source": "/dev/shm", "options": ["rbind", "rw"]});
    let bundle = cx.build(super::builder(cx, Fixture::OpenMpi).edit(move |config| {
        if let Some(mounts) = config["mounts"].as_array_mut() {
            mounts.push(shared);
        }
    }))?;
    let name = format!("plimsoll-segment-{}", bundle.nonce.trim());
    let script = format!("echo left >/dev/shm/{name} && echo ready && exit 9");
    let run = ranks(cx, &bundle, 1, 1, "hello").sh(&script).run()?;
    let segment = Path::new("/dev/shm").join(&name);
    let left = segment.exists();
    if left {
        // Found, and not to be left by the case itself.
        let _ = std::fs::remove_file(&segment);
    }
    run.contained().stdout_is("ready\n").done()?;
    expect(!left, "nothing of the step in /dev/shm", format!("{} is there", segment.display()))
}
