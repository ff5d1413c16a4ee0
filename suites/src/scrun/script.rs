//! The site's scrun.lua at work.

use super::life::SINCE;
use super::single::Single;
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Outcome, expect};
use crate::rules::{G_DKR_7, G_SCR_1};
use plimsoll_scrun::site::scripts;

/// Puts another script on the cluster.
fn set(cx: &Context<'_>, text: &str) -> Outcome {
    cx.evidence().add("scrun.lua", text.as_bytes())?;
    Ok(std::fs::write(cx.cluster().conf_dir().join("scrun.lua"), text)?)
}

case! {
    /// A stage in that fails, returns nonsense or is missing fails create in its own words, and its job ends.
    ///
    /// Catches: a container that runs though its files are not there, and a job that stays.
    pub const STAGE_IN_FAILS =
        must("scrun.stage-in-fails", stage_in_fails).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn stage_in_fails(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "fails", "true")?;
    let out = "function slurm_scrun_stage_out() return slurm.SUCCESS end\n";
    for (body, words) in [
        ("return slurm.ERROR", "slurm_scrun_stage_in returned -1"),
        ("return 'nonsense'", "slurm_scrun_stage_in returned nonsense"),
        ("error('the disk is full')", "the disk is full"),
    ] {
        set(cx, &format!("function slurm_scrun_stage_in() {body} end\n{out}"))?;
        container.create_with("", "")?.fails().stderr_has(words).done()?;
        expect(!container.folder().exists(), "no files", container.folder().display().to_string())?;
    }
    set(cx, out)?;
    container.create_with("", "")?.fails().stderr_has("function slurm_scrun_stage_in is missing").done()?;
    cx.wait_idle()
}

case! {
    /// Stage out is called when the step has ended, with what stage in set, and its commands run here and on the nodes.
    ///
    /// Catches: results that stay on the nodes.
    pub const STAGE_OUT =
        must("scrun.stage-out", stage_out).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn stage_out(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "out", "echo ran")?;
    let added = r#"
        local staged_out = slurm_scrun_stage_out
        function slurm_scrun_stage_out(id, bundle, orig_bundle, ...)
            local status, output = slurm.remote_command("echo on $SLURMD_NODENAME")
            slurm.allocator_command("printf '%s %s' '" .. id .. "' '" .. output .. "' >" .. orig_bundle .. "/done")
            return staged_out(id, bundle, orig_bundle, ...)
        end
        return slurm.SUCCESS
    "#;
    let base = scripts::SHARED.trim_end().trim_end_matches("return slurm.SUCCESS");
    set(cx, &format!("{base}{added}"))?;
    container.run()?;
    cx.wait_idle()?;
    let seen = std::fs::read_to_string(container.bundle().join("done")).unwrap_or_default();
    let node = cx.nodes().first().cloned().unwrap_or_default();
    expect(seen == format!("out on {node}\n"), "what stage out wrote", seen)?;
    expect(
        !container.bundle().join("slurm").exists(),
        "no copy of config.json left",
        "bundle/slurm is there",
    )?;
    container.does("delete", &[])
}

case! {
    /// With the script for nodes that see nothing of the submit host the container runs in a folder of the node, what it wrote
    /// comes back, and the folder goes.
    ///
    /// Catches: files that are not moved, or stay on the node.
    pub const STAGED = should("scrun.staged", staged).rules(&[G_DKR_7]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn staged(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "staged", "echo $SCRUN_ROOTFS_PATH; echo result >/result")?;
    set(cx, scripts::STAGED)?;
    container.run()?;
    let folder = format!("/tmp/scrun-{}-staged", cx.first_job());
    expect(container.stdout() == format!("{folder}/rootfs\n"), "a folder of the node", container.stdout())?;
    let result = std::fs::read_to_string(container.bundle().join("rootfs/result")).unwrap_or_default();
    expect(result == "result\n", "the file that the container wrote", result)?;
    expect(!std::path::Path::new(&folder).exists(), "no folder left on the node", folder)?;
    container.does("delete", &[])
}
