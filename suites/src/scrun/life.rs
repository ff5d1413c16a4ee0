//! From create to delete, without an engine.

use super::single::{Single, only_on_the_mock};
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Outcome, expect, expect_eq};
use crate::rules::G_SCR_1;
use plimsoll_launcher::{Mode, Release};

/// There was no scrun before.
pub const SINCE: Releases = Releases::from(Release::V23_02);

case! {
    /// A container is created, started and deleted, is a job by its id meanwhile, and leaves neither job nor files.
    ///
    /// Catches: states that are made up, a pid that is not there, a container that starts too early or writes nowhere, jobs
    /// without the container's id, and files that stay.
    pub const LIFE = must("scrun.life", life).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn life(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "life", "echo here; cat /wait 2>/dev/null; read line; echo $line")?;
    container.input("the end\n")?;
    container.create()?;
    let state = container.state()?;
    expect_eq("the status behind create", &state["status"], &"created".into())?;
    let pid = state["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
    expect(pid.is_some() && pid == container.pid(), "the pid of the pid file in state", format!("{pid:?}"))?;
    expect_eq("the output before start", &container.stdout(), &String::new())?;
    let format = ["-h", "-O", "ContainerID:20,State:20"];
    cx.squeue().opts(format).run()?.exits(0).stdout_like("life[..]RUNNING[..]\n").done()?;
    container.does("start", &[])?;
    container.until_stopped()?;
    expect_eq("its output", &container.stdout(), &"here\nthe end\n".to_owned())?;
    cx.squeue().opts(["-h"]).run()?.exits(0).stdout_is("").done()?;
    container.does("delete", &[])?;
    expect(!container.folder().exists(), "no files behind delete", container.folder().display().to_string())?;
    container.scrun("state", &[])?.fails().stderr_has("`life` does not exist").done()
}

case! {
    /// A signal of `kill` reaches the contained program as it is, by number and by name. In run mode signals end with the
    /// runtime, which has its own ways with them; this is about scrun.
    ///
    /// Catches: a kill that does nothing, or sends another signal.
    pub const SIGNALS = must("scrun.signals", signals)
        .rules(&[G_SCR_1])
        .needs(&[Need::Busybox])
        .releases(SINCE)
        .once_in_mode(Mode::CreateStart);
}

fn signals(cx: &Context<'_>) -> Outcome {
    let script =
        "trap 'echo usr1' USR1; trap 'echo usr2; exit 3' USR2; echo ready; while :; do sleep 0.05; done";
    let container = Single::new(cx, "signals", script)?;
    container.create()?;
    container.does("start", &[])?;
    container.until_says("ready\n")?;
    container.does("kill", &["SIGUSR1"])?;
    container.until_says("usr1\n")?;
    container.does("kill", &["12"])?;
    container.until_stopped()?;
    expect_eq("its output", &container.stdout(), &"ready\nusr1\nusr2\n".to_owned())?;
    container.scrun("kill", &["15"])?.fails().stderr_has("not running").done()?;
    container.scrun("kill", &["SIGNONE"])?.fails().stderr_has("`SIGNONE` is no signal").done()
}

case! {
    /// `delete` of a container that runs ends its job, and nothing of it is left.
    ///
    /// Catches: a delete that is refused, or leaves job or files.
    pub const DELETE_RUNNING =
        must("scrun.delete-running", delete_running).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn delete_running(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "running", "echo ready; exec sleep 600")?;
    container.create()?;
    container.does("start", &[])?;
    container.until_says("ready\n")?;
    expect_eq("its status", &container.status()?, &"running".to_owned())?;
    container.does("delete", &["--force"])?;
    expect(!container.folder().exists(), "no files behind delete", container.folder().display().to_string())?;
    cx.wait_idle()?;
    container.does("delete", &["--force"])
}

case! {
    /// A name is one container's, and a container starts once.
    ///
    /// Catches: a second create that takes the place of the first, and a start that can be done twice.
    pub const ONCE = must("scrun.once", once).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn once(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "once", "echo ready; exec sleep 600")?;
    container.create()?;
    container.create_with("", "")?.fails().stderr_has("`once` exists already").done()?;
    container.does("start", &[])?;
    container.scrun("start", &[])?.fails().stderr_has("only one that is created can be started").done()?;
    container.until_says("ready\n")?;
    container.does("delete", &[])
}

case! {
    /// A container whose job is cancelled before its start is stopped, and cannot be started.
    ///
    /// Catches: an anchor that does not see what becomes of its job.
    pub const LOST_BEFORE_START =
        must("scrun.lost-before-start", lost_before_start).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn lost_before_start(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "lost", "echo never")?;
    container.create()?;
    cx.scancel().opt(cx.first_job()).run()?.exits(0).done()?;
    container.until_stopped()?;
    container.scrun("start", &[])?.fails().stderr_has("is stopped").done()?;
    expect_eq("its output", &container.stdout(), &String::new())?;
    container.does("delete", &[])
}

case! {
    /// When an anchor is killed its job ends, its container is stopped, and delete takes the rest away.
    ///
    /// Catches: a job that outlives its anchor, and a state that nobody answers for.
    pub const ANCHOR_KILLED =
        should("scrun.anchor-killed", anchor_killed).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn anchor_killed(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "killed", "echo ready; exec sleep 600")?;
    container.create()?;
    container.does("start", &[])?;
    container.until_says("ready\n")?;
    let pid = container.pid().unwrap_or(0);
    cx.shell(&format!("kill -9 {pid}")).run()?.exits(0).done()?;
    container.until_stopped()?;
    cx.wait_idle()?;
    container.does("delete", &[])?;
    expect(!container.folder().exists(), "no files behind delete", container.folder().display().to_string())
}

case! {
    /// Called as root without --root, as inside every user namespace, scrun says so and guesses no folder.
    ///
    /// Catches: a folder that is the machine's root's, or everybody's.
    pub const ROOT_NOT_GUESSED = must("scrun.root-not-guessed", root_not_guessed)
        .rules(&[G_SCR_1])
        .needs(&[Need::UserNamespaces])
        .releases(SINCE)
        .once();
}

fn root_not_guessed(cx: &Context<'_>) -> Outcome {
    only_on_the_mock(cx)?;
    let script = "unset XDG_RUNTIME_DIR; exec unshare --user --map-root-user scrun state nobody";
    cx.shell(script).run()?.fails().stderr_has("give --root").done()
}
