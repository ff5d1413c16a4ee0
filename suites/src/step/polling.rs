//! What the launcher asks the runtime while a container runs, seen by the recorder in front of it.

use plimsoll_launcher::{Mode, Operation};

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Failure, Outcome, expect, expect_eq};
use crate::rules::{L_CLEAN_1, L_RUN_2};

case! {
    /// In run mode nothing is asked of the runtime before the container has ended, and one query follows at clean-up.
    ///
    /// Catches: a launcher that polls in run mode, or starts the container twice.
    pub const NOT_POLLED = must("step.not-polled", not_polled).needs(&[Need::Operations])
        .rules(&[L_RUN_2, L_CLEAN_1])
        .in_mode(Mode::Run)
        .recorded();
}

fn not_polled(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun().container(&bundle).sh("exit 0").run()?.contained().exits(0).done()?;
    cx.wait_idle()?;
    let runs = cx.calls_of(Operation::Run)?;
    expect_eq("the number of runs", &runs.len(), &1)?;
    let ended = runs[0].end.as_ref().map(|end| end.ended.clone());
    let ended = ended.ok_or_else(|| Failure::failed("a run that has ended", "it has not"))?;
    let calls = cx.calls()?;
    let early = calls.iter().filter(|call| call.operation != Operation::Run && call.started < ended).count();
    expect(early == 0, "no call before the run has ended", format!("{early} of {} calls", calls.len()))?;
    expect_eq("the order of operations", &cx.operations()?, &vec!["run", "query"])
}
