//! Texts that are accepted, and texts that fail every container step.

use plimsoll_launcher::Release;

use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::defects::R_OPEN_17;
use crate::outcome::Outcome;
use crate::rules::{
    C_FILE_1, C_FILE_2, C_LEX_1, C_LEX_2, C_LEX_3, C_LEX_4, C_LEX_5, C_LEX_6, C_LEX_7, C_LEX_8, C_SET_1,
    C_SET_2, C_SET_4, C_SET_5, C_SET_6, L_SET_2,
};

/// What a file in run mode needs beside RunTimeRun.
const REST: &str = "RunTimeQuery=false\nRunTimeKill=true\nRunTimeDelete=true\n";

/// A step under this text prints what its runtime does.
fn accepted(cx: &Context<'_>, text: &str, output: &str) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_oci_conf(text)?;
    cx.srun().container(&bundle).bare(["true"]).run()?.exits(0).stdout_is(output).done()
}

/// A step under this text fails to launch, and nothing runs, neither inside nor on the host.
pub(super) fn refused(cx: &Context<'_>, text: &str) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.set_oci_conf(text)?;
    let run = cx.srun().container(&bundle).bare(["/bin/echo", "ran"]).run()?;
    run.not_contained().fails().stdout_is("").stderr_has("error").done()
}

case! {
    /// A whole file on one line is legal, as the guide prints its files.
    ///
    /// Catches: a parser that wants a line a key.
    pub const ONE_LINE = must("ociconf.one-line", one_line)
        .rules(&[C_LEX_4])
        .known(&[R_OPEN_17.everywhere()])
        .once();
}

fn one_line(cx: &Context<'_>) -> Outcome {
    accepted(
        cx,
        "RunTimeQuery=false RunTimeKill=\"true\"\tRunTimeDelete = true RunTimeRun=\"echo a  b\"",
        "a b\n",
    )
}

case! {
    /// Comments go, and a backslash at the end of a line continues it.
    ///
    /// Catches: a parser that keeps a comment behind a value, or ends a value at the line's end.
    pub const COMMENTS = must("ociconf.comments", comments).rules(&[C_LEX_1, C_LEX_2]).once();
}

fn comments(cx: &Context<'_>) -> Outcome {
    accepted(cx, &format!("# RunTimeRun=no\nRunTimeRun=\"echo \\  \n a\\#b\" # c\n{REST}"), "a#b\n")
}

case! {
    /// A backslash goes, and the character behind it stays; two of them are one.
    ///
    /// Catches: a parser that keeps them, so that a site's paths are other ones.
    pub const ESCAPES = must("ociconf.escapes", escapes).rules(&[C_LEX_3]).once();
}

fn escapes(cx: &Context<'_>) -> Outcome {
    accepted(cx, &format!("RunTimeRun=\"printf %%s 'a\\#b\\\\c\\d'\"\n{REST}"), "a#b\\cd")
}

case! {
    /// Create without start is half a file, and fails the step.
    ///
    /// Catches: a launcher that creates containers which nobody starts.
    pub const HALF_CREATE_START = must("ociconf.half-create-start", half_create_start).rules(&[C_SET_2]).once();
}

fn half_create_start(cx: &Context<'_>) -> Outcome {
    refused(cx, &format!("RunTimeCreate=\"echo ran\"\n{REST}"))
}

case! {
    /// Keys are the same in any case of letters.
    ///
    /// Catches: a parser that knows one spelling.
    pub const ANY_CASE = must("ociconf.any-case", any_case).rules(&[C_LEX_4]).once();
}

fn any_case(cx: &Context<'_>) -> Outcome {
    accepted(cx, &format!("RUNTIMERUN=\"echo ok\"\n{}", REST.to_lowercase()), "ok\n")
}

case! {
    /// Of a key that is given twice the last one wins.
    ///
    /// Catches: a parser that keeps the first, or joins them.
    pub const LAST_WINS = must("ociconf.last-wins", last_wins).rules(&[C_LEX_6]).once();
}

fn last_wins(cx: &Context<'_>) -> Outcome {
    accepted(cx, &format!("RunTimeRun=\"echo first\"\n{REST}RunTimeRun=\"echo last\"\n"), "last\n")
}

case! {
    /// A changed file takes effect at the next step.
    ///
    /// Catches: a daemon that reads the file once and keeps it.
    pub const NEXT_STEP = must("ociconf.next-step", next_step).rules(&[C_FILE_2]).once();
}

fn next_step(cx: &Context<'_>) -> Outcome {
    accepted(cx, &format!("RunTimeRun=\"echo one\"\n{REST}"), "one\n")?;
    accepted(cx, &format!("RunTimeRun=\"echo two\"\n{REST}"), "two\n")
}

case! {
    /// Include takes another file in.
    ///
    /// Catches: a parser that skips the line, so that half of a site's file is missing.
    pub const INCLUDE = must("ociconf.include", include).rules(&[C_LEX_8]).once();
}

fn include(cx: &Context<'_>) -> Outcome {
    let rest = cx.file("rest.conf", REST, 0o644)?;
    accepted(cx, &format!("Include {}\nRunTimeRun=\"echo whole\"\n", rest.display()), "whole\n")
}

case! {
    /// An unknown key fails the step.
    ///
    /// Catches: a parser that passes over what it does not know, or a daemon that runs on the host then.
    pub const UNKNOWN_KEY = must("ociconf.unknown-key", unknown_key).rules(&[C_LEX_5, L_SET_2, C_FILE_1]).once();
}

fn unknown_key(cx: &Context<'_>) -> Outcome {
    refused(cx, &format!("RunTimeRun=\"echo ran\"\n{REST}RunTimeBogus=1\n"))
}

case! {
    /// A boolean that is none fails the step.
    ///
    /// Catches: a parser that takes everything else for no.
    pub const BAD_BOOLEAN = must("ociconf.bad-boolean", bad_boolean)
        .rules(&[C_LEX_7])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn bad_boolean(cx: &Context<'_>) -> Outcome {
    refused(cx, &format!("RunTimeRun=\"echo ran\"\n{REST}DisableCleanup=maybe\n"))
}

case! {
    /// A file without any operation fails the step.
    ///
    /// Catches: a launcher that takes an empty file for no file.
    pub const INCOMPLETE = must("ociconf.incomplete", incomplete).rules(&[C_SET_1, L_SET_2]).once();
}

fn incomplete(cx: &Context<'_>) -> Outcome {
    refused(cx, "ContainerPath=/nowhere/%t\n")
}

case! {
    /// RunTimeRun beside create and start fails the step.
    ///
    /// Catches: a launcher that picks one.
    pub const BOTH_MODES = must("ociconf.both-modes", both_modes).rules(&[C_SET_4]).once();
}

fn both_modes(cx: &Context<'_>) -> Outcome {
    refused(cx, &format!("RunTimeRun=\"echo ran\"\nRunTimeCreate=true\nRunTimeStart=true\n{REST}"))
}

case! {
    /// An expression that does not compile fails the step.
    ///
    /// Catches: a launcher that then excludes nothing, and leaks what a site wanted kept.
    pub const BAD_EXPRESSION = must("ociconf.bad-expression", bad_expression)
        .rules(&[C_SET_6])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn bad_expression(cx: &Context<'_>) -> Outcome {
    refused(cx, &format!("EnvExclude=\"(\"\nRunTimeRun=\"echo ran\"\n{REST}"))
}

case! {
    /// IgnoreFileConfigJson with create and start fails when the task is launched.
    ///
    /// Catches: a launcher that creates from a bundle that it was told not to read.
    pub const IGNORE_WITHOUT_RUN = must("ociconf.ignore-without-run", ignore_without_run)
        .rules(&[C_SET_5])
        .releases(Releases::from(Release::V23_02))
        .once();
}

fn ignore_without_run(cx: &Context<'_>) -> Outcome {
    refused(
        cx,
        "IgnoreFileConfigJson=yes\nRunTimeCreate=true\nRunTimeStart=\"echo ran\"\nRunTimeQuery=false\nRunTimeKill=true\nRunTimeDelete=true\n",
    )
}

case! {
    /// The OCIRunTime names of the guide's oldest example are accepted by no release.
    ///
    /// Catches: a parser that takes them, so that a site's file works nowhere else.
    pub const OLD_NAMES = must("ociconf.old-names", old_names).rules(&[C_LEX_5]).once();
}

fn old_names(cx: &Context<'_>) -> Outcome {
    refused(
        cx,
        "OCIRunTimeRun=\"echo ran\"\nOCIRunTimeKill=true\nOCIRunTimeDelete=true\nOCIRunTimeQuery=false\n",
    )
}
