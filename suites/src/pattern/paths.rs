//! The letters for paths and numbers, and those that stand for nothing. The runtime is a shell command that prints what it
//! was given, so that no container is needed.

use std::path::PathBuf;

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::{R_2302_1, R_OPEN_14, R_OPEN_20};
use crate::outcome::{Outcome, expect, expect_eq};
use crate::rules::{L_DIR_1, L_DIR_2, L_DIR_3, L_TASK_5};

/// Releases that know the letters of 23.02.
const LATER: Releases = Releases::from(Release::V23_02);

fn printed(cx: &Context<'_>, pattern: &str) -> Result<String, crate::outcome::Failure> {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run(&format!("printf '%%s' {pattern}"))?;
    Ok(cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).checked()?.stdout_text())
}

case! {
    /// %b is the task's directory, in the place that the release gives it.
    ///
    /// Catches: a launcher that hands the user's bundle to the runtime, whose config.json is not the step's.
    pub const BUNDLE = must("pattern.bundle", bundle).rules(&[L_TASK_5, L_DIR_1, L_DIR_2, L_DIR_3]).once();
}

fn bundle(cx: &Context<'_>) -> Outcome {
    let spool = cx.cluster().spool_dir(&cx.nodes()[0]);
    let expected = match cx.release() {
        Release::V22_05 => spool.join(format!("oci-job{:05}-00000", cx.cluster().first_job())),
        _ => spool.join(format!("oci-job{}-0/task-0", cx.first_job())),
    };
    let seen = printed(cx, "%b")?;
    // 22.05 puts a slash behind it.
    let seen = seen.trim_end_matches('/').to_owned();
    expect(seen == expected.display().to_string(), expected.display().to_string(), seen)
}

case! {
    /// %r is the absolute root file system.
    ///
    /// Catches: a launcher that leaves it relative.
    pub const ROOTFS = must("pattern.rootfs", rootfs).rules(&[crate::rules::L_SET_5]).once();
}

fn rootfs(cx: &Context<'_>) -> Outcome {
    let seen = printed(cx, "%r")?;
    expect(seen.starts_with('/') && seen.ends_with("/rootfs"), "BUNDLE/rootfs", seen.clone())
}

case! {
    /// %m is the step's directory, on releases up to 24.11 the task's, and %e a file in the task's.
    ///
    /// Catches: a launcher that mixes the two up.
    pub const SPOOL = must("pattern.spool", spool).rules(&[L_DIR_2, L_DIR_3]).releases(LATER).once();
}

fn spool(cx: &Context<'_>) -> Outcome {
    let step = cx.cluster().spool_dir(&cx.nodes()[0]).join(format!("oci-job{}-0", cx.first_job()));
    let task = step.join("task-0");
    let mended = cx.release() == Release::Guide || cx.release().at_least(Release::V25_05);
    let spool = if mended { &step } else { &task };
    let expected = [spool.clone(), task.join("environment")];
    let text = printed(cx, "'%m %e'")?;
    // A slash more means the same, and paths are the same without it.
    let seen: Vec<PathBuf> = text.split(' ').map(PathBuf::from).collect();
    expect_eq("the two", seen.as_slice(), &expected)
}

case! {
    /// %U is the user's number and %p the task's pid.
    ///
    /// Catches: a launcher that fills in its own.
    pub const NUMBERS = must("pattern.numbers", numbers)
        .rules(&[crate::rules::G_RT_1])
        .releases(LATER)
        .known(&[R_OPEN_20.everywhere()])
        .once();
}

fn numbers(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("echo %U; test %p = $$ && echo own pid")?;
    let expected = format!("{}\nown pid\n", cx.cluster().user().uid);
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).stdout_is(&expected).done()
}

case! {
    /// A letter that stands for nothing fails the task and is named.
    ///
    /// Catches: a launcher that leaves it in the command line.
    pub const UNKNOWN = must("pattern.unknown", unknown)
        .rules(&[crate::rules::G_RT_1])
        .known(&[R_2302_1.on(Releases::until(Release::V22_05))])
        .once();
}

fn unknown(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("echo ran %q")?;
    let run = cx.srun().container(&bundle).bare(["true"]).run()?;
    run.fails().stdout_is("").complains(cx, "unexpected replacement character").done()
}

case! {
    /// %Z is the job's working directory from 26.05 on, and stands for nothing before.
    ///
    /// Catches: a launcher that knows a letter before its time.
    pub const WORK_DIR = must("pattern.work-dir", work_dir)
        .rules(&[crate::rules::G_RT_1])
        .known(&[R_2302_1.on(Releases::until(Release::V22_05))])
        .once();
}

fn work_dir(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("echo %Z")?;
    let run = cx.srun().container(&bundle).opts(["-D", "/usr"]).bare(["true"]).run()?;
    if cx.release().at_least(Release::V26_05) {
        return run.exits(0).stdout_is("/usr\n").done();
    }
    run.fails().complains(cx, "unexpected replacement character").done()
}

case! {
    /// %s of a batch step is its own high number.
    ///
    /// Catches: container ids of a batch step and step 0 that are the same.
    pub const BATCH_ID = must("pattern.batch-id", batch_id)
        .rules(&[crate::rules::G_RT_1])
        .known(&[R_OPEN_14.everywhere()])
        .once();
}

fn batch_id(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("echo %j.%s.%t")?;
    let dir = bundle.dir.display().to_string();
    cx.sbatch()
        .opts(["--container", &dir, "--wrap", "true"])
        .run_job()?
        .exits(0)
        .stdout_is(&format!("{}.4294967291.0\n", cx.first_job()))
        .done()
}
