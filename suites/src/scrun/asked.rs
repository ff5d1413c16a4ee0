//! What is asked of the job by variables, and what the container is told of it.

use super::life::SINCE;
use super::single::Single;
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Outcome, expect};
use crate::rules::{G_POD_2, G_SCR_1};

case! {
    /// SCRUN_JOB_NUM_NODES asks for nodes, and each runs the container.
    ///
    /// Catches: variables that are read nowhere.
    pub const NODES =
        must("scrun.nodes", nodes).rules(&[G_POD_2, G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).nodes(3).once();
}

fn nodes(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "nodes", "echo $SLURM_JOB_NUM_NODES $SLURMD_NODENAME")?;
    container.create_with("SCRUN_JOB_NUM_NODES=3", "")?.exits(0).done()?;
    container.does("start", &[])?;
    container.until_stopped()?;
    let said = container.stdout();
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    let expected: Vec<String> = cx.nodes().iter().take(3).map(|node| format!("3 {node}")).collect();
    expect(lines == expected, format!("the lines {expected:?}"), format!("{lines:?}"))?;
    container.does("delete", &[])
}

case! {
    /// SCRUN_TIMELIMIT is the job's time limit.
    ///
    /// Catches: a limit that is lost, so that a forgotten container keeps its nodes.
    pub const TIME_LIMIT =
        must("scrun.time-limit", time_limit).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn time_limit(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "limit", "true")?;
    container.create_with("SCRUN_TIMELIMIT=7", "")?.exits(0).done()?;
    cx.squeue().opts(["-h", "-o", "%l"]).run()?.exits(0).stdout_is("7:00\n").done()?;
    container.does("delete", &[])?;
    container.create_with("SCRUN_TIMELIMIT=soon", "")?.fails().stderr_has("SLURM_TIMELIMIT").done()
}

case! {
    /// With SLURM_JOB_ID set the container is a step of that job, which outlives it; a job that is not there is named.
    ///
    /// Catches: a job of its own where one is there, and an allocation that is given back by who did not ask for it.
    pub const EXISTING_JOB =
        must("scrun.existing-job", existing_job).rules(&[G_POD_2, G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn existing_job(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "existing", "echo job $SLURM_JOB_ID")?;
    cx.salloc().opt("--no-shell").run()?.exits(0).done()?;
    let job = cx.first_job();
    container.create_with(&format!("SLURM_JOB_ID={job}"), "")?.exits(0).done()?;
    container.does("start", &[])?;
    container.until_stopped()?;
    let said = container.stdout();
    expect(said == format!("job {job}\n"), format!("the job {job}"), said)?;
    container.does("delete", &[])?;
    cx.squeue().opts(["-h", "-o", "%i %T"]).run()?.stdout_is(&format!("{job} RUNNING\n")).done()?;
    cx.scancel().opt(&job).run()?.exits(0).done()?;
    container.create_with("SLURM_JOB_ID=4000", "")?.fails().stderr_has("SLURM_JOB_ID=4000").done()
}

case! {
    /// The container sees scrun's output variables and the job's own, and its own environment goes over them.
    ///
    /// Catches: variables that are not set, or that cover the container's.
    pub const OUTPUTS = must("scrun.outputs", outputs).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn outputs(cx: &Context<'_>) -> Outcome {
    let script = "echo $SCRUN_CONTAINER_ID $SCRUN_USER_ID $SLURM_CONTAINER_ID; echo $SCRUN_SUBMISSION_BUNDLE";
    let container = Single::new(cx, "outputs", script)?;
    container.run()?;
    let uid = cx.cluster().user().uid;
    let expected = format!("outputs {uid} outputs\n{}\n", container.bundle().display());
    expect(container.stdout() == expected, format!("{expected:?}"), container.stdout())?;
    container.does("delete", &[])
}

case! {
    /// SrunArgs of oci.conf are given to srun.
    ///
    /// Catches: a site's settings that are passed over.
    pub const SRUN_ARGS =
        must("scrun.srun-args", srun_args).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn srun_args(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "args", "echo labelled")?;
    cx.set_oci_conf(&format!("{}\nSrunArgs=--label\n", cx.profile_conf()?))?;
    container.run()?;
    expect(container.stdout() == "0: labelled\n", "a line with a label", container.stdout())?;
    container.does("delete", &[])
}
