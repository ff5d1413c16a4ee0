//! Ranks that meet: on one node and on several, by each implementation.

use plimsoll_fixtures::IdMap;
use plimsoll_launcher::Mode;

use super::{SEVERAL, lines, ranks, refs, sums};
use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::Outcome;
use crate::rules::{G_MPI_1, G_REQ_5};

case! {
    /// Two ranks on each of two nodes, each in a container of its own, pass a number round.
    ///
    /// What such a container needs stands in the bundle's process.env: OMPI_MCA_btl=tcp,self and OMPI_MCA_pml=ob1, since neither
    /// pids nor /dev/shm are shared; OMPI_MCA_btl_tcp_if_include=lo where all nodes are one machine; PMIX_MCA_gds=hash, so that
    /// no folder of the PMIx server has to be bound. The network namespace is the node's.
    ///
    /// Catches: PMIX variables that do not reach the container, ranks that each believe to be alone, a fence that does not end.
    pub const RING = must("mpi.ring", ring)
        .rules(&[G_MPI_1, G_REQ_5])
        .needs(&[Need::Pmix, Need::OpenMpi, Need::ConfigJson, Need::HostKernel])
        .releases(Releases::GUIDE)
        .in_mode(Mode::Run)
        .nodes(2);
}

fn ring(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let expected = lines(cx, &[&[0, 1], &[2, 3]], "ring", sums(4));
    ranks(cx, &bundle, 2, 4, "ring").run()?.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}

case! {
    /// Two ranks of one node pass a number round.
    ///
    /// Catches: a server that waits for other nodes where there are none.
    pub const ONE_NODE = must("mpi.one-node", one_node)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once();
}

fn one_node(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let expected = lines(cx, &[&[0, 1]], "ring", sums(2));
    ranks(cx, &bundle, 1, 2, "ring").run()?.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}

case! {
    /// Four ranks of one node know that they share it.
    ///
    /// Catches: a server that tells its ranks another number of neighbours.
    pub const FOUR_ON_ONE = must("mpi.four-on-one", four_on_one)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once();
}

fn four_on_one(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let expected = lines(cx, &[&[0, 1, 2, 3]], "local", |_| 15);
    ranks(cx, &bundle, 1, 4, "local").run()?.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}

case! {
    /// Two ranks on one node and one on another know who shares a node with whom.
    ///
    /// Catches: a map of ranks to nodes that takes every node for equally full, or exchanges ranks.
    pub const UNEVEN = must("mpi.uneven", uneven)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn uneven(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let expected = lines(cx, &[&[0, 1], &[2]], "local", |rank| if rank == 2 { 4 } else { 3 });
    ranks(cx, &bundle, 2, 3, "local").run()?.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}

case! {
    /// Ranks that are dealt out node by node in turn know where the others are.
    ///
    /// Catches: a map that gives each node a block of ranks, whatever --distribution says.
    pub const CYCLIC = must("mpi.cyclic", cyclic)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn cyclic(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let expected = lines(cx, &[&[0, 2], &[1, 3]], "local", |rank| if rank % 2 == 0 { 5 } else { 10 });
    let run = ranks(cx, &bundle, 2, 4, "local").opts(["-m", "cyclic"]).run()?;
    run.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}

case! {
    /// Every rank of four on two nodes exchanges something with every other one.
    ///
    /// Catches: addresses of other nodes' ranks that are not handed on.
    pub const CONNECTIVITY = must("mpi.connectivity", connectivity)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn connectivity(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let expected = lines(cx, &[&[0, 1], &[2, 3]], "connectivity", |_| 3);
    ranks(cx, &bundle, 2, 4, "connectivity")
        .run()?
        .contained()
        .exits(0)
        .stdout_has_lines(&refs(&expected))
        .done()
}

case! {
    /// Four ranks on two nodes add up what each has.
    ///
    /// Catches: collectives that take a part of the ranks for all.
    pub const ALLREDUCE = must("mpi.allreduce", allreduce)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn allreduce(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let expected = lines(cx, &[&[0, 1], &[2, 3]], "allreduce", |_| 6);
    ranks(cx, &bundle, 2, 4, "allreduce")
        .run()?
        .contained()
        .exits(0)
        .stdout_has_lines(&refs(&expected))
        .done()
}

case! {
    /// Ranks that are the same user inside their containers as outside find their server as well as those that are root inside.
    ///
    /// Catches: a server that takes every rank in a container for root.
    pub const SAME_USER = must("mpi.same-user", same_user)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn same_user(cx: &Context<'_>) -> Outcome {
    let bundle = cx.build(super::builder(cx, Fixture::OpenMpi).id_map(IdMap::Same))?;
    let expected = lines(cx, &[&[0], &[1]], "ring", sums(2));
    ranks(cx, &bundle, 2, 2, "ring").run()?.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}

case! {
    /// Two ranks of MPICH on each of two nodes, in containers, meet by --mpi=pmi2.
    ///
    /// The ranks find their server by a port, since an inherited descriptor does not come through an OCI runtime. They end without
    /// MPI_Finalize, which with MPICH 4.0.2 and UCX 1.13.1 over TCP alone does not always come back, under MPICH's own launcher too.
    ///
    /// Catches: a key space that stays on its own node, or variables that do not reach the container.
    pub const MPICH = must("mpi.mpich", mpich)
        .rules(&[G_MPI_1])
        .needs(&[Need::Mpich])
        .releases(Releases::GUIDE)
        .once()
        .nodes(2);
}

fn mpich(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::Mpich)?;
    let expected = lines(cx, &[&[0, 1], &[2, 3]], "ring", sums(4));
    // Of two options the last one holds.
    let run = ranks(cx, &bundle, 2, 4, "ring").opt("--mpi=pmi2").run()?;
    run.contained().exits(0).stdout_has_lines(&refs(&expected)).done()
}
