//! The fields of a line of sinfo, which stands for some nodes of a partition that are alike.

use crate::client::columns::{Column, or_null};
use crate::hostlist;
use crate::time::{format_date, format_limit};
use crate::view::{NodeState, NodeView, PartitionView};

/// A line.
#[derive(Clone)]
pub(super) struct NodeRow {
    /// The nodes, alike in every field that is shown; none where a partition has none to show.
    pub(super) nodes: Vec<NodeView>,
    /// The partition, where lines are by partition.
    pub(super) partition: Option<PartitionView>,
}

/// Letters of fields in which nodes differ: nodes of different values get lines of their own.
pub(super) const BY_NODE: &str = "tTcmfbEHuUnzXYZo";

/// Letters of fields that a partition has: with one of them, lines are by partition.
pub(super) const BY_PARTITION: &str = "PRalLgshrBS";

/// A node's state as sinfo writes it.
pub(super) fn state(node: &NodeView, long: bool) -> String {
    let name = match (node.drain, node.state.is_busy(), long) {
        _ if node.state == NodeState::Down => "down",
        (true, true, true) => "draining",
        (true, true, false) => "drng",
        (true, false, true) => "drained",
        (true, false, false) => "drain",
        (false, _, true) => return star(node.state.name().to_ascii_lowercase(), node),
        (false, _, false) => node.state.code(),
    };
    star(name.to_owned(), node)
}

/// A star marks a node that does not answer.
fn star(name: String, node: &NodeView) -> String {
    if node.not_responding { name + "*" } else { name }
}

/// What a node counts as in `A/I/O`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Allocated,
    Idle,
    Other,
}

fn kind(node: &NodeView) -> Use {
    match node.state {
        state if state.is_busy() => Use::Allocated,
        NodeState::Idle if !node.drain => Use::Idle,
        _ => Use::Other,
    }
}

impl NodeRow {
    /// What the first node says, which all of them do.
    fn first(&self, text: impl Fn(&NodeView) -> String) -> String {
        self.nodes.first().map_or_else(|| "n/a".to_owned(), text)
    }

    fn part(&self, text: impl Fn(&PartitionView) -> String) -> String {
        self.partition.as_ref().map_or_else(|| "n/a".to_owned(), text)
    }

    fn count(&self, wanted: Use) -> usize {
        self.nodes.iter().filter(|node| kind(node) == wanted).count()
    }

    fn nodes_by_use(&self) -> String {
        let (allocated, idle, other) =
            (self.count(Use::Allocated), self.count(Use::Idle), self.count(Use::Other));
        format!("{allocated}/{idle}/{other}/{}", self.nodes.len())
    }

    fn cpus_by_use(&self) -> String {
        let (mut allocated, mut idle, mut other, mut total) = (0, 0, 0, 0);
        for node in &self.nodes {
            let free = node.cpus.saturating_sub(node.alloc_cpus);
            let usable = !node.drain && !matches!(node.state, NodeState::Down | NodeState::Unknown);
            *(if usable { &mut idle } else { &mut other }) += free;
            allocated += node.alloc_cpus;
            total += node.cpus;
        }
        format!("{allocated}/{idle}/{other}/{total}")
    }
}

fn features(node: &NodeView) -> String {
    if node.features.is_empty() { or_null(None) } else { node.features.join(",") }
}

fn reason_user(node: &NodeView) -> String {
    node.reason_user.clone().unwrap_or_else(|| "Unknown".to_owned())
}

fn limit(minutes: Option<u32>, none: &str) -> String {
    minutes.map_or_else(|| none.to_owned(), |minutes| format_limit(Some(minutes)))
}

const fn field(
    letter: char,
    names: &'static [&'static str],
    heading: &'static str,
    value: fn(&NodeRow) -> String,
) -> Column<NodeRow> {
    Column { letter: Some(letter), names, heading, value }
}

/// Every field (sinfo(1), --format and --Format).
pub(super) static FIELDS: &[Column<NodeRow>] = &[
    field('P', &["Partition"], "PARTITION", |row| {
        row.part(|partition| format!("{}{}", partition.name, if partition.default { "*" } else { "" }))
    }),
    field('R', &["PartitionName"], "PARTITION", |row| row.part(|partition| partition.name.clone())),
    field('a', &["Available"], "AVAIL", |row| {
        row.part(|partition| if partition.up { "up" } else { "down" }.to_owned())
    }),
    field('l', &["Time"], "TIMELIMIT", |row| row.part(|partition| limit(partition.max_time, "infinite"))),
    field('L', &["DefaultTime"], "DEFAULTTIME", |row| {
        row.part(|partition| limit(partition.default_time, "n/a"))
    }),
    field('g', &["Groups"], "GROUPS", |row| row.part(|_| "all".to_owned())),
    field('s', &["Size"], "JOB_SIZE", |row| row.part(|_| "1-infinite".to_owned())),
    field('h', &["OverSubscribe"], "OVERSUBSCRIBE", |row| row.part(|_| "NO".to_owned())),
    field('r', &["Root"], "ROOT", |row| row.part(|_| "no".to_owned())),
    field('B', &["MaxCPUsPerNode"], "MAX_CPUS_PER_NODE", |row| row.part(|_| "UNLIMITED".to_owned())),
    field('S', &["AllocNodes"], "ALLOCNODES", |row| row.part(|_| "all".to_owned())),
    field('D', &["Nodes"], "NODES", |row| row.nodes.len().to_string()),
    field('N', &["NodeList"], "NODELIST", |row| {
        let names: Vec<&str> = row.nodes.iter().map(|node| node.name.as_str()).collect();
        hostlist::compress(&names)
    }),
    field('n', &["NodeHost"], "HOSTNAMES", |row| row.first(|node| node.hostname.clone())),
    field('o', &["NodeAddr"], "NODE_ADDR", |row| row.first(|node| node.address.clone())),
    field('t', &["StateCompact"], "STATE", |row| row.first(|node| state(node, false))),
    field('T', &["StateLong"], "STATE", |row| row.first(|node| state(node, true))),
    field('A', &["NodeAI"], "NODES(A/I)", |row| {
        format!("{}/{}", row.count(Use::Allocated), row.count(Use::Idle))
    }),
    field('F', &["NodeAIOT"], "NODES(A/I/O/T)", NodeRow::nodes_by_use),
    field('C', &["CPUsState"], "CPUS(A/I/O/T)", NodeRow::cpus_by_use),
    field('c', &["CPUs"], "CPUS", |row| row.first(|node| node.cpus.to_string())),
    field('m', &["Memory"], "MEMORY", |row| row.first(|node| node.real_memory.to_string())),
    field('d', &["Disk"], "TMP_DISK", |row| row.first(|_| "0".to_owned())),
    field('w', &["Weight"], "WEIGHT", |row| row.first(|_| "1".to_owned())),
    field('z', &["SocketCoreThread"], "S:C:T", |row| row.first(|node| format!("{}:1:1", node.cpus))),
    field('X', &["Sockets"], "SOCKETS", |row| row.first(|node| node.cpus.to_string())),
    field('Y', &["Cores"], "CORES", |row| row.first(|_| "1".to_owned())),
    field('Z', &["Threads"], "THREADS", |row| row.first(|_| "1".to_owned())),
    field('f', &["Features"], "AVAIL_FEATURES", |row| row.first(features)),
    field('b', &["Features_act"], "ACTIVE_FEATURES", |row| row.first(features)),
    field('G', &["Gres"], "GRES", |row| row.first(|_| or_null(None))),
    field('O', &["CPUsLoad"], "CPU_LOAD", |row| row.first(|_| "N/A".to_owned())),
    field('e', &["FreeMem"], "FREE_MEM", |row| row.first(|_| "N/A".to_owned())),
    field('E', &["Reason"], "REASON", |row| {
        row.first(|node| node.reason.clone().unwrap_or_else(|| "none".to_owned()))
    }),
    field('u', &["User"], "USER", |row| row.first(reason_user)),
    field('U', &["UserLong"], "USER", |row| row.first(reason_user)),
    field('H', &["Timestamp"], "TIMESTAMP", |row| row.first(|node| format_date(node.reason_time, "Unknown"))),
];
