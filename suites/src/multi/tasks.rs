//! Steps of several tasks.

use plimsoll_launcher::{Mode, Release};

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::{R_2302_1, R_OPEN_2};
use crate::outcome::{Outcome, expect};
use crate::rules::{L_DIR_2, L_RUN_1, L_SET_8, L_TASK_1};

/// Releases that allow more than one task a node.
const SEVERAL: Releases = Releases::from(Release::V23_02);

case! {
    /// Two tasks of a node run in two containers; 22.05 refuses them by name.
    ///
    /// Catches: tasks that share a bundle or a container id, so that the second one fails.
    pub const TWO_TASKS = must("multi.two-tasks", two_tasks).core()
        .rules(&[L_SET_8, L_RUN_1])
        .known(&[R_2302_1.on(Releases::until(Release::V22_05))]);
}

fn two_tasks(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let run = cx.srun().container(&bundle).tasks(2).sh("echo task $SLURM_PROCID of $SLURM_NTASKS").run()?;
    if cx.release() == Release::V22_05 {
        return run.fails().not_contained().complains(cx, "unexpected number of tasks 2 > 1").done();
    }
    run.contained().exits(0).stdout_has_lines(&["task 0 of 2", "task 1 of 2"]).done()
}

case! {
    /// Three nodes run a task each, labelled by rank.
    ///
    /// Catches: ranks or node names that belong to another task.
    pub const THREE_NODES = must("multi.three-nodes", three_nodes).core().rules(&[L_RUN_1]).releases(SEVERAL).nodes(3);
}

fn three_nodes(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let lines: Vec<String> =
        cx.nodes().iter().take(3).enumerate().map(|(rank, node)| format!("{rank}: {rank} {node}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    cx.srun()
        .container(&bundle)
        .nodes(3)
        .opt("-l")
        .sh("echo $SLURM_NODEID $SLURMD_NODENAME")
        .run()?
        .contained()
        .exits(0)
        .stdout_has_lines(&lines)
        .done()
}

case! {
    /// The highest exit code of a step's tasks is the step's.
    ///
    /// Catches: a client that takes the first, or the last.
    pub const HIGHEST_CODE = must("multi.highest-code", highest_code).core()
        .rules(&[L_RUN_1])
        .releases(SEVERAL)
        .known(&[R_OPEN_2.everywhere().in_mode(Mode::CreateStart)]);
}

fn highest_code(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun()
        .container(&bundle)
        .tasks(3)
        .sh("exit $(( (SLURM_PROCID * 5) % 7 ))")
        .run()?
        .contained()
        .exits(5)
        .done()
}

case! {
    /// Eight tasks at once are eight containers, none lost.
    ///
    /// Catches: a launcher whose tasks race for a name or a directory.
    pub const BURST = must("multi.burst", burst).rules(&[L_RUN_1, L_TASK_1]).releases(SEVERAL);
}

fn burst(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let lines: Vec<String> = (0..8).map(|rank| rank.to_string()).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    cx.srun()
        .container(&bundle)
        .tasks(8)
        .sh("echo $SLURM_PROCID")
        .run()?
        .contained()
        .stdout_has_lines(&lines)
        .done()
}

case! {
    /// Each task has a directory of its own.
    ///
    /// Catches: a launcher that writes one task's config.json over another's.
    pub const OWN_DIRECTORIES = must("multi.own-directories", own_directories)
        .rules(&[L_DIR_2, L_TASK_1])
        .releases(SEVERAL)
        .once();
}

fn own_directories(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("echo %t %b")?;
    let run = cx.srun().container(&bundle).tasks(2).bare(["true"]).run()?.exits(0).checked()?;
    let text = run.stdout_text();
    let ends = |task: &str| {
        // Up to 24.11 a slash stands behind it, which means the same.
        let own = format!("task-{task}");
        text.lines().any(|line| line.starts_with(task) && line.trim_end_matches('/').ends_with(&own))
    };
    expect(ends("0") && ends("1"), "task-0 for task 0 and task-1 for task 1", text.clone())
}

case! {
    /// A job that does not fit waits, and runs when there is room.
    ///
    /// Catches: a controller that refuses it, or runs both.
    pub const QUEUED = must("multi.queued", queued).rules(&[L_RUN_1]).once().cpus(1);
}

fn queued(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let first = cx.srun().container(&bundle).sh("echo ready; cat").open_stdin().start()?;
    first.until_stdout_has("ready")?;
    let second = cx.srun().container(&bundle).sh("echo second").start()?;
    second.until_stderr_has("queued and waiting for resources")?;
    cx.squeue()
        .opts(["-h", "-t", "PD", "-o", "%i %r"])
        .run()?
        .stdout_is(&format!("{} Resources\n", cx.cluster().first_job() + 1))
        .done()?;
    let mut first = first;
    first.close_stdin();
    first.wait()?.contained().exits(0).done()?;
    second
        .wait()?
        .contained()
        .exits(0)
        .stdout_is("second\n")
        .stderr_has("has been allocated resources")
        .done()
}

case! {
    /// Two steps of a job run side by side, each in its own container.
    ///
    /// Catches: steps that share a container id.
    pub const TWO_STEPS = must("multi.two-steps", two_steps).rules(&[L_RUN_1]).releases(SEVERAL).once();
}

fn two_steps(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = format!(
        "srun -n1 --container '{}' /bin/sh -c 'cat /.plimsoll/nonce; echo step $SLURM_STEP_ID'",
        bundle.dir.display()
    );
    let run = cx.salloc().opts(["-n", "2", "sh", "-c", &format!("{step} & {step} & wait")]).run()?;
    run.exits(0).stdout_has_lines(&["step 0", "step 1", bundle.nonce.trim(), bundle.nonce.trim()]).done()
}
