//! One letter at a time. The runtime is a shell command that prints what it was given, so that no container is needed.

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::R_OPEN_26;
use crate::outcome::Outcome;
use crate::rules::{G_RT_1, L_TASK_10};

case! {
    /// The letters for job, step, task, node and user are those of the step, and %% is a per cent sign.
    ///
    /// Catches: a launcher that leaves a letter as it is, or fills in another step's or another user's.
    pub const IDS = must("pattern.ids", ids).rules(&[G_RT_1, L_TASK_10]).once();
}

fn ids(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("echo %j %s %t %n %u %%")?;
    let (node, user) = (&cx.nodes()[0], &cx.cluster().user().name);
    cx.srun()
        .container(&bundle)
        .bare(["true"])
        .run()?
        .exits(0)
        .stdout_is(&format!("{} 0 0 {node} {user} %\n", cx.first_job()))
        .done()
}

case! {
    /// %@ is the command, each argument quoted for a shell, so that none is split or expanded.
    ///
    /// Catches: a launcher that hands the words on as they are, for the shell of the operation to look at. In 22.05 the letter
    /// was nothing yet: `compare` holds the mock to that.
    pub const COMMAND = must("pattern.command", command)
        .rules(&[G_RT_1, L_TASK_10])
        .known(&[R_OPEN_26.everywhere()])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn command(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("printf '<%%s>' %@")?;
    let words = ["no-such-program", "two  words", "it's", "$HOME", ""];
    let expected = words.map(|word| format!("<{word}>")).concat();
    cx.srun().container(&bundle).bare(words).run()?.exits(0).stdout_is(&expected).done()
}
