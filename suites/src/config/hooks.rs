//! Hooks that a bundle brings along.

use crate::bundle::{BundleBuilder, Fixture};
use crate::case;
use crate::context::Context;
use crate::outcome::{Outcome, expect};
use crate::rules::L_TASK_4;

case! {
    /// Hooks that DisableHooks does not name are run.
    ///
    /// Catches: a launcher that drops them all, or a runtime that runs none.
    pub const RUN = must("config.hooks-run", run).rules(&[L_TASK_4]);
}

fn run(cx: &Context<'_>) -> Outcome {
    let folder = cx.folder("hooks", 0o777)?;
    let file = |kind: &str| folder.join(kind).display().to_string();
    // A hook takes the container's state from its standard input: crun fails to start one that ends before it has.
    let keeps = |kind: &str| ["/bin/sh".to_owned(), "-c".to_owned(), format!("cat >'{}'", file(kind))];
    let builder = BundleBuilder::new(Fixture::Busybox)
        .hook("prestart", keeps("prestart"))
        .hook("poststop", keeps("poststop"));
    let bundle = cx.build(builder)?;
    cx.srun().container(&bundle).cmd(["true"]).run()?.contained().exits(0).done()?;
    cx.wait_idle()?;
    let ran = |kind: &str| folder.join(kind).exists();
    let seen = format!("prestart {}, poststop {}", ran("prestart"), ran("poststop"));
    expect(ran("prestart") && ran("poststop"), "both hooks were run", seen)
}
