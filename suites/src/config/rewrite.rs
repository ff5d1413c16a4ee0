//! What changes in `config.json`, and what stays. The runtime prints the file, so that no container is needed.

use serde_json::{Value, json};

use crate::bundle::{BundleBuilder, Fixture};
use crate::case;
use crate::context::Context;
use crate::outcome::{Failure, Outcome, expect_eq};
use crate::rules::{L_TASK_4, L_TASK_5};

case! {
    /// process.args becomes the step's command, and members that Slurm does not know stay as they are.
    ///
    /// Catches: a launcher that writes config.json from what it knows, or leaves the bundle's own command in it.
    pub const ARGS_AND_UNKNOWN = must("config.args-and-unknown", args_and_unknown).rules(&[L_TASK_4, L_TASK_5]).once();
}

fn args_and_unknown(cx: &Context<'_>) -> Outcome {
    let unknown = json!({"b": [1, null, {"x": "y"}], "a": 1.5});
    let kept = unknown.clone();
    let builder = BundleBuilder::new(Fixture::Busybox).args(["/bundle's/own"]);
    let bundle = cx.build(builder.edit(move |config| config["com.example.unknown"] = kept))?;
    cx.set_scripted_run("cat %b/config.json")?;
    let command = ["/bin/echo", "two words", "", "it's"];
    let run = cx.srun().container(&bundle).bare(command).run()?.exits(0).checked()?;
    let config: Value = serde_json::from_slice(&run.stdout).map_err(|cause| {
        Failure::failed("a config.json of JSON", format!("{cause}\n{}", run.stdout_text()))
    })?;
    expect_eq("process.args", &config["process"]["args"], &json!(command))?;
    expect_eq("the unknown member", &config["com.example.unknown"], &unknown)
}
