//! Where a step's generated files go: section 2 of the step launcher's rules. Pure.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::pattern::{self, PatternError, Values};
use crate::step::{StepId, StepSpec};
use crate::{OciConf, Release};

/// The directories of a step on its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The per-step spool directory (`%m`).
    pub step: PathBuf,
    /// The per-task directories, in the order of the tasks.
    pub tasks: Vec<PathBuf>,
    /// What stands for a task's directory where no task is meant (rule L-CLEAN-1).
    pub no_task: PathBuf,
    /// What the container is shown where it is told of the step's directory: that, where nothing else was seen.
    pub shown: PathBuf,
    /// What a clean-up leaves.
    pub stays: Stays,
}

/// What a release's clean-up leaves of a step's directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// Nothing that can be removed.
    Nothing,
    /// The step's directory.
    Step,
    /// Everything.
    All,
}

/// The values that a path's pattern may name: there is no bundle yet, and `%m` is the node's own spool directory.
pub fn path_values(spec: &StepSpec, task: Option<u32>) -> Values<'_> {
    Values {
        argv: None,
        bundle: spec.container.as_ref().map_or(Path::new(""), |bundle| Path::new(bundle)),
        env_file: Path::new(""),
        job_id: spec.job_id,
        step: spec.step,
        task,
        node_name: &spec.node_name,
        user_name: &spec.user.name,
        uid: spec.user.uid,
        rootfs: Path::new(""),
        spool_dir: &spec.spool_dir,
        pid: None,
        work_dir: &spec.work_dir,
    }
}

fn tidy(path: &OsStr) -> PathBuf {
    // A trailing slash names the same directory, and would be doubled by what is put behind it.
    Path::new(path).components().collect()
}

/// The name of a step's directory: `oci-job7-0`; 22.05 pads its numbers.
fn step_name(spec: &StepSpec, padded: bool) -> String {
    let job = spec.job_id;
    match (spec.step, padded) {
        (StepId::Number(step), true) => format!("oci-job{job:05}-{step:05}"),
        (StepId::Number(step), false) => format!("oci-job{job}-{step}"),
        (special, true) => format!("oci-job{job:05}-{special}"),
        (special, false) => format!("oci-job{job}-{special}"),
    }
}

/// Lays out a step (rules L-DIR-1 to L-DIR-3).
pub fn layout(spec: &StepSpec, conf: &OciConf) -> Result<Layout, PatternError> {
    let release = spec.release;
    let expand = |pattern: &str, task: Option<u32>| {
        pattern::expand(pattern, &path_values(spec, task), release).map(|path| tidy(&path))
    };
    let first = spec.tasks.first().map(|task| task.local_id);
    if !release.at_least(Release::V23_02) {
        // Its `%b` shows the slash at the end, or its absence.
        let step = match &conf.container_path {
            Some(pattern) => pattern::expand(pattern, &path_values(spec, first), release)?.into(),
            None => spec.spool_dir.join(step_name(spec, true) + "/"),
        };
        let tasks = spec.tasks.iter().map(|_| step.clone()).collect();
        return Ok(Layout { tasks, no_task: step.clone(), shown: step.clone(), step, stays: Stays::Nothing });
    }
    if release.joins_as_written() {
        return as_written(spec, conf);
    }
    if release.at_least(Release::V25_05) {
        let parent = match &conf.container_path {
            Some(pattern) if release.is_later() => return by_task(pattern, spec),
            Some(pattern) => expand(pattern, first)?,
            None => spec.spool_dir.clone(),
        };
        return Ok(below(parent.join(step_name(spec, false)), spec));
    }
    let Some(pattern) = &conf.container_path else {
        return Ok(below(spec.spool_dir.join(step_name(spec, false)), spec));
    };
    let tasks =
        spec.tasks.iter().map(|task| expand(pattern, Some(task.local_id))).collect::<Result<_, _>>()?;
    let step = expand(before_task(pattern), first)?;
    let no_task = expand(pattern, None)?;
    Ok(Layout { shown: step.clone(), step, tasks, no_task, stays: Stays::Nothing })
}

/// As 24.11 was seen to do it: one pattern for the task, its beginning for the step, both as they are, and the step's
/// directory where no task is meant.
fn as_written(spec: &StepSpec, conf: &OciConf) -> Result<Layout, PatternError> {
    let usual = || format!("{}/{}/task-%t/", spec.spool_dir.display(), step_name(spec, false));
    let pattern = conf.container_path.clone().unwrap_or_else(usual);
    let expand = |pattern: &str, task: Option<u32>| {
        pattern::expand(pattern, &path_values(spec, task), spec.release).map(PathBuf::from)
    };
    let tasks =
        spec.tasks.iter().map(|task| expand(&pattern, Some(task.local_id))).collect::<Result<_, _>>()?;
    let step = expand(before_task(&pattern), spec.tasks.first().map(|task| task.local_id))?;
    Ok(Layout { tasks, no_task: step.clone(), shown: step.clone(), step, stays: Stays::Nothing })
}

/// As 26.05 was seen to do it: the pattern is followed by a slash and the step's name, the container is shown what stands before
/// the task's letter, and the clean-up looks for the latter.
fn by_task(pattern: &str, spec: &StepSpec) -> Result<Layout, PatternError> {
    let expand = |pattern: &str| {
        let first = spec.tasks.first().map(|task| task.local_id);
        pattern::expand(pattern, &path_values(spec, first), spec.release)
    };
    let mut step = expand(pattern)?;
    step.push("/");
    step.push(step_name(spec, false));
    let layout = below(step.into(), spec);
    if !pattern.contains("%t") {
        return Ok(layout);
    }
    let stays = if pattern.ends_with('/') { Stays::All } else { Stays::Step };
    Ok(Layout { shown: expand(before_task(pattern))?.into(), stays, ..layout })
}

/// A step's directory with a `task-%t` below it for each task.
fn below(step: PathBuf, spec: &StepSpec) -> Layout {
    let tasks = spec.tasks.iter().map(|task| step.join(format!("task-{}", task.local_id))).collect();
    Layout { tasks, no_task: step.join("task--1"), shown: step.clone(), step, stays: Stays::Nothing }
}

/// A pattern cut before its first path component that holds `%t`.
fn before_task(pattern: &str) -> &str {
    let mut at = 0;
    for component in pattern.split_inclusive('/') {
        if component.contains("%t") && at > 0 {
            return &pattern[..at];
        }
        at += component.len();
    }
    pattern
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::testing::spec;

    fn shown(release: Release, step: StepId, container_path: Option<&str>) -> Vec<String> {
        let spec = StepSpec { release, step, ..spec(2) };
        let conf = OciConf { container_path: container_path.map(str::to_owned), ..OciConf::default() };
        let layout = layout(&spec, &conf).unwrap();
        std::iter::once(&layout.step).chain(&layout.tasks).map(|path| path.display().to_string()).collect()
    }

    #[rstest]
    #[case(Release::V22_05, StepId::Number(0), None, &["/spool/oci-job00007-00000/", "/spool/oci-job00007-00000/"])]
    #[case(Release::V22_05, StepId::Batch, None, &["/spool/oci-job00007-batch/", "/spool/oci-job00007-batch/"])]
    #[case(Release::V24_11, StepId::Number(3), None, &["/spool/oci-job7-3/", "/spool/oci-job7-3/task-0/"])]
    #[case(Release::Guide, StepId::Interactive, None, &["/spool/oci-job7-interactive", "/spool/oci-job7-interactive/task-0"])]
    #[case(Release::V26_05, StepId::Extern, None, &["/spool/oci-job7-extern", "/spool/oci-job7-extern/task-0"])]
    #[case(Release::V24_11, StepId::Number(3), Some("/c/%u/%j.%s.%t/"), &["/c/ada/", "/c/ada/7.3.0/"])]
    #[case(Release::V24_11, StepId::Number(3), Some("/c/%j/x"), &["/c/7/x", "/c/7/x"])]
    #[case(Release::V25_05, StepId::Number(3), Some("/c/%u/"), &["/c/ada//oci-job7-3", "/c/ada//oci-job7-3/task-0"])]
    fn each_release_has_its_folders(
        #[case] release: Release,
        #[case] step: StepId,
        #[case] path: Option<&str>,
        #[case] folders: &[&str],
    ) {
        assert_eq!(shown(release, step, path)[..2], *folders);
    }

    #[test]
    fn no_task_has_a_directory_of_its_own_name() {
        let no_task = |release, path: Option<&str>| {
            let spec = StepSpec { release, ..spec(1) };
            let conf = OciConf { container_path: path.map(str::to_owned), ..OciConf::default() };
            layout(&spec, &conf).unwrap().no_task
        };
        assert_eq!(no_task(Release::V22_05, None), Path::new("/spool/oci-job00007-00000"));
        assert_eq!(no_task(Release::Guide, None), Path::new("/spool/oci-job7-0/task--1"));
        assert_eq!(no_task(Release::Guide, Some("/c/x.%t/y")), Path::new("/c/x.-1/y"));
        assert_eq!(no_task(Release::V25_05, None), Path::new("/spool/oci-job7-0/task--1"));
    }

    #[test]
    fn tasks_are_apart() {
        let folders = shown(Release::Guide, StepId::Number(0), Some("/c/%t"));
        assert_eq!(folders, ["/c", "/c/0", "/c/1"]);
    }
}
