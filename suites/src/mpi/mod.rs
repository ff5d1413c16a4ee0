//! MPI programs in containers: ranks that find one another, and what becomes of them when one gives up.

mod ends;
mod five;
mod meet;
mod start;
mod streams;

use plimsoll_fixtures::mpi::PROGRAM;
use plimsoll_fixtures::{BundleBuilder, IdMap};
use plimsoll_launcher::Release;
use serde_json::Value;

use crate::bundle::{Bundle, Fixture};
use crate::case::{Case, Releases};
use crate::context::Context;
use crate::invoke::Invocation;
use crate::outcome::Failure;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &meet::RING,
    &meet::ONE_NODE,
    &meet::FOUR_ON_ONE,
    &meet::UNEVEN,
    &meet::CYCLIC,
    &meet::CONNECTIVITY,
    &meet::ALLREDUCE,
    &meet::SAME_USER,
    &five::RING,
    &five::FOUR_ON_ONE,
    &five::UNEVEN,
    &meet::MPICH,
    &start::VARIABLES,
    &start::LISTED,
    &start::UNKNOWN,
    &start::ALONE,
    &ends::ABORT,
    &ends::RANK_DIES,
    &ends::HANG_CANCELLED,
    &ends::NO_SEGMENTS,
    &streams::INPUT,
    &streams::LABELS,
];

/// Releases that allow more than one task a node.
const SEVERAL: Releases = Releases::from(Release::V23_02);

/// A bundle whose root is the user, as rootless bundles usually are. For the releases it is the same user inside and outside:
/// their PMIx servers know a rank by the job's user, and not by the one that it sees.
fn bundle(cx: &Context<'_>, fixture: Fixture) -> Result<Bundle, Failure> {
    let map = if cx.release().has_open_defects() { IdMap::Same } else { IdMap::Root };
    cx.build(builder(cx, fixture).id_map(map))
}

/// What a bundle is built with. Nodes that are containers have libraries of their own.
fn builder(cx: &Context<'_>, fixture: Fixture) -> BundleBuilder {
    let builder = BundleBuilder::new(fixture);
    if cx.cluster().world() != "containers" {
        return builder;
    }
    // They have addresses of their own, too, and by the loopback device they do not meet.
    builder.libraries_of_node().edit(|config| {
        if let Some(env) = config["process"]["env"].as_array_mut() {
            let loopback = |entry: &Value| entry.as_str().is_some_and(|text| text.contains("_if_include="));
            env.retain(|entry| !loopback(entry));
        }
    })
}

/// Ranks on so many nodes that do `what`, as the source of the fixture's program says. They check their number themselves.
fn ranks<'c>(cx: &'c Context<'c>, bundle: &Bundle, nodes: usize, count: usize, what: &str) -> Invocation<'c> {
    cx.srun().container(bundle).opt("--mpi=pmix").nodes(nodes).tasks(count).cmd([
        PROGRAM,
        what,
        &count.to_string(),
    ])
}

/// What each rank prints: its node, from the ranks of each node in order, and a number.
fn lines(cx: &Context<'_>, layout: &[&[usize]], what: &str, value: impl Fn(usize) -> u64) -> Vec<String> {
    let size: usize = layout.iter().map(|ranks| ranks.len()).sum();
    let of_node = |(node, ranks): (&String, &&[usize])| -> Vec<String> {
        let line = |rank: &usize| format!("rank {rank} of {size} on {node}: {what} {}", value(*rank));
        ranks.iter().map(line).collect()
    };
    cx.nodes().iter().zip(layout).flat_map(of_node).collect()
}

/// What goes round a ring of so many: each rank's own sum, and rank 0's the whole.
fn sums(size: usize) -> impl Fn(usize) -> u64 {
    move |rank| {
        let last = if rank == 0 { size - 1 } else { rank };
        (last * (last + 1) / 2) as u64
    }
}

fn refs(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}
