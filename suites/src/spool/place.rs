//! Where the directories are made, and whose they are.

use std::path::PathBuf;

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::outcome::{Outcome, expect_eq};
use crate::rules::{L_DIR_2, L_DIR_3, L_SET_7, L_TASK_1};

/// The rest of a file in run mode.
const REST: &str = "RunTimeQuery=false\nRunTimeKill=true\nRunTimeDelete=true\n";

case! {
    /// Both directories belong to the user, mode 0770.
    ///
    /// Catches: a spool that other users can look into, or that the user cannot write to.
    pub const MODES = must("spool.modes", modes)
        .rules(&[L_SET_7, L_TASK_1])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn modes(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("stat -c '%%a %%U' %m %b")?;
    let line = format!("770 {}\n", cx.cluster().user().name);
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).stdout_is(&line.repeat(2)).done()
}

case! {
    /// ContainerPath is where the directories are made: a task's pattern up to 24.11, their parent from 25.05 on.
    ///
    /// Catches: a launcher that reads the key and keeps to the spool directory.
    pub const CONTAINER_PATH = must("spool.container-path", container_path)
        .rules(&[L_DIR_2, L_DIR_3])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn container_path(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let parent = cx.folder("own-spool", 0o755)?;
    let parent = parent.display();
    let job = cx.first_job();
    let later = cx.release().at_least(Release::V25_05);
    let (pattern, expected) = if later {
        (format!("{parent}/%u/"), format!("{parent}/{}/oci-job{job}-0/task-0", cx.cluster().user().name))
    } else {
        (format!("{parent}/%u/%j.%s.%t/"), format!("{parent}/{}/{job}.0.0", cx.cluster().user().name))
    };
    cx.set_oci_conf(&format!("ContainerPath={pattern}\nRunTimeRun=\"echo %b\"\n{REST}"))?;
    let run = cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).checked()?;
    // A slash at the end, or two in a row, mean the same, and paths are the same without.
    expect_eq("the directory", &PathBuf::from(run.stdout_text().trim_end()), &PathBuf::from(expected))
}

case! {
    /// A file where the task's directory should be fails the task by name.
    ///
    /// Catches: a launcher that removes what is not its own, or fails without a word.
    pub const IN_THE_WAY = must("spool.in-the-way", in_the_way)
        .rules(&[L_TASK_1])
        .releases(Releases::from(Release::V23_02).without(Releases::from(Release::V25_05)))
        .once();
}

fn in_the_way(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let file = cx.file("occupied", "somebody's", 0o644)?;
    cx.set_oci_conf(&format!("ContainerPath={}/%t\nRunTimeRun=\"echo ran\"\n{REST}", file.display()))?;
    let run = cx.srun().container(&bundle).bare(["true"]).run()?;
    run.fails().stdout_is("").stderr_has(&file.display().to_string()).done()?;
    expect_eq("the file", std::fs::read_to_string(&file)?.as_str(), "somebody's")
}
