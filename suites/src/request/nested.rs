//! The other request forms, as printed and as meant, and what the requests leave in view.

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::R_OPEN_6;
use crate::outcome::Outcome;
use crate::rules::{G_REQ_2, G_REQ_3, G_REQ_4, G_REQ_6, G_REQ_7, L_REQ_1, L_REQ_2, L_REQ_3, L_REQ_4};

case! {
    /// sbatch --wrap with srun --container in it runs step 0 inside: the guide's form as it is meant.
    ///
    /// Catches: a step that inherits its job's lack of a container.
    pub const BATCH_STEP = must("request.sbatch-srun", batch_step).core().rules(&[G_REQ_2]);
}

fn batch_step(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let wrap = format!("srun --container '{}' /bin/sh -c 'cat /.plimsoll/nonce'", bundle.dir.display());
    cx.sbatch().opts(["--wrap", &wrap]).run_job()?.exits(0).stdout_has(&bundle.nonce).done()
}

case! {
    /// The same as the guide prints it has the option inside the quoted command, and fails.
    ///
    /// Catches: nothing but the print itself (R-OPEN-5): were it to succeed, it would have run on the host.
    pub const BATCH_STEP_PRINTED = may("request.sbatch-srun-as-printed", batch_step_printed).provisional()
        .rules(&[G_REQ_2])
        .once();
}

fn batch_step_printed(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let wrap = format!("srun bash -c \"--container {} cat /etc/*rel*\"", bundle.dir.display());
    cx.sbatch().opts(["--wrap", &wrap]).run_job()?.fails().done()
}

case! {
    /// salloc --container with a command: inside by the guide, on the submit host by every release.
    ///
    /// Catches: a client that takes the container and says nothing of leaving it.
    pub const SALLOC = must("request.salloc", salloc).core().rules(&[G_REQ_3, L_REQ_3]);
}

fn salloc(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let dir = bundle.dir.display().to_string();
    let run =
        cx.salloc().opts(["--container", &dir, "sh", "-c", "cat /.plimsoll/nonce || echo outside"]).run()?;
    if cx.release() == Release::Guide {
        return run.exits(0).stdout_has(&bundle.nonce).done();
    }
    run.exits(0).stdout_is("outside\n").done()
}

case! {
    /// salloc srun --container runs step 0 of an interactive job inside.
    ///
    /// Catches: an srun that does not find its job.
    pub const SALLOC_STEP = must("request.salloc-srun", salloc_step).core().rules(&[G_REQ_4]);
}

fn salloc_step(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let dir = bundle.dir.display().to_string();
    let opts = ["srun", "--container", &dir, "/bin/sh", "-c", "cat /.plimsoll/nonce; exit 4"];
    cx.salloc().opts(opts).run()?.exits(4).stdout_has(&bundle.nonce).done()
}

case! {
    /// srun srun --container runs step 1 inside.
    ///
    /// Catches: an inner step that waits for the CPUs of the outer one (R-OPEN-6).
    pub const NESTED = must("request.srun-srun", nested).core().rules(&[G_REQ_6]).known(&[R_OPEN_6.everywhere()]);
}

fn nested(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let dir = bundle.dir.display().to_string();
    let command =
        ["srun", "--container", &dir, "/bin/sh", "-c", "cat /.plimsoll/nonce; echo step $SLURM_STEP_ID"];
    cx.srun().bare(command).run()?.exits(0).stdout_has(&bundle.nonce).stdout_has("step 1").done()
}

case! {
    /// A job's container is not its steps': an srun in a job that asked for one runs on the host.
    ///
    /// Catches: a step that inherits the container that its job asked for.
    pub const NOT_INHERITED = must("request.not-inherited", not_inherited).core().rules(&[G_REQ_7, L_REQ_2]);
}

fn not_inherited(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let dir = bundle.dir.display().to_string();
    cx.salloc().opts(["--container", &dir, "--no-shell"]).run()?.exits(0).done()?;
    let step = cx
        .srun()
        .opts(["--jobid", &cx.first_job()])
        .bare(["/bin/sh", "-c", "ls /.plimsoll; echo ${SLURM_CONTAINER:-none}"])
        .run()?;
    step.stdout_is("none\n").done()?;
    cx.scancel().opt(cx.first_job()).run()?.exits(0).done()
}

case! {
    /// SRUN_CONTAINER and SBATCH_CONTAINER do what the option does.
    ///
    /// Catches: an input variable that is not read, so that the step runs on the host.
    pub const VARIABLES = must("request.variables", variables).rules(&[L_REQ_2]).once();
}

fn variables(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun()
        .expects(&bundle)
        .env("SRUN_CONTAINER", &bundle.dir)
        .cmd(["true"])
        .run()?
        .contained()
        .exits(0)
        .done()?;
    let nonce = "cat /.plimsoll/nonce";
    let run = cx.sbatch().env("SBATCH_CONTAINER", &bundle.dir).opts(["--wrap", nonce]).run_job()?;
    run.exits(0).stdout_has(&bundle.nonce).done()
}

case! {
    /// A #SBATCH line asks for a container as the option does.
    ///
    /// Catches: a client that reads the line and drops what it does not know.
    pub const DIRECTIVE = must("request.directive", directive).rules(&[L_REQ_2]).once();
}

fn directive(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let text =
        format!("#!/bin/sh\n#SBATCH --container={} -o job.out\ncat /.plimsoll/nonce\n", bundle.dir.display());
    let script = cx.file("job.sh", text, 0o755)?;
    cx.sbatch().opt("-W").opt(&script).run()?.exits(0).done()?;
    let seen = std::fs::read_to_string(cx.shared().join("job.out"))?;
    crate::outcome::expect(seen.contains(&bundle.nonce), "the bundle's nonce", seen.clone())
}

case! {
    /// salloc --container is refused where interactive steps are off.
    ///
    /// Catches: a client that takes the request and drops it.
    pub const REFUSED = must("request.salloc-refused", refused)
        .rules(&[L_REQ_3])
        .settings(&[("LaunchParameters", "test_exec")])
        .once();
}

fn refused(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let dir = bundle.dir.display().to_string();
    let run = cx.salloc().opts(["--container", &dir, "true"]).run()?;
    run.fails().stderr_has("--container requires LaunchParameters=use_interactive_step").done()
}

case! {
    /// A relative path is passed on as it is given, and fails unless it happens to resolve on the node.
    ///
    /// Catches: a client that makes it absolute on the submit host, where other releases do not.
    pub const RELATIVE = must("request.relative", relative)
        .rules(&[L_REQ_1])
        .once();
}

fn relative(cx: &Context<'_>) -> Outcome {
    cx.bundle(Fixture::Busybox)?;
    cx.srun()
        .opts(["--container", "bundle-1"])
        .bare(["true"])
        .cwd(cx.shared())
        .run()?
        .fails()
        .stdout_is("")
        .done()
}

case! {
    /// squeue and scontrol show the container of a job that runs.
    ///
    /// Catches: a controller that does not keep it.
    pub const SHOWN = must("request.shown", shown).rules(&[L_REQ_4]).once();
}

fn shown(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let mut step = cx.srun().container(&bundle).sh("echo ready; cat").open_stdin().start()?;
    step.until_stdout_has("ready")?;
    let dir = bundle.dir.display().to_string();
    cx.scontrol()
        .opts(["show", "step", &format!("{}.0", cx.first_job())])
        .run()?
        .stdout_has(&format!("Container={dir}"))
        .done()?;
    cx.squeue().opts(["-h", "-O", "Container:200"]).run()?.exits(0).stdout_has(&dir).done()?;
    step.close_stdin();
    step.wait()?.contained().exits(0).done()
}

case! {
    /// An option that does not exist is refused.
    ///
    /// Catches: a client that passes over what it does not know: --container-type is no option before 26.05.
    pub const UNKNOWN_OPTION = must("request.unknown-option", unknown_option)
        .rules(&[crate::rules::L_REQ_5])
        .releases(Releases::until(Release::V25_11))
        .once();
}

fn unknown_option(cx: &Context<'_>) -> Outcome {
    let run = cx.srun().opts(["--container-type=oci"]).bare(["true"]).run()?;
    run.fails().stdout_is("").stderr_has("unrecognized option '--container-type").done()
}
