//! Variables: which arrive, which are filtered, how they are written down.

use plimsoll_launcher::Release;

use crate::bundle::{BundleBuilder, Fixture};
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::outcome::{Outcome, expect, expect_eq};
use crate::rules::{L_REQ_2, L_SET_4, L_TASK_3, L_TASK_6, L_TASK_7};

/// Releases whose oci.conf knows the keys of exclusion.
const EXCLUDES: Releases = Releases::from(Release::V23_02);
/// A runtime that prints what it was given, and the rest of a file in run mode.
const REST: &str = "RunTimeQuery=false\nRunTimeKill=true\nRunTimeDelete=true\n";

case! {
    /// Per-task variables are there inside.
    ///
    /// Catches: a launcher that makes the container's environment before the task is known, as 22.05 did.
    pub const TASK_VARIABLES = must("env.task-variables", task_variables).core().rules(&[L_SET_4]).releases(EXCLUDES);
}

fn task_variables(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let script = "echo $SLURM_JOB_ID $SLURM_STEP_ID $SLURM_PROCID $SLURM_LOCALID $SLURM_NODEID $SLURM_NTASKS";
    let expected = format!("{} 0 0 0 0 1\n", cx.first_job());
    cx.srun().container(&bundle).sh(script).run()?.contained().stdout_is(&expected).done()
}

case! {
    /// The step that asked for a container has its path in SLURM_CONTAINER.
    ///
    /// Catches: a client that does not tell the job what it runs in.
    pub const SLURM_CONTAINER = must("env.slurm-container", slurm_container).core().rules(&[L_REQ_2]);
}

fn slurm_container(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let expected = format!("{}\n", bundle.dir.display());
    cx.srun().container(&bundle).sh("echo $SLURM_CONTAINER").run()?.contained().stdout_is(&expected).done()
}

case! {
    /// SLURM_CONF is kept out of the container by the guide's EnvExclude.
    ///
    /// Catches: a launcher that does not filter, so that commands inside look for a file that is not there.
    pub const SLURM_CONF = must("env.slurm-conf-excluded", slurm_conf).core().rules(&[L_TASK_3]).releases(EXCLUDES);
}

fn slurm_conf(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun().container(&bundle).sh("echo ${SLURM_CONF:-none}").run()?.contained().stdout_is("none\n").done()
}

case! {
    /// EnvExclude removes each NAME=value that it matches anywhere, and nothing else.
    ///
    /// Catches: a launcher that matches names only, or the whole of an entry.
    pub const EXCLUDE = must("env.exclude", exclude).rules(&[L_TASK_3]).releases(EXCLUDES).once();
}

fn exclude(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_oci_conf(&format!(
        "EnvExclude=\"^X_A|secret$\"\nRunTimeRun=\"grep -o 'X_[ABC]=[a-z]*' %b/config.json\"\n{REST}"
    ))?;
    cx.srun()
        .container(&bundle)
        .env("X_A", "x")
        .env("X_B", "secret")
        .env("X_C", "secrets")
        .bare(["true"])
        .run()?
        .exits(0)
        .stdout_is("X_C=secrets\n")
        .done()
}

case! {
    /// RunTimeEnvExclude filters the environment of the runtime, and not the container's.
    ///
    /// Catches: a launcher that applies the one to the other.
    pub const RUNTIME_EXCLUDE = must("env.runtime-exclude", runtime_exclude).rules(&[L_TASK_7]).releases(EXCLUDES).once();
}

fn runtime_exclude(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let run = "RunTimeRun=\"echo runtime ${HOME:-none}; grep -c HOME=only-here %b/config.json\"";
    cx.set_oci_conf(&format!("RunTimeEnvExclude=\"^HOME=\"\n{run}\n{REST}"))?;
    cx.srun()
        .container(&bundle)
        .env("HOME", "only-here")
        .bare(["true"])
        .run()?
        .exits(0)
        .stdout_is("runtime none\n1\n")
        .done()
}

case! {
    /// CreateEnvFile=newline writes a line a variable and leaves out those that hold a line break.
    ///
    /// Catches: a launcher that lets a value become another variable.
    pub const FILE_NEWLINE = must("env.file-newline", file_newline).rules(&[L_TASK_6]).releases(EXCLUDES).once();
}

fn file_newline(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_oci_conf(&format!("CreateEnvFile=newline\nRunTimeRun=\"cat %e\"\n{REST}"))?;
    let run = cx
        .srun()
        .container(&bundle)
        .env("X_PLAIN", "a=b")
        .env("X_TWO", "a\nX_FORGED=1")
        .bare(["true"])
        .run()?;
    run.exits(0).stdout_has("\nX_PLAIN=a=b\n").stdout_lacks("X_TWO").stdout_lacks("X_FORGED").done()
}

case! {
    /// CreateEnvFile=null ends each variable with NUL, and none is left out.
    ///
    /// Catches: a launcher that writes lines whatever was asked for.
    pub const FILE_NULL = must("env.file-null", file_null).rules(&[L_TASK_6]).releases(EXCLUDES).once();
}

fn file_null(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_oci_conf(&format!("CreateEnvFile=null\nRunTimeRun=\"cat %e\"\n{REST}"))?;
    let run = cx.srun().container(&bundle).env("X_TWO", "a\nb").bare(["true"]).run()?.exits(0).checked()?;
    let entries: Vec<&[u8]> = run.stdout.split(|byte| *byte == 0).collect();
    expect(entries.contains(&b"X_TWO=a\nb".as_slice()), "X_TWO with its line break", run.stdout_text())?;
    expect_eq("what stands behind the last NUL", &entries.last().copied(), &Some(b"".as_slice()))
}

case! {
    /// The environment file belongs to the user, mode 0750.
    ///
    /// Catches: a file that others can read the user's secrets from.
    pub const FILE_MODE = must("env.file-mode", file_mode).rules(&[L_TASK_6]).releases(EXCLUDES).once();
}

fn file_mode(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_oci_conf(&format!("CreateEnvFile=newline\nRunTimeRun=\"stat -c '%%a %%U' %e\"\n{REST}"))?;
    let expected = format!("750 {}\n", cx.cluster().user().name);
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).stdout_is(&expected).done()
}

case! {
    /// --export=NONE keeps the user's variables out, and the bundle's arrive.
    ///
    /// Catches: a client that exports what it was told not to.
    pub const EXPORT_NONE = must("env.export-none", export_none).rules(&[L_SET_4]);
}

fn export_none(cx: &Context<'_>) -> Outcome {
    let bundle = cx.build(BundleBuilder::new(Fixture::Busybox).env("FROM_BUNDLE", "yes"))?;
    let run = cx
        .srun()
        .container(&bundle)
        .env("FROM_USER", "yes")
        .opt("--export=NONE")
        .sh("echo ${FROM_USER:-no} $FROM_BUNDLE")
        .run()?;
    run.contained().exits(0).stdout_is("no yes\n").done()
}
