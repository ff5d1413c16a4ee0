//! Rootless Docker as its users call it.

use super::dockerd::Docker;
use super::life::SINCE;
use crate::bundle::{HELLO, INSIDE};
use crate::case;
use crate::context::Context;
use crate::defects::R_OPEN_9;
use crate::need::Need;
use crate::outcome::{Outcome, expect};
use crate::rules::{G_DKR_2, G_DKR_3, G_DKR_4, G_DKR_5, G_DKR_6, G_SCR_1};

case! {
    /// With the printed daemon.json and override rootless Docker calls scrun, and the printed docker run commands work: each a
    /// job, one of as many nodes as were asked for.
    ///
    /// Catches: a daemon that takes another runtime, containers that are no jobs, jobs of one node whatever is asked for.
    pub const VERIFY = must("scrun.docker-verify", verify)
        .rules(&[G_DKR_3, G_DKR_2])
        .needs(&[Need::DockerRootless, Need::Busybox])
        .releases(SINCE)
        .nodes(10)
        .once();
}

fn verify(cx: &Context<'_>) -> Outcome {
    let docker = Docker::new(cx)?;
    docker
        .cmd(["info", "--format", "{{.DefaultRuntime}} {{.Driver}}"])
        .run()?
        .stdout_is("slurm vfs\n")
        .done()?;
    docker.run(&[], &["hello-world"]).run()?.exits(0).stdout_is(&format!("{HELLO}\n")).done()?;
    let run = docker.run(&[], &["alpine", "/bin/printenv", "SLURM_JOB_ID"]).run()?.exits(0).checked()?;
    let id = run.stdout_text();
    expect(id.trim().parse::<u32>().is_ok(), "the id of a job", id)?;
    docker.run(&[], &["alpine", "/bin/hostname"]).run()?.exits(0).stdout_like("[..]\n").done()?;
    let many = docker.run(&["-e", "SCRUN_JOB_NUM_NODES=10"], &["alpine", "/bin/hostname"]);
    let lines = many.run()?.exits(0).checked()?.stdout_text().lines().count();
    expect(lines == 10, "ten lines with ten nodes", format!("{lines} lines"))?;
    docker.finish()
}

case! {
    /// The exit code of `docker run` is the container's, and 126 and 127 mean what they mean with every other runtime; outputs
    /// stay apart, and input is read.
    ///
    /// Catches: codes and streams that are lost between the job and the engine (R-OPEN-9).
    pub const STREAMS = must("scrun.docker-exit-codes", streams)
        .rules(&[G_SCR_1, G_DKR_3])
        .needs(&[Need::DockerRootless, Need::Busybox])
        .releases(SINCE)
        .known(&[R_OPEN_9.everywhere()])
        .once();
}

fn streams(cx: &Context<'_>) -> Outcome {
    let docker = Docker::new(cx)?;
    docker
        .inside(&[], "echo out; echo err >&2")
        .run()?
        .exits(0)
        .stdout_is("out\n")
        .stderr_is("err\n")
        .done()?;
    docker.inside(&["-i"], "cat").stdin("one\ntwo\n").run()?.exits(0).stdout_is("one\ntwo\n").done()?;
    // crun 1.8 now and then dresses the last words of a terminal as a message of its own, with a time and in red.
    docker.inside(&["-t"], "test -t 0 && echo terminal").run()?.exits(0).stdout_has("terminal\r\n").done()?;
    for code in [1, 5] {
        docker.inside(&[], &format!("exit {code}")).run()?.exits(code).done()?;
    }
    docker.run(&[], &["alpine", "/etc"]).run()?.exits(126).stderr_has("`/etc`").done()?;
    docker.run(&[], &["alpine", "nowhere"]).run()?.exits(127).stderr_has("`nowhere`").done()?;
    docker.finish()
}

case! {
    /// A detached container shows in docker ps and in squeue, has logs, and is stopped, killed, waited for and removed, also
    /// while it runs.
    ///
    /// Catches: ids that squeue does not know, signals that do not reach the job, and jobs that stay.
    pub const DETACHED = must("scrun.docker-detached", detached)
        .rules(&[G_SCR_1])
        .needs(&[Need::DockerRootless, Need::Busybox])
        .releases(SINCE)
        .known(&[R_OPEN_9.everywhere()])
        .once();
}

fn detached(cx: &Context<'_>) -> Outcome {
    let docker = Docker::new(cx)?;
    docker.detached("d1", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done")?;
    docker.until_logs("d1", "ready\n")?;
    let id = docker.cmd(["inspect", "--format", "{{.Id}}", "d1"]).run()?.exits(0).checked()?.stdout_text();
    let row = ["-h", "-O", "ContainerID:70,State:10"];
    cx.squeue().opts(row).run()?.stdout_like(&format!("{}[..]RUNNING[..]\n", id.trim())).done()?;
    docker.cmd(["kill", "d1"]).run()?.exits(0).done()?;
    docker.cmd(["wait", "d1"]).run()?.exits(0).stdout_is("137\n").done()?;
    docker.cmd(["rm", "d1"]).run()?.exits(0).done()?;
    docker.detached("d2", "echo ready; exec sleep 600")?;
    docker.until_logs("d2", "ready\n")?;
    docker.cmd(["rm", "--force", "d2"]).run()?.exits(0).done()?;
    docker.cmd(["ps", "--all", "--quiet"]).run()?.stdout_is("").done()?;
    docker.finish()
}

case! {
    /// exec and pause fail, and the container and its job go on; a network that is not there fails by name, and leaves no job.
    /// The network `bridge` is none with the printed daemon.json, so that a run that asks for it works.
    ///
    /// Catches: success that did nothing, and a container that ends by it.
    pub const LIMITS = must("scrun.docker-unsupported", limits)
        .rules(&[G_DKR_6, G_DKR_5, G_DKR_4])
        .needs(&[Need::DockerRootless, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn limits(cx: &Context<'_>) -> Outcome {
    let docker = Docker::new(cx)?;
    docker
        .cmd(["run", "--rm", "--net=nothing", "alpine", INSIDE, "true"])
        .run()?
        .fails()
        .stderr_has("nothing")
        .done()?;
    docker.detached("l1", "echo ready; exec sleep 600")?;
    docker.until_logs("l1", "ready\n")?;
    // Docker writes what the runtime says of it to the output of the command that did not run.
    docker.cmd(["exec", "l1", "true"]).run()?.fails().stdout_has("exec is not supported by scrun").done()?;
    docker.cmd(["pause", "l1"]).run()?.fails().stderr_has("pause is not supported by scrun").done()?;
    docker.cmd(["swarm", "leave"]).run()?.fails().done()?;
    docker.cmd(["inspect", "--format", "{{.State.Status}}", "l1"]).run()?.stdout_is("running\n").done()?;
    cx.squeue().opts(["-h", "-o", "%T"]).run()?.stdout_is("RUNNING\n").done()?;
    docker.cmd(["rm", "--force", "l1"]).run()?.exits(0).done()?;
    docker.finish()
}
