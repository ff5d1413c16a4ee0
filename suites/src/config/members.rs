//! One member of `config.json` at a time. The runtime prints the file, so that no container is needed.

use plimsoll_launcher::Release;
use serde_json::{Value, json};

use crate::bundle::{Bundle, BundleBuilder, Fixture, RootPath};
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::R_OPEN_1;
use crate::need::Need;
use crate::outcome::{Failure, Outcome, expect, expect_eq};
use crate::rules::{L_SET_5, L_SET_6, L_TASK_4};

/// The `config.json` that the runtime gets for a bundle.
fn written(cx: &Context<'_>, bundle: &Bundle, more: &str) -> Result<Value, Failure> {
    let rest = "RunTimeQuery=false\nRunTimeKill=true\nRunTimeDelete=true\n";
    cx.set_oci_conf(&format!("{more}\nRunTimeRun=\"cat %b/config.json\"\n{rest}"))?;
    let run = cx.srun().container(bundle).bare(["true"]).run()?.exits(0).checked()?;
    let parsed = serde_json::from_slice(&run.stdout);
    parsed
        .map_err(|cause| Failure::failed("a config.json of JSON", format!("{cause}\n{}", run.stdout_text())))
}

case! {
    /// A relative root.path is made absolute against the bundle, an absolute one stays.
    ///
    /// Catches: a launcher that leaves it relative to a bundle that the runtime does not get.
    pub const ROOT = must("config.root", root).rules(&[L_SET_5, L_TASK_4]).releases(Releases::from(Release::V23_02)).once();
}

fn root(cx: &Context<'_>) -> Outcome {
    for path in [RootPath::Relative, RootPath::Absolute] {
        let bundle = cx.build(BundleBuilder::new(Fixture::Busybox).root_path(path))?;
        let config = written(cx, &bundle, "")?;
        let seen = std::path::PathBuf::from(config["root"]["path"].as_str().unwrap_or_default());
        expect_eq("root.path", &seen, &bundle.rootfs)?;
    }
    Ok(())
}

case! {
    /// The spool directory is the last mount of a step without a script; the bundle's own mounts stand before it.
    ///
    /// Catches: a launcher that forgets it, hides the bundle's mounts, or mounts another directory (25.05 mended which).
    pub const MOUNT = must("config.spool-mount", mount)
        .rules(&[L_TASK_4, L_SET_6])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn mount(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let own: Value = serde_json::from_slice(&std::fs::read(bundle.dir.join("config.json"))?)
        .map_err(|cause| Failure::broken("the fixture's config.json", cause))?;
    let config = written(cx, &bundle, "")?;
    let (own, mounts) = (own["mounts"].as_array().map_or(0, Vec::len), &config["mounts"]);
    expect_eq("the number of mounts", &mounts.as_array().map(Vec::len), &Some(own + 1))?;
    let step = cx.cluster().spool_dir(&cx.nodes()[0]).join(format!("oci-job{}-0", cx.first_job()));
    let (source, destination) = if cx.release().at_least(Release::V25_05) {
        (step.clone(), step.display().to_string())
    } else {
        (step.join("task-0"), "/var/run/slurm/".to_owned())
    };
    let expected = json!({"destination": destination, "type": "none", "source": source, "options": ["bind"]});
    let mut last = mounts[own].clone();
    // Up to 24.11 a slash stands behind it, which means the same.
    last["source"] = json!(last["source"].as_str().unwrap_or_default().trim_end_matches('/'));
    expect_eq("the last mount", &last, &expected)
}

case! {
    /// MountSpoolDir says where the spool directory appears.
    ///
    /// Catches: a launcher that reads the key and keeps to its default.
    pub const MOUNT_POINT = must("config.mount-spool-dir", mount_point)
        .rules(&[L_SET_6])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn mount_point(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let config = written(cx, &bundle, "MountSpoolDir=/spool/%j.%t")?;
    let expected = format!("/spool/{}.0", cx.first_job());
    let last = config["mounts"].as_array().and_then(|mounts| mounts.last()).cloned().unwrap_or_default();
    expect_eq("its destination", &last["destination"], &json!(expected))
}

case! {
    /// Hooks of the kinds in DisableHooks go, and the others stay.
    ///
    /// Catches: a release that reads the key and does nothing (R-OPEN-1), or takes them all.
    pub const HOOKS = must("config.disable-hooks", hooks)
        .rules(&[L_TASK_4])
        .releases(Releases::from(Release::V23_02))
        .known(&[R_OPEN_1.everywhere()])
        .once();
}

fn hooks(cx: &Context<'_>) -> Outcome {
    let reads = ["/bin/sh", "-c", "cat >/dev/null"];
    let builder = BundleBuilder::new(Fixture::Busybox).hook("prestart", reads).hook("poststop", reads);
    let config = written(cx, &cx.build(builder)?, "DisableHooks=prestart,createRuntime")?;
    let kinds: Vec<&String> =
        config["hooks"].as_object().map(|hooks| hooks.keys().collect()).unwrap_or_default();
    expect_eq("the kinds that are left", kinds.as_slice(), &[&"poststop".to_owned()])
}

case! {
    /// process.env is the step's final environment, one entry a name.
    ///
    /// Catches: doubled names, of which a runtime may take the first or the last.
    pub const ENV = must("config.env-once", env_once).rules(&[L_TASK_4]).releases(Releases::from(Release::V23_02)).once();
}

fn env_once(cx: &Context<'_>) -> Outcome {
    let bundle = cx.build(BundleBuilder::new(Fixture::Busybox).env("HOME", "/bundle"))?;
    let config = written(cx, &bundle, "")?;
    let entries = config["process"]["env"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<&str> = entries.iter().filter_map(|entry| entry.as_str()?.split('=').next()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    expect_eq("the number of names", &names.len(), &all)?;
    expect(entries.contains(&json!("HOME=/bundle")), "HOME=/bundle", format!("{entries:?}"))
}

case! {
    /// The file belongs to the user's group, mode 0750.
    ///
    /// Catches: a file that other users can read.
    pub const FORM = must("config.form", form).rules(&[L_TASK_4]).releases(Releases::from(Release::V23_02)).once();
}

fn form(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_scripted_run("stat -c '%%a %%g' %b/config.json")?;
    let expected = format!("750 {}\n", cx.cluster().user().gid);
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).stdout_is(&expected).done()
}

case! {
    /// The bundle's own config.json is not touched.
    ///
    /// Catches: a launcher that writes into what users share.
    pub const UNTOUCHED = must("config.untouched", untouched).needs(&[Need::ConfigJson]).rules(&[L_TASK_4]);
}

fn untouched(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let before = std::fs::read(bundle.dir.join("config.json"))?;
    cx.srun().container(&bundle).cmd(["true"]).run()?.contained().exits(0).done()?;
    let after = std::fs::read(bundle.dir.join("config.json"))?;
    expect(before == after, "the same bytes as before", "other ones")
}

case! {
    /// With IgnoreFileConfigJson the runtime gets the user's bundle, and no file is written.
    ///
    /// Catches: a launcher that reads what it was told to ignore.
    pub const IGNORED = must("config.ignored", ignored)
        .rules(&[crate::rules::L_TASK_5, L_SET_5])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn ignored(cx: &Context<'_>) -> Outcome {
    let bundle = cx.build(BundleBuilder::new(Fixture::Busybox).flaw(crate::bundle::Flaw::NoConfig))?;
    cx.set_oci_conf(
        "IgnoreFileConfigJson=true\nRunTimeRun=\"echo %b %r; find %m -type f\"\nRunTimeKill=true\nRunTimeDelete=true\n",
    )?;
    let dir = bundle.dir.display().to_string();
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).stdout_is(&format!("{dir} {dir}\n")).done()
}
