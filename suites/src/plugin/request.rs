//! Requests in the plugins' own words.

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::rules::{G_SPK_1, G_SPK_2};

/// Where there is a double of each plugin: the mock.
const MOCK: Releases = Releases::only(Release::Guide);

case! {
    /// A plugin that is asked in its own words runs the command in the image: arguments unchanged, its exit code the step's.
    ///
    /// Catches: a request that is taken and ignored, so that the command runs on the node.
    pub const INSIDE = must("plugin.inside", inside).rules(&[G_SPK_2, G_SPK_1]).releases(MOCK).of_plugins();
}

fn inside(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let script = "cat /.plimsoll/nonce; printf '<%s>\\n' \"$@\"; exit 7";
    let run =
        cx.srun().plugin(&bundle).cmd(["/bin/sh", "-c", script, "sh", "two words", "", "it's"]).run()?;
    let expected = format!("{}\n<two words>\n<>\n<it's>\n", bundle.nonce.trim());
    run.contained().exits(7).stdout_is(&expected).done()
}

case! {
    /// Every task of a step has a container of its own, and knows its rank.
    ///
    /// Catches: a plugin that acts in the first task alone.
    pub const TASKS = must("plugin.tasks", tasks).rules(&[G_SPK_2]).releases(MOCK).of_plugins();
}

fn tasks(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let run = cx.srun().tasks(2).opt("-l").plugin(&bundle).sh("echo rank $SLURM_PROCID").run()?;
    run.contained().exits(0).stdout_has_lines(&["0: rank 0", "1: rank 1"]).done()
}
