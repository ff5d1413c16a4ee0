//! Labels, files, amounts, terminals.

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::{R_OPEN_16, R_OPEN_21};
use crate::need::Need;
use crate::outcome::{Outcome, expect_eq};
use crate::rules::{L_RUN_1, L_TASK_4};

case! {
    /// -l puts the rank before each line.
    ///
    /// Catches: labels in the middle of lines, or of another task.
    pub const LABEL = must("stdio.label", label).core().rules(&[L_RUN_1]);
}

fn label(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let run = cx.srun().container(&bundle).opt("-l").sh("printf 'a\\nb'; printf 'c\\n'; echo d >&2").run()?;
    run.contained().exits(0).stdout_is("0: a\n0: bc\n").stderr_is("0: d\n").done()
}

case! {
    /// -o and -e write to files named by patterns.
    ///
    /// Catches: patterns that are not expanded, or output that goes both ways.
    pub const FILES = must("stdio.files", files).core()
        .rules(&[L_RUN_1])
        .known(&[R_OPEN_21.on(Releases::from(Release::V26_05).without(Releases::GUIDE))]);
}

fn files(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let run = cx
        .srun()
        .container(&bundle)
        .opts(["-o", "out.%j.%t", "-e", "err.%J"])
        .sh("echo to output; echo to error >&2")
        .run()?;
    run.contained().exits(0).stdout_is("").stderr_is("").done()?;
    let read = |name: &str| std::fs::read_to_string(cx.shared().join(name));
    let id = cx.first_job();
    expect_eq("the output's file", read(&format!("out.{id}.0"))?.as_str(), "to output\n")?;
    expect_eq("the errors' file", read(&format!("err.{id}.0"))?.as_str(), "to error\n")
}

case! {
    /// -i none gives the container nothing to read.
    ///
    /// Catches: a container that waits for an input that nobody means for it.
    pub const NO_INPUT = must("stdio.no-input", no_input).core().rules(&[L_RUN_1]);
}

fn no_input(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).opts(["-i", "none"]).sh("cat; echo end").open_stdin().start()?;
    step.wait()?.contained().exits(0).stdout_is("end\n").done()
}

/// How long much output may take: a second on an idle machine, and nothing is known of a hang here.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);

case! {
    /// Sixteen megabytes arrive complete and unchanged.
    ///
    /// Catches: a launcher that drops what its buffers do not hold, or ends before the last bytes.
    pub const MUCH = must("stdio.much", much).rules(&[L_RUN_1]).once();
}

fn much(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let much = cx.srun().container(&bundle).sh("yes 0123456789abcde | head -c 16777216");
    let run = much.limit(PATIENCE).run()?;
    let run = run.contained().exits(0).checked()?;
    expect_eq("the number of bytes", &run.stdout.len(), &16_777_216)?;
    let whole = run.stdout.chunks(16).all(|line| line == b"0123456789abcde\n");
    crate::outcome::expect(whole, "every line whole", "some that are not")
}

case! {
    /// A reader that goes away ends the step.
    ///
    /// Catches: an srun that writes on into a closed pipe for ever.
    pub const READER_GONE = must("stdio.reader-gone", reader_gone)
        .rules(&[L_RUN_1])
        .known(&[R_OPEN_16.on(Releases::until(Release::V25_11).without(Releases::GUIDE))])
        .once();
}

fn reader_gone(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let script = format!(
        "srun --container '{}' /bin/sh -c 'cat /.plimsoll/nonce; yes' | head -n 1",
        bundle.dir.display()
    );
    cx.shell(&script).run()?.exits(0).stdout_has(bundle.nonce.trim()).done()?;
    // The step ends by itself when nobody reads, or here.
    drop(cx.scancel().opts(["-Q", &cx.first_job()]).start()?.wait()?);
    cx.wait_idle()
}

case! {
    /// With --pty the contained program has a terminal, and its exit code arrives.
    ///
    /// Catches: a launcher that asks the runtime for no terminal, or loses the code on the way through it.
    pub const TERMINAL = must("stdio.terminal", terminal)
        .rules(&[L_TASK_4, L_RUN_1])
        .releases(crate::case::Releases::from(plimsoll_launcher::Release::V23_11))
        .in_mode(plimsoll_launcher::Mode::Run);
}

fn terminal(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun()
        .container(&bundle)
        .opt("--pty")
        .terminal(100, 40)
        .sh("test -t 0 && test -t 1 && echo a terminal; exit 3")
        .run()?
        .contained()
        .exits(3)
        .stdout_has("a terminal")
        .done()
}

case! {
    /// With --pty the terminal is the contained program's own: /dev/tty is there, and is it.
    ///
    /// Catches: a runtime that hands the step's terminal on without making one, so that no job control works inside.
    pub const CONTROLLING = must("stdio.controlling-terminal", controlling).needs(&[Need::ControllingTerminal])
        .rules(&[L_TASK_4])
        .releases(crate::case::Releases::from(plimsoll_launcher::Release::V23_11))
        .in_mode(plimsoll_launcher::Mode::Run);
}

fn controlling(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let step = cx.srun().container(&bundle).opt("--pty").terminal(100, 40);
    step.sh("echo controlling >/dev/tty").run()?.contained().exits(0).stdout_has("controlling").done()
}

case! {
    /// Without --pty there is no terminal inside, even where srun has one.
    ///
    /// Catches: a launcher that keeps the bundle's own process.terminal, so that the runtime asks for a console.
    pub const NO_TERMINAL = must("stdio.no-terminal", no_terminal).core().rules(&[L_TASK_4]);
}

fn no_terminal(cx: &Context<'_>) -> Outcome {
    let builder = crate::bundle::BundleBuilder::new(Fixture::Busybox).terminal(true);
    let bundle = cx.build(builder)?;
    let run = cx.srun().container(&bundle).sh("test -t 0 || test -t 1 || echo none").run()?;
    run.contained().exits(0).stdout_is("none\n").done()
}
