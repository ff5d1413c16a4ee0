//! A plugin and an `oci.conf` beside each other.

use std::path::Path;

use plimsoll_launcher::Release;

use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::outcome::{Outcome, expect};
use crate::rules::G_SPK_1;

/// Names in `plugstack.conf` that start containers.
const PLUGINS: [&str; 3] = ["pyxis", "shifter", "sarus"];

/// What is wrong with a folder of Slurm's configuration that has both, in one sentence; nothing where it has not.
pub fn conflict(conf_dir: &Path) -> Option<String> {
    let oci_conf = conf_dir.join("oci.conf");
    let plugstack = conf_dir.join("plugstack.conf");
    let text = std::fs::read_to_string(&plugstack).ok()?;
    let lines = || text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let plugin = PLUGINS.iter().find(|name| lines().any(|line| line.contains(*name)))?;
    oci_conf.exists().then(|| {
        format!(
            "{} starts containers by {plugin}, and {} is there as well: both may act on a request (G-SPK-1); remove one of them",
            plugstack.display(),
            oci_conf.display()
        )
    })
}

case! {
    /// A plugin that starts containers and an oci.conf are not to stand side by side: both together are warned of, each alone
    /// is not.
    ///
    /// Catches: a check of a site that looks at one of the two files only.
    pub const OCI_CONF_BESIDE = should("plugin.oci-conf-beside", beside)
        .rules(&[G_SPK_1])
        .releases(Releases::only(Release::Guide))
        .of_plugins();
}

fn beside(cx: &Context<'_>) -> Outcome {
    let dir = cx.cluster().conf_dir().to_owned();
    expect(conflict(&dir).is_none(), "no warning of a plugin alone", format!("{:?}", conflict(&dir)))?;
    cx.set_oci_conf("RunTimeRun=\"true\"\nRunTimeKill=\"true\"\nRunTimeDelete=\"true\"\n")?;
    let named = cx.target().plugin().is_some_and(|plugin| !plugin.plugstack.is_empty());
    let warned =
        conflict(&dir).is_some_and(|said| said.contains("oci.conf") && said.contains("plugstack.conf"));
    // A plugin that is only a command is in no file of Slurm's.
    expect(warned == named, "a warning that names both files", format!("{:?}", conflict(&dir)))
}
