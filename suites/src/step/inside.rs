//! What the contained program finds: its directory, its root file system.

use crate::bundle::{BundleBuilder, Fixture};
use crate::case;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::rules::{G_LIM_4, G_PRE_3, L_TASK_4};

case! {
    /// The program starts in the directory that the bundle's process.cwd names, whatever --chdir says.
    ///
    /// Catches: a launcher that puts the step's directory in its place, or a runtime that passes over it.
    pub const WORKING_DIRECTORY = must("step.working-directory", working_directory).core().rules(&[L_TASK_4, G_PRE_3]);
}

fn working_directory(cx: &Context<'_>) -> Outcome {
    let bundle = cx.build(BundleBuilder::new(Fixture::Busybox).cwd("/etc"))?;
    cx.srun().container(&bundle).opts(["-D", "/usr"]).sh("pwd").run()?.contained().stdout_is("/etc\n").done()
}

case! {
    /// A root file system that the bundle says is read-only cannot be written to.
    ///
    /// Catches: a launcher that loses the word when it rewrites root, or a runtime that passes over it.
    pub const READ_ONLY_ROOT = must("step.read-only-root", read_only_root).rules(&[L_TASK_4, G_LIM_4]);
}

fn read_only_root(cx: &Context<'_>) -> Outcome {
    let builder =
        BundleBuilder::new(Fixture::Busybox).edit(|config| config["root"]["readonly"] = true.into());
    let bundle = cx.build(builder)?;
    let script = "(echo x >/written) 2>/dev/null && echo written || echo read-only";
    cx.srun().container(&bundle).sh(script).run()?.contained().stdout_is("read-only\n").done()
}
