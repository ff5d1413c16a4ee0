//! Input, output, terminal and log.

use super::engine::Podman;
use super::life::SINCE;
use super::single::Single;
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Failure, Outcome, expect, expect_eq};
use crate::rules::{G_POD_2, G_SCR_1};

case! {
    /// A container reads the standard input of create, and writes to its outputs, each to its own.
    ///
    /// Catches: an anchor that loses or joins streams.
    pub const DIRECT = must("scrun.streams", direct).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn direct(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "streams", "cat; echo error >&2")?;
    container.input("one\ntwo\n")?;
    container.run()?;
    expect_eq("its output", &container.stdout(), &"one\ntwo\n".to_owned())?;
    expect_eq("its errors", &container.stderr(), &"error\n".to_owned())?;
    container.does("delete", &[])
}

case! {
    /// A failure is one line of JSON in the log where an engine asks for JSON, with level, message and an RFC 3339 time.
    ///
    /// Catches: a log that Podman and Docker cannot read, so that their users never see the cause.
    pub const LOG_FORMAT =
        must("scrun.log-format", log_format).rules(&[G_SCR_1]).needs(&[Need::Busybox]).releases(SINCE).once();
}

fn log_format(cx: &Context<'_>) -> Outcome {
    let container = Single::new(cx, "log", "true")?;
    std::fs::remove_file(container.bundle().join("config.json"))?;
    container.create_with("", "--log-format=json")?.fails().done()?;
    let log = container.log();
    let line: serde_json::Value = serde_json::from_str(&log)
        .map_err(|error| Failure::failed("one line of JSON in the log", format!("{error}: {log}")))?;
    expect_eq("the level", &line["level"], &"error".into())?;
    let message = line["msg"].as_str().unwrap_or_default();
    expect(message.contains("config.json"), "a message that names config.json", message)?;
    let time = line["time"].as_str().unwrap_or_default();
    let fits = time.len() > 19 && time.as_bytes()[10] == b'T' && time.ends_with('Z');
    expect(fits, "an RFC 3339 time", time)
}

case! {
    /// Under Podman a container's outputs stay apart, and it reads what Podman reads.
    ///
    /// Catches: streams that are lost or joined on the way from the job to the user.
    pub const PODMAN = must("scrun.podman-streams", podman)
        .rules(&[G_POD_2, G_SCR_1])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn podman(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    podman
        .inside(&[], "echo out; echo err >&2")
        .run()?
        .exits(0)
        .stdout_is("out\n")
        .stderr_is("err\n")
        .done()?;
    podman.inside(&["-i"], "cat").stdin("one\ntwo\n").run()?.exits(0).stdout_is("one\ntwo\n").done()?;
    podman.finish()
}

case! {
    /// `podman run -t` gives the container a terminal, and without it there is none.
    ///
    /// Catches: a console that is not handed on, or a step without --pty.
    pub const TERMINAL = must("scrun.podman-terminal", terminal)
        .rules(&[G_POD_2])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .once();
}

fn terminal(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    let script = "test -t 0 && test -t 1 && echo terminal || echo none";
    podman.inside(&[], script).run()?.exits(0).stdout_is("none\n").done()?;
    // Not the whole output: crun 1.8 now and then dresses a terminal's last words as a message of its own.
    podman.inside(&["-t"], script).run()?.exits(0).stdout_has("terminal\r\n").done()?;
    podman.finish()
}
