//! The node's side: directories that cannot be made, files that are in the way, a place for the runtime that is not there.

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Outcome, expect_eq};
use crate::rules::{G_RT_3, L_DIR_2, L_SET_7, L_TASK_4};

/// Releases whose ContainerPath is a pattern for each task.
const PATTERNS: Releases = Releases::from(Release::V23_02).without(Releases::from(Release::V25_05));
/// The rest of a file in run mode.
const REST: &str = "RunTimeQuery=false\nRunTimeKill=true\nRunTimeDelete=true\n";

case! {
    /// A config.json that is there already fails the task by name, and is not touched.
    ///
    /// Catches: a launcher that overwrites what somebody put there, or follows it.
    pub const CONFIG_THERE = must("faults.config-json-there", config_there)
        .rules(&[L_TASK_4])
        .releases(PATTERNS)
        .once();
}

fn config_there(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.folder("place", 0o755)?;
    let folder = cx.folder("place/0", 0o755)?;
    let file = cx.file("place/0/config.json", "somebody's", 0o644)?;
    let parent = folder.parent().unwrap_or(&folder).display().to_string();
    cx.set_oci_conf(&format!("ContainerPath={parent}/%t\nRunTimeRun=\"echo ran\"\n{REST}"))?;
    let run = cx.srun().container(&bundle).bare(["true"]).run()?;
    run.fails().stdout_is("").stderr_has(&file.display().to_string()).done()?;
    Ok(())
}

case! {
    /// A spool directory that cannot be made fails the step by name.
    ///
    /// Catches: a launcher that says no more than that something failed.
    pub const SPOOL_UNWRITABLE = must("faults.spool-unwritable", spool_unwritable)
        .rules(&[L_SET_7, L_DIR_2])
        .releases(Releases::GUIDE)
        .once();
}

fn spool_unwritable(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    // Nobody can make a directory there, root neither.
    cx.set_oci_conf(&format!("ContainerPath=/proc/plimsoll/%t\nRunTimeRun=\"echo ran\"\n{REST}"))?;
    let run = cx.srun().container(&bundle).bare(["true"]).run()?;
    run.not_contained().fails().stdout_is("").stderr_has("/proc/plimsoll").done()
}

case! {
    /// A runtime whose root directory cannot be there fails the step, and names it.
    ///
    /// Catches: a step that hangs or succeeds where /run/user is missing.
    pub const NO_RUNTIME_ROOT = must("faults.no-runtime-root", no_runtime_root).needs(&[Need::Operations]).rules(&[G_RT_3]);
}

fn no_runtime_root(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let root = cx.shared().join("runtime-root").display().to_string();
    let text = cx.profile_conf()?;
    expect_eq("whether the profile names its root", &text.contains(&root), &true)?;
    cx.set_oci_conf(&text.replace(&root, "/proc/plimsoll"))?;
    cx.srun().container(&bundle).cmd(["true"]).run()?.not_contained().fails().done()
}
