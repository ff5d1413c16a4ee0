//! Containers that are ended by the launcher, and what is left of those that have ended.

use std::path::Path;

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::outcome::{Outcome, expect, expect_eq};
use crate::rules::{G_RT_3, L_CS_5, L_KILL_1, L_KILL_2};

/// A runtime whose start fails though its container runs, and whose container stops when it is killed. It notes its calls.
const STUBBORN: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 9
echo "$1" >>calls
case $1 in
create) echo created >status ;;
start) echo running >status; exit 3 ;;
state) test -e status && printf '{"status":"%s"}' "$(cat status)" ;;
kill) echo stopped >status ;;
delete) rm status ;;
esac
"#;

/// Names in a runtime's directory but those that begin with a dot, which a runtime keeps for itself (`.empty-directory` of
/// crun 1.28) and which no container has.
pub(crate) fn left_in(dir: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

case! {
    /// A container that still runs is killed until it is not, and deleted once.
    ///
    /// Catches: a launcher that leaves a container behind whose start failed, or deletes what still runs.
    pub const KILLED_UNTIL_STOPPED = must("cleanup.killed-until-stopped", killed)
        .rules(&[L_KILL_1, L_KILL_2, L_CS_5])
        .releases(crate::case::Releases::GUIDE)
        .once_in_mode(plimsoll_launcher::Mode::CreateStart);
}

fn killed(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.folder("stubborn", 0o755)?;
    let runtime = cx.file("stubborn/runtime", STUBBORN, 0o755)?;
    let runtime = runtime.display();
    let operations = [
        ("Create", "create"),
        ("Start", "start"),
        ("Query", "state"),
        ("Kill", "kill"),
        ("Delete", "delete"),
    ];
    let lines = operations.map(|(key, word)| format!("RunTime{key}=\"{runtime} {word}\"\n"));
    cx.set_oci_conf(&lines.concat())?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(3).done()?;
    cx.wait_idle()?;
    let calls = std::fs::read_to_string(cx.shared().join("stubborn/calls"))?;
    let mut calls: Vec<&str> = calls.lines().collect();
    calls.dedup();
    let expected = ["create", "state", "start", "state", "kill", "state", "delete", "state"];
    expect_eq("the operations", calls.as_slice(), &expected)
}

case! {
    /// When a step is over the runtime's directory holds nothing of it.
    ///
    /// Catches: a launcher that does not delete, or a runtime that only says so.
    pub const NOTHING_LEFT = must("cleanup.nothing-left", nothing_left).core().rules(&[L_KILL_2, L_CS_5, G_RT_3]);
}

fn nothing_left(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun().container(&bundle).cmd(["true"]).run()?.contained().exits(0).done()?;
    cx.wait_idle()?;
    let left = left_in(&cx.shared().join("runtime-root"))?;
    expect(left.is_empty(), "nothing left", format!("{left:?}"))
}
