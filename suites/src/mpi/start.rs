//! What ranks are started with, and what `--mpi` offers.

use super::{SEVERAL, ranks};
use crate::bundle::Fixture;
use crate::case;
use crate::case::Releases;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Outcome, expect};
use crate::rules::G_MPI_1;

case! {
    /// Each rank finds its PMIx variables inside: its own rank, the step's namespace, and the way to its server.
    ///
    /// Catches: variables that are lost on the way into the container, or another task's.
    pub const VARIABLES = must("mpi.variables", variables)
        .rules(&[G_MPI_1])
        .needs(&[Need::Pmix, Need::OpenMpi])
        .releases(SEVERAL)
        .once()
        .nodes(2);
}

fn variables(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::OpenMpi)?;
    let script =
        "echo $SLURM_PROCID $PMIX_RANK $PMIX_NAMESPACE $(env | grep -q ^PMIX_SERVER_URI && echo served)";
    let run = ranks(cx, &bundle, 2, 3, "hello").sh(script).run()?.contained().exits(0).checked()?;
    let job = cx.first_job();
    let expected: Vec<String> =
        (0..3).map(|rank| format!("{rank} {rank} slurm.pmix.{job}.0 served")).collect();
    run.stdout_has_lines(&super::refs(&expected)).done()
}

case! {
    /// srun --mpi=list names pmix where its library is.
    ///
    /// Catches: a release that was built without its plugin.
    pub const LISTED = should("mpi.listed", listed).rules(&[G_MPI_1]).needs(&[Need::Pmix]).releases(SEVERAL).once();
}

fn listed(cx: &Context<'_>) -> Outcome {
    let run = cx.srun().opt("--mpi=list").run()?.exits(0).checked()?;
    // Releases differ in the stream.
    let text = run.stdout_text() + &run.stderr_text();
    expect(text.lines().any(|line| line.trim() == "pmix"), "a line with pmix", text.clone())
}

case! {
    /// An MPI type that is not there fails and is named.
    ///
    /// Catches: a client that goes on without, so that every rank believes to be alone.
    pub const UNKNOWN = must("mpi.unknown-type", unknown).rules(&[G_MPI_1]).releases(Releases::GUIDE).once();
}

fn unknown(cx: &Context<'_>) -> Outcome {
    let run = cx.srun().opts(["--mpi=pmix_v99", "-n", "2", "true"]).run()?;
    run.exits(1).stderr_has("pmix_v99").stderr_has("--mpi=list").done()
}

case! {
    /// Without --mpi=pmix the ranks cannot meet, and the run does not look like success.
    ///
    /// Catches: a ring that n ranks which are alone pass.
    pub const ALONE = should("mpi.alone", alone)
        .rules(&[G_MPI_1])
        .needs(&[Need::Mpich])
        .releases(SEVERAL)
        .once();
}

fn alone(cx: &Context<'_>) -> Outcome {
    let bundle = super::bundle(cx, Fixture::Mpich)?;
    let run = ranks(cx, &bundle, 1, 2, "ring").opt("--mpi=none").run()?;
    run.contained().exits(3).stdout_is("").stderr_has("1 ranks, and not 2").done()
}
