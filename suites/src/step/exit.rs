//! Exit codes of steps.

use plimsoll_launcher::Mode;

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::defects::R_OPEN_2;
use crate::outcome::Outcome;
use crate::rules::{G_OVER_1, G_REQ_5, L_CS_3, L_RUN_1};

case! {
    /// The exit code of the contained program is the exit code of the step.
    ///
    /// Catches: a runtime or a launcher that loses the code, or takes every end for a success.
    pub const EXIT_CODE = must("step.exit-code", exit_code).core()
        .rules(&[G_REQ_5, G_OVER_1, L_RUN_1, L_CS_3])
        .known(&[R_OPEN_2.everywhere().in_mode(Mode::CreateStart)]);
}

fn exit_code(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun()
        .container(&bundle)
        .sh("exit 42")
        .run()?
        .contained()
        .exits(42)
        .stderr_has("Exited with exit code 42")
        .done()
}
