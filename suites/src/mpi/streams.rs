//! Streams of MPI ranks.

use super::{SEVERAL, lines, ranks, refs, sums};
use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::Outcome;
use crate::rules::G_MPI_1;

/// Longer than what pipes on the way hold.
const MUCH: usize = 300_000;

case! {
    /// Standard input of srun reaches rank 0 whole, and rank 0 tells the others.
    ///
    /// Catches: an input that is cut, or that another rank reads.
    pub const INPUT = must("mpi.input", input)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn input(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let expected = lines(cx, &[&[0], &[1]], "input", |_| MUCH as u64);
    let run = ranks(cx, &bundle, 2, 2, "input").opts(["-i", "0"]).stdin(vec![b'x'; MUCH]).run()?;
    run.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}

case! {
    /// Each line of a rank's is labelled with the rank that MPI gave it.
    ///
    /// Catches: ranks of MPI that are not those of Slurm.
    pub const LABELS = must("mpi.labels", labels)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn labels(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let plain = lines(cx, &[&[0, 2], &[1, 3]], "ring", sums(4));
    // A line begins with `rank R`.
    let labelled: Vec<String> =
        plain.iter().map(|line| format!("{}: {line}", line.split(' ').nth(1).unwrap_or_default())).collect();
    let run = ranks(cx, &bundle, 2, 4, "ring").opts(["-l", "-m", "cyclic"]).run()?;
    run.contained().exits(0).stdout_has_lines(&refs(&labelled)).done()
}
