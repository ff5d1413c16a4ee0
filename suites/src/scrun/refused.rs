//! What cannot be: each is refused in words that name the cause, and costs no job.

use super::life::SINCE;
use super::single::Single;
use crate::bundle::{BundleBuilder, Fixture};
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Outcome, expect_eq};
use crate::rules::{G_DKR_1, G_DKR_6, G_SCR_1};

/// No job was asked for.
fn without_a_job(cx: &Context<'_>, container: &Single<'_>) -> Outcome {
    cx.squeue().opts(["-h", "-t", "all"]).run()?.exits(0).stdout_is("").done()?;
    crate::outcome::expect(
        !container.folder().exists(),
        "no files of a container that was refused",
        container.folder().display().to_string(),
    )
}

case! {
    /// Without scrun.lua create fails and names the file.
    ///
    /// Catches: a missing script that is passed over, so that containers start on nodes that cannot see their files.
    pub const NO_SCRIPT =
        must("scrun.no-script", no_script).rules(&[G_DKR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn no_script(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "script", "true")?;
    std::fs::remove_file(cx.cluster().conf_dir().join("scrun.lua"))?;
    container.create_with("", "")?.fails().stderr_has("/scrun.lua is missing").done()?;
    without_a_job(cx, &container)
}

case! {
    /// Without oci.conf create fails and names the file.
    ///
    /// Catches: a container that would run on the host (R-OPEN-10).
    pub const NO_OCI_CONF =
        must("scrun.no-oci-conf", no_oci_conf).rules(&[G_DKR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn no_oci_conf(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "conf", "true")?;
    cx.remove_oci_conf()?;
    container.create_with("", "")?.fails().stderr_has("/oci.conf is missing").done()?;
    without_a_job(cx, &container)
}

case! {
    /// JWT is refused by name, as a token and as the cluster's kind of authentication.
    ///
    /// Catches: a user who is let in by another proof than munge's.
    pub const JWT = must("scrun.jwt", jwt)
        .rules(&[G_DKR_1])
        .needs(&[Need::Busybox])
        .settings(&[("AuthType", "auth/jwt")])
        .releases(SINCE)
        .once();
}

fn jwt(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "jwt", "true")?;
    container.create_with("", "")?.fails().stderr_has("AuthType=auth/jwt is not supported").done()?;
    container.create_with("SLURM_JWT=token", "")?.fails().stderr_has("SLURM_JWT is set").done()?;
    without_a_job(cx, &container)
}

case! {
    /// A command that is not in the container fails create, and is named.
    ///
    /// Catches: a job that is asked for in vain, and an exit code that is not 127 under an engine.
    pub const NO_COMMAND =
        must("scrun.no-command", no_command).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn no_command(cx: &Context<'_>) -> Outcome {
    super::single::only_on_the_mock(cx)?;
    let bundle = cx.build(BundleBuilder::new(Fixture::Busybox).args(["no-such-command"]))?;
    let root = cx.folder("scrun", 0o700)?;
    let root = root.to_string_lossy();
    let bundle = bundle.dir.to_string_lossy();
    let run = cx.scrun().opts(["--root", &root, "create", "--bundle", &bundle, "none"]).run()?;
    run.fails().stderr_has("executable file not found in $PATH: `no-such-command`").done()?;
    cx.squeue().opts(["-h", "-t", "all"]).run()?.exits(0).stdout_is("").done()
}

case! {
    /// exec, pause, resume and what else is not supported fail by name, and leave the container as it is.
    ///
    /// Catches: success that did nothing, and a container that ends by it.
    pub const OTHERS =
        must("scrun.unsupported", others).rules(&[G_DKR_6, G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn others(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "others", "echo ready; exec sleep 600")?;
    container.create()?;
    container.does("start", &[])?;
    container.until_says("ready\n")?;
    for operation in ["exec", "pause", "resume", "ps", "events", "update", "checkpoint"] {
        let run = container.scrun(operation, &[])?;
        run.fails().stderr_has(&format!("{operation} is not supported by scrun")).done()?;
        expect_eq("its status", &container.status()?, &"running".to_owned())?;
    }
    container.does("delete", &[])
}
