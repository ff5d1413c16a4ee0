//! Podman as its users call it.

use super::engine::Podman;
use super::life::SINCE;
use plimsoll_launcher::Mode;

use crate::bundle::{HELLO, INSIDE, Image};
use crate::case;
use crate::context::Context;
use crate::defects::R_OPEN_9;
use crate::need::Need;
use crate::outcome::{Outcome, expect};
use crate::rules::{G_POD_1, G_POD_2, G_SCR_1};

case! {
    /// With containers.conf and storage.conf as printed Podman calls scrun, and keeps images by vfs.
    ///
    /// Catches: files that Podman does not read so, and a scrun that does not answer it.
    pub const CONFIGURED = must("scrun.podman-configured", configured)
        .rules(&[G_POD_1])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn configured(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    let format = "{{.Host.OCIRuntime.Name}} {{.Store.GraphDriverName}} {{.Host.CgroupManager}}";
    podman.cmd(["info", "--format", format]).run()?.exits(0).stdout_is("slurm vfs cgroupfs\n").done()?;
    let script = "echo $SCRUN_CONTAINER_ID | cut -c1-12";
    let run =
        podman.inside(&["--cidfile", &cx.path("id").to_string_lossy()], script).run()?.exits(0).checked()?;
    let id = std::fs::read_to_string(cx.shared().join("id-2")).unwrap_or_default();
    let seen = run.stdout_text();
    expect(!seen.trim().is_empty() && id.starts_with(seen.trim()), format!("the container's id {id}"), seen)?;
    podman.finish()
}

case! {
    /// The guide's podman run commands: hello-world, the job's id, the host's name, and as many lines as nodes.
    ///
    /// Catches: containers that are no jobs, or jobs of one node whatever is asked for.
    pub const VERIFY = must("scrun.podman-verify", verify)
        .rules(&[G_POD_2])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .nodes(10)
        .once();
}

fn verify(cx: &Context<'_>) -> Outcome {
    let podman = Podman::with(cx, &[Image::Alpine, Image::HelloWorld])?;
    podman.cmd(["run", "hello-world"]).run()?.exits(0).stdout_is(&format!("{HELLO}\n")).done()?;
    let run = podman.cmd(["run", "alpine", "printenv", "SLURM_JOB_ID"]).run()?.exits(0).checked()?;
    let id = run.stdout_text();
    expect(id.trim().parse::<u32>().is_ok(), "the id of a job", id)?;
    let host = podman.cmd(["run", "alpine", "hostname"]).run()?.exits(0).checked()?.stdout_text();
    expect(host.lines().count() == 1, "one host's name", &host)?;
    let run = podman
        .cmd(["run", "-e", "SCRUN_JOB_NUM_NODES=10", "alpine", "hostname"])
        .run()?
        .exits(0)
        .checked()?;
    let lines = run.stdout_text().lines().count();
    expect(lines == 10, "ten lines with ten nodes", format!("{lines} lines"))?;
    podman.cmd(["rm", "--all"]).run()?.exits(0).done()?;
    podman.finish()
}

case! {
    /// As printed, with -e behind the image, the last verify command asks the container for a program `-e`, and Podman says so
    /// with 127.
    ///
    /// Catches: a failure that is hidden.
    pub const PRINTED = must("scrun.podman-printed", printed)
        .rules(&[G_POD_2])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn printed(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    let words = ["run", "--rm", "alpine", "-e", "SCRUN_JOB_NUM_NODES=10", "hostname"];
    podman.cmd(words).run()?.exits(127).stdout_is("").stderr_has("`-e`").done()?;
    cx.squeue().opts(["-h", "-t", "all"]).run()?.stdout_is("").done()?;
    podman.finish()
}

case! {
    /// Inside an allocation the container is a step of its job: by --env-host, and by -e SLURM_JOB_ID.
    ///
    /// Catches: a second job inside the first.
    pub const SALLOC = must("scrun.podman-salloc", salloc)
        .rules(&[G_POD_2])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn salloc(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    let inside = ["alpine", "printenv", "SLURM_JOB_ID"];
    let words = ["podman", "run", "--rm", "--env-host=true"];
    let first = cx.first_job();
    let run = podman.dressed(cx.salloc()).bare(words.iter().chain(&inside)).run()?;
    run.exits(0).stdout_is(&format!("{first}\n")).done()?;
    let script =
        "echo $SLURM_JOB_ID; podman run --rm -e SLURM_JOB_ID=$SLURM_JOB_ID alpine printenv SLURM_JOB_ID";
    let run = podman.dressed(cx.salloc()).bare(["sh", "-c", script]).run()?.exits(0).checked()?;
    let said = run.stdout_text();
    let ids: Vec<&str> = said.lines().collect();
    expect(ids.len() == 2 && ids[0] == ids[1], "twice the allocation's id", &said)?;
    let jobs = cx.squeue().opts(["-h", "-t", "all", "-o", "%i"]).run()?.exits(0).checked()?.stdout_text();
    expect(jobs.lines().count() == 2, "no job beside the two allocations", jobs)?;
    podman.finish()
}

case! {
    /// The exit code of `podman run` is the container's, 128 and the signal where one ended it, and 125 to 127 mean what they
    /// mean with every other runtime.
    ///
    /// Catches: codes that are lost between the job and the engine (R-OPEN-9).
    pub const EXIT_CODES = must("scrun.podman-exit-codes", exit_codes)
        .rules(&[G_SCR_1])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .known(&[R_OPEN_9.everywhere()])
        .once();
}

fn exit_codes(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    for (script, code) in [("exit 0", 0), ("exit 1", 1), ("exit 5", 5), ("kill -9 $$", 137)] {
        podman.inside(&[], script).run()?.exits(code).done()?;
    }
    podman.cmd(["run", "--rm", "--no-such-option", "alpine", "true"]).run()?.exits(125).done()?;
    podman.cmd(["run", "--rm", "alpine", "/etc"]).run()?.exits(126).stderr_has("`/etc`").done()?;
    podman.cmd(["run", "--rm", "alpine", "nowhere"]).run()?.exits(127).stderr_has("`nowhere`").done()?;
    podman.finish()
}

case! {
    /// A detached container shows in podman ps and in squeue, has logs, and is waited for, inspected, stopped and removed.
    ///
    /// Catches: states that the engine does not understand, and ids that squeue does not know.
    pub const DETACHED = must("scrun.podman-detached", detached)
        .rules(&[G_SCR_1])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .known(&[R_OPEN_9.everywhere()])
        .once();
}

fn detached(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    podman.detached("d1", "echo ready; exec sleep 600")?;
    podman.until_logs("d1", "ready\n")?;
    let id = podman.cmd(["inspect", "--format", "{{.Id}}", "d1"]).run()?.exits(0).checked()?.stdout_text();
    let row = ["-h", "-O", "ContainerID:70,State:10"];
    cx.squeue().opts(row).run()?.stdout_like(&format!("{}[..]RUNNING[..]\n", id.trim())).done()?;
    podman
        .cmd(["ps", "--filter", "status=running", "--format", "{{.Names}}"])
        .run()?
        .stdout_is("d1\n")
        .done()?;
    podman.cmd(["stop", "d1"]).run()?.exits(0).done()?;
    podman.cmd(["wait", "d1"]).run()?.exits(0).stdout_is("143\n").done()?;
    let format = "{{.State.Status}} {{.State.ExitCode}}";
    podman.cmd(["inspect", "--format", format, "d1"]).run()?.stdout_is("exited 143\n").done()?;
    podman.cmd(["rm", "d1"]).run()?.exits(0).done()?;
    podman.finish()
}

case! {
    /// `podman kill` ends the job with SIGKILL, and with -s sends another signal.
    ///
    /// Catches: signals that do not reach the container.
    pub const KILL = must("scrun.podman-kill", kill)
        .rules(&[G_SCR_1])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .known(&[R_OPEN_9.everywhere()])
        .once_in_mode(Mode::CreateStart);
}

fn kill(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    podman.detached("k1", "trap 'echo hup' HUP; echo ready; while :; do sleep 0.05; done")?;
    podman.until_logs("k1", "ready\n")?;
    podman.cmd(["kill", "-s", "HUP", "k1"]).run()?.exits(0).done()?;
    podman.until_logs("k1", "hup\n")?;
    podman.cmd(["kill", "k1"]).run()?.exits(0).done()?;
    podman.cmd(["wait", "k1"]).run()?.exits(0).stdout_is("137\n").done()?;
    podman.cmd(["rm", "k1"]).run()?.exits(0).done()?;
    podman.finish()
}

case! {
    /// `podman rm -f` of a container that runs ends its job and leaves no file of it.
    ///
    /// Catches: a delete that is refused, or leaves the job.
    pub const REMOVE_RUNNING = must("scrun.podman-remove-running", remove_running)
        .rules(&[G_SCR_1])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn remove_running(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    podman.detached("r1", "echo ready; exec sleep 600")?;
    podman.until_logs("r1", "ready\n")?;
    podman.cmd(["rm", "--force", "--time", "1", "r1"]).run()?.exits(0).done()?;
    podman.cmd(["ps", "--all", "--quiet"]).run()?.stdout_is("").done()?;
    podman.finish()
}

case! {
    /// A job that is cancelled ends its container, which Podman reports with another code than 0.
    ///
    /// Catches: an engine that waits for a container whose job is gone, or calls it a success.
    pub const CANCELLED = must("scrun.podman-cancelled", cancelled)
        .rules(&[G_SCR_1])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .known(&[R_OPEN_9.everywhere()])
        .once();
}

fn cancelled(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    podman.detached("c1", "echo ready; exec sleep 600")?;
    podman.until_logs("c1", "ready\n")?;
    cx.scancel().opt(cx.first_job()).run()?.exits(0).done()?;
    let code = podman.cmd(["wait", "c1"]).run()?.exits(0).checked()?.stdout_text();
    expect(code.trim().parse::<i32>().is_ok_and(|code| code != 0), "a code other than 0", code)?;
    podman.cmd(["rm", "c1"]).run()?.exits(0).done()?;
    podman.finish()
}

case! {
    /// Environment, working directory, volumes, read-only ones too, user and entrypoint are the container's.
    ///
    /// Catches: settings that are lost on the way to the job.
    pub const SETTINGS = must("scrun.podman-settings", settings)
        .rules(&[G_POD_2, G_SCR_1])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn settings(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    let data = cx.folder("data", 0o755)?;
    cx.file("data/given", "given\n", 0o644)?;
    let volume = format!("{}:/mnt", data.display());
    let options = ["-e", "A=b c", "-w", "/tmp", "-v", &volume, "--user", "7:8"];
    let script = "echo $A; pwd; cat /mnt/given; id -u; id -g; echo made >/mnt/made";
    let expected = "b c\n/tmp\ngiven\n7\n8\n";
    podman.inside(&options, script).run()?.exits(0).stdout_is(expected).done()?;
    let made = std::fs::read_to_string(data.join("made")).unwrap_or_default();
    expect(made == "made\n", "what the container wrote into its volume", made)?;
    let read_only = format!("{}:/mnt:ro", data.display());
    podman.inside(&["-v", &read_only], "echo x >/mnt/given").run()?.fails().done()?;
    let entrypoint = ["run", "--rm", "--entrypoint", INSIDE, "alpine", "echo entered"];
    podman.cmd(entrypoint).run()?.exits(0).stdout_is("entered\n").done()?;
    podman.finish()
}
