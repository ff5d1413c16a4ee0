//! Environments that a container has nothing to do with: the runtime's and the step daemon's.

use plimsoll_launcher::Release;

use crate::bundle::{BundleBuilder, Fixture};
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Outcome, expect};
use crate::rules::{L_SET_4, L_TASK_4};

/// Releases whose container gets the step's environment and nothing else.
const LATER: Releases = Releases::from(Release::V23_02);

case! {
    /// A variable of the runtime command alone is not there inside.
    ///
    /// Catches: a runtime that hands its own environment on.
    pub const RUNTIME = must("env.runtime-kept-out", runtime).needs(&[Need::EnvironmentApart]).rules(&[L_TASK_4]).releases(LATER);
}

fn runtime(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let mut text = cx.profile_conf()?;
    for operation in ["RunTimeRun", "RunTimeCreate", "RunTimeStart"] {
        text = text.replace(&format!("{operation}=\""), &format!("{operation}=\"X_OF_RUNTIME=1 "));
    }
    cx.set_oci_conf(&text)?;
    let script = "echo ${X_OF_RUNTIME:-none}";
    cx.srun().container(&bundle).sh(script).run()?.contained().exits(0).stdout_is("none\n").done()
}

case! {
    /// With --export=NONE no variable of the machine is there inside but what the bundle and Slurm set.
    ///
    /// Catches: a step daemon whose own environment, with what its site keeps in it, reaches every job.
    pub const DAEMON = must("env.daemon-kept-out", daemon).needs(&[Need::ConfigJson]).rules(&[L_SET_4, L_TASK_4]).releases(LATER);
}

fn daemon(cx: &Context<'_>) -> Outcome {
    let bundle = cx.build(BundleBuilder::new(Fixture::Busybox))?;
    let step = cx.srun().container(&bundle).opt("--export=NONE").sh("env").run()?;
    let text = step.contained().exits(0).checked()?.stdout_text();
    let config = std::fs::read_to_string(bundle.dir.join("config.json"))?;
    // What the shell inside and the runtime (HOME, of the user inside) set by themselves, and what the bundle brings.
    let own = |name: &str| {
        ["HOME", "PWD", "OLDPWD", "SHLVL", "_", "TERM"].contains(&name)
            || config.contains(&format!("\"{name}="))
    };
    let names: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let of_machine = |name: &str| std::env::var_os(name).is_some() && !name.starts_with("SLURM");
    let leaked: Vec<&str> = names.into_iter().filter(|name| !own(name) && of_machine(name)).collect();
    expect(leaked.is_empty(), "no variable of the machine inside", format!("{leaked:?}"))
}
