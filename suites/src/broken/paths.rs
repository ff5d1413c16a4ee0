//! Bundles whose paths are oddly written.

use crate::bundle::{BundleBuilder, Fixture};
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Failure, Outcome};
use crate::rules::{G_LIM_3, L_TASK_5};

case! {
    /// A bundle whose path has spaces, quotes and other alphabets is found, and its own directory reaches the runtime.
    ///
    /// Catches: a launcher that lets a shell look at the bundle's path.
    pub const SPACES = must("broken.odd-path", spaces).needs(&[Need::OddPaths]).rules(&[G_LIM_3, L_TASK_5]);
}

fn spaces(cx: &Context<'_>) -> Outcome {
    let dir = cx.shared().join("two words, it's \"é\" $x %j");
    let bundle = cx.build_at(BundleBuilder::new(Fixture::Busybox), &dir)?;
    cx.srun().container(&bundle).cmd(["true"]).run()?.contained().exits(0).done()
}

case! {
    /// A trailing slash names the same bundle.
    ///
    /// Catches: a release that looks for a file of that name.
    pub const TRAILING_SLASH = must("broken.trailing-slash", trailing_slash).rules(&[G_LIM_3]).once();
}

fn trailing_slash(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let path = format!("{}/", bundle.dir.display());
    cx.srun().expects(&bundle).opts(["--container", &path]).cmd(["true"]).run()?.contained().exits(0).done()
}

case! {
    /// A symbolic link names the bundle that it points to.
    ///
    /// Catches: a launcher that makes the root file system relative to the wrong end of the link.
    pub const SYMLINK = must("broken.symlink", symlink).rules(&[G_LIM_3]).once();
}

fn symlink(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let link = cx.path("link");
    std::os::unix::fs::symlink(&bundle.dir, &link)
        .map_err(|cause| Failure::broken("cannot make a link", cause))?;
    let path = link.display().to_string();
    cx.srun().expects(&bundle).opts(["--container", &path]).cmd(["true"]).run()?.contained().exits(0).done()
}
