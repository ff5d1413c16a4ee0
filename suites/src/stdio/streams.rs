//! Streams without a terminal.

use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::rules::{G_REQ_5, L_RUN_1};

case! {
    /// Standard output and standard error of the contained program arrive complete and apart.
    ///
    /// Catches: a launcher that joins the two, loses one, or adds words of its own.
    pub const APART = must("stdio.apart", apart).core().rules(&[L_RUN_1, G_REQ_5]);
}

fn apart(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    cx.srun()
        .container(&bundle)
        .sh("echo to output; echo to error >&2; printf 'no line break'")
        .run()?
        .contained()
        .exits(0)
        .stdout_is("to output\nno line break")
        .stderr_is("to error\n")
        .done()
}

case! {
    /// What srun reads is what the contained program reads, to the end.
    ///
    /// Catches: a launcher that does not forward standard input, changes it, or keeps it open for ever.
    pub const STDIN = must("stdio.stdin", stdin).core().rules(&[L_RUN_1, G_REQ_5]);
}

fn stdin(cx: &Context<'_>) -> Outcome {
    let bundle = cx.bundle(Fixture::Busybox)?;
    let bytes: Vec<u8> = (0..=255).collect();
    cx.srun()
        .container(&bundle)
        .cmd(["cat"])
        .stdin(bytes.clone())
        .run()?
        .contained()
        .exits(0)
        .stdout_is_bytes(&bytes)
        .done()
}
