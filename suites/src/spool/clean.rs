//! What is removed, and what stays.

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::outcome::{Outcome, expect};
use crate::rules::{L_CLEAN_2, L_CLEAN_3, L_CLEAN_4};

/// A file in run mode that keeps its directories in a folder of the user's.
fn conf(cx: &Context<'_>, more: &str, run: &str) -> Result<std::path::PathBuf, crate::outcome::Failure> {
    let parent = cx.folder("own-spool", 0o755)?;
    let pattern = if cx.release().at_least(Release::V25_05) { "" } else { "/step/%t" };
    cx.set_oci_conf(&format!(
        "{more}ContainerPath={}{pattern}\nRunTimeRun=\"{run}\"\nRunTimeQuery=false\nRunTimeKill=true\nRunTimeDelete=true\n",
        parent.display()
    ))?;
    Ok(parent)
}

/// Names below a folder, folders first.
fn below(dir: &std::path::Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        names.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        if path.is_dir() {
            names.extend(below(&path)?);
        }
    }
    names.sort();
    Ok(names)
}

case! {
    /// Generated files and directories are gone after the step.
    ///
    /// Catches: a launcher that fills the node's disk, a step at a time.
    pub const CLEANED = must("spool.cleaned", cleaned)
        .rules(&[L_CLEAN_3, L_CLEAN_4])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn cleaned(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let parent = conf(cx, "CreateEnvFile=null\n", "true")?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).done()?;
    cx.wait_idle()?;
    let left = below(&parent)?;
    expect(left.is_empty(), "nothing left", format!("{left:?}"))
}

case! {
    /// With DisableCleanup they stay.
    ///
    /// Catches: a launcher that leaves nothing to look at when a site wants to.
    pub const KEPT = must("spool.kept", kept).rules(&[L_CLEAN_2]).releases(Releases::from(Release::V23_02)).once();
}

fn kept(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let parent = conf(cx, "DisableCleanup=yes\nCreateEnvFile=null\n", "true")?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).done()?;
    cx.wait_idle()?;
    let left = below(&parent)?;
    let there = |name: &str| left.iter().any(|known| known == name);
    expect(there("config.json") && there("environment"), "config.json and environment", format!("{left:?}"))
}

case! {
    /// A directory with somebody else's file stays, and that is no error.
    ///
    /// Catches: a launcher that removes what it did not make.
    pub const FOREIGN = must("spool.foreign-file", foreign)
        .rules(&[L_CLEAN_3])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn foreign(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let parent = conf(cx, "", "touch %b/core")?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).stderr_is("").done()?;
    cx.wait_idle()?;
    let left = below(&parent)?;
    let there = |name: &str| left.iter().any(|known| known == name);
    expect(there("core") && !there("config.json"), "core and no config.json", format!("{left:?}"))
}
