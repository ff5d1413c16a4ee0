//! OpenMPI 5 with PMIx 5 in the container, whatever the version of the PMIx server outside.

use super::{SEVERAL, lines, ranks, refs, sums};
use crate::bundle::Fixture;
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::Outcome;
use crate::rules::G_MPI_1;

case! {
    /// Two ranks of OpenMPI 5 on each of two nodes pass a number round.
    ///
    /// Catches: a server that speaks to ranks of its own version alone.
    pub const RING = must("mpi.openmpi5-ring", ring)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi5])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn ring(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi5)?;
    let expected = lines(cx, &[&[0, 1], &[2, 3]], "ring", sums(4));
    ranks(cx, &bundle, 2, 4, "ring").run()?.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}

case! {
    /// Four ranks of OpenMPI 5 on one node pass a number round.
    ///
    /// Catches: a server that waits for other nodes where there are none.
    pub const FOUR_ON_ONE = must("mpi.openmpi5-four-on-one", four_on_one)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi5])
        .releases(SEVERAL)
        .once();
}

fn four_on_one(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi5)?;
    let expected = lines(cx, &[&[0, 1, 2, 3]], "ring", sums(4));
    ranks(cx, &bundle, 1, 4, "ring").run()?.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}

case! {
    /// Two ranks of OpenMPI 5 on one node and one on another pass a number round.
    ///
    /// Catches: a map of ranks to nodes that takes every node for equally full.
    pub const UNEVEN = must("mpi.openmpi5-uneven", uneven)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi5])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn uneven(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi5)?;
    let expected = lines(cx, &[&[0, 1], &[2]], "ring", sums(3));
    ranks(cx, &bundle, 2, 3, "ring").run()?.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}
