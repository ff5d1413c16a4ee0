//! The bundle's environment and the step's, laid over each other.

use plimsoll_launcher::Release;

use crate::bundle::{BundleBuilder, Fixture};
use crate::case;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::rules::L_SET_4;

case! {
    /// A variable of the bundle's process.env goes over the step's of the same name, and the step's others arrive.
    ///
    /// On 22.05 the step's variables stand behind the bundle's, and the last one of a name wins.
    ///
    /// Catches: a launcher that drops either environment, or lays them over each other the wrong way round.
    pub const BUNDLE_WINS = must("env.bundle-wins", bundle_wins).core().rules(&[L_SET_4]);
}

fn bundle_wins(cx: &Context<'_>) -> Outcome {
    let bundle =
        cx.build(BundleBuilder::new(Fixture::Busybox).env("BOTH", "bundle").env("ONLY_BUNDLE", "here"))?;
    let winner = if cx.release() == Release::V22_05 { "step" } else { "bundle" };
    cx.srun()
        .container(&bundle)
        .env("BOTH", "step")
        .env("ONLY_STEP", "here too")
        .sh("echo \"$BOTH $ONLY_BUNDLE $ONLY_STEP\"")
        .run()?
        .contained()
        .exits(0)
        .stdout_is(&format!("{winner} here here too\n"))
        .done()
}
