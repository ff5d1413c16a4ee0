//! The script, its files, its end.

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::defects::{Known, R_OPEN_14};
use crate::need::Need;
use crate::outcome::{Outcome, expect};
use crate::rules::{G_REQ_1, L_TASK_4};

/// What adds a line to a job's output.
const NOISE: &[Known] = &[R_OPEN_14.everywhere()];

/// A script for the container's own shell.
fn shell(script: &str) -> String {
    format!("#!/bin/sh\n{script}\n")
}

case! {
    /// The script appears as /tmp/slurm/startup, cannot be written to, and is what was submitted.
    ///
    /// Catches: a launcher that mounts it writable, or somewhere else.
    pub const STARTUP = must("batch.startup", startup).needs(&[Need::BatchInside]).rules(&[L_TASK_4, G_REQ_1]).known(NOISE);
}

fn startup(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let script =
        cx.file("job.sh", shell("echo $0; cat $0; (echo x >> $0) 2>/dev/null || echo cannot write"), 0o755)?;
    let dir = bundle.dir.display().to_string();
    let run = cx.sbatch().opts(["--container", &dir, "-W", "-o", "job.out"]).opt(&script).run()?;
    run.exits(0).done()?;
    let text = std::fs::read_to_string(cx.shared().join("job.out")).unwrap_or_default();
    let expected = format!("/tmp/slurm/startup\n{}cannot write\n", std::fs::read_to_string(&script)?);
    expect(text == expected, expected.clone(), text.clone())
}

case! {
    /// The script's arguments arrive.
    ///
    /// Catches: a launcher that runs the script and forgets what stands behind it.
    pub const ARGUMENTS = must("batch.arguments", arguments).core().rules(&[L_TASK_4]).known(NOISE);
}

fn arguments(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let script = cx.file("job.sh", shell("printf '<%s>\\n' \"$@\""), 0o755)?;
    let dir = bundle.dir.display().to_string();
    let run = cx
        .sbatch()
        .opts(["--container", &dir, "-W", "-o", "job.out"])
        .opt(&script)
        .opts(["two words", "it's"])
        .run()?;
    run.exits(0).done()?;
    let text = std::fs::read_to_string(cx.shared().join("job.out")).unwrap_or_default();
    expect(text == "<two words>\n<it's>\n", "both arguments", text.clone())
}

case! {
    /// The job's files appear under /tmp/slurm, /dev/null does not, and both streams go where they were sent.
    ///
    /// Catches: a launcher that mounts what is not there, or mixes the streams up.
    pub const STREAMS = must("batch.streams", streams).needs(&[Need::BatchInside]).rules(&[L_TASK_4]).known(NOISE);
}

fn streams(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let opts = ["-W", "-o", "job.out", "-e", "job.err"];
    let run = cx.sbatch().container(&bundle).opts(opts).wrap("ls /tmp/slurm; echo to error >&2").run()?;
    run.exits(0).contained().done()?;
    let read = |name: &str| std::fs::read_to_string(cx.shared().join(name));
    expect(read("job.out")? == "startup\nstderr\nstdout\n", "startup, stderr, stdout", read("job.out")?)?;
    expect(read("job.err")? == "to error\n", "to error", read("job.err")?)
}

case! {
    /// A cancelled job ends its container, and says so in its output file.
    ///
    /// Catches: a script whose container outlives it.
    pub const CANCELLED = must("batch.cancelled", cancelled).needs(&[Need::WritableRoot]).rules(&[G_REQ_1]).settings(&[("KillWait", "0.3")]);
}

fn cancelled(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let job = cx
        .sbatch()
        .container(&bundle)
        .opts(["-W", "-o", "job.out"])
        .wrap("trap 'exit 5' TERM; touch started; while :; do sleep 0.02; done")
        .start()?;
    let id = cx.first_job();
    job.until_stdout_has(&format!("Submitted batch job {id}\n"))?;
    // Only what runs can be shown to end: a job that is cancelled while its container comes up is another matter.
    let started = bundle.rootfs.join("started");
    let running = format!("until [ -e {} ]; do sleep 0.02; done", started.display());
    cx.shell(&running).run()?.exits(0).done()?;
    cx.scancel().opt(&id).run()?.exits(0).done()?;
    job.wait()?.fails().done()?;
    let text = std::fs::read_to_string(cx.shared().join("job.out")).unwrap_or_default();
    expect(text.contains(&format!("*** JOB {id} ON")), "the word of its end", text.clone())?;
    cx.wait_idle()
}

case! {
    /// scontrol shows the container, the state and the exit code of a job that is over.
    ///
    /// Catches: a controller that forgets what a job ran in.
    pub const STATE = must("batch.state", state).rules(&[crate::rules::L_REQ_4]);
}

fn state(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.sbatch().container(&bundle).wrap("exit 9").run_job()?.contained().exits(9).done()?;
    let container = format!("Container={}", bundle.dir.display());
    cx.scontrol()
        .opts(["show", "job", &cx.first_job()])
        .run()?
        .stdout_has("JobState=FAILED Reason=NonZeroExitCode")
        .stdout_has("ExitCode=9:0")
        .stdout_has(&container)
        .done()
}

case! {
    /// Each job of an array runs in a container of its own.
    ///
    /// Catches: array jobs that share a container id.
    pub const ARRAY = must("batch.array", array).rules(&[G_REQ_1]).known(NOISE).once();
}

fn array(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let dir = bundle.dir.display().to_string();
    let opts = [
        "--container",
        &dir,
        "--array=0-2",
        "-W",
        "-o",
        "array.%a",
        "--wrap",
        "cat /.plimsoll/nonce; echo $SLURM_ARRAY_TASK_ID",
    ];
    cx.sbatch().opts(opts).run()?.exits(0).done()?;
    for task in 0..3 {
        let text = std::fs::read_to_string(cx.shared().join(format!("array.{task}"))).unwrap_or_default();
        let inside = text.contains(&bundle.nonce) && text.ends_with(&format!("{task}\n"));
        expect(inside, format!("the nonce and {task}"), text.clone())?;
    }
    Ok(())
}
