//! What a node has too little of: room on its disk.

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::rules::L_RUN_1;

case! {
    /// A runtime that finds no room on the disk fails the step with its own code, and its words reach the user.
    ///
    /// Catches: a step daemon that takes a runtime's failed writing for a success, or keeps the cause to itself.
    pub const DISK_FULL = must("faults.disk-full", disk_full).rules(&[L_RUN_1]).once();
}

fn disk_full(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    // A device on which nothing has ever had room.
    cx.set_scripted_run("/bin/echo state >/dev/full || exit 28")?;
    let run = cx.srun().container(&bundle).bare(["true"]).run()?;
    run.not_contained().exits(28).stdout_is("").stderr_has("No space left on device").done()
}
