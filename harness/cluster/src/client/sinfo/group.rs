//! Lines: which nodes are shown, and which of them share a line.

use super::fields::{BY_NODE, BY_PARTITION, FIELDS, NodeRow, state};
use super::options::Query;
use crate::view::{NodeState, NodeView, PartitionView};

/// The lines for the fields with these letters.
pub(super) fn rows(
    nodes: &[NodeView],
    partitions: &[PartitionView],
    query: &Query,
    letters: &str,
) -> Vec<NodeRow> {
    let shown = |node: &&NodeView| is_asked(node, query);
    let asked = |partition: &&PartitionView| {
        query.partitions.is_empty() || query.partitions.contains(&partition.name)
    };
    let split: Vec<char> = letters.chars().filter(|letter| BY_NODE.contains(*letter)).collect();
    let mut rows = Vec::new();
    if !letters.contains(|letter| BY_PARTITION.contains(letter)) {
        let in_partition =
            |node: &&NodeView| partitions.iter().filter(asked).any(|one| one.nodes.contains(&node.name));
        let nodes = nodes.iter().filter(shown).filter(in_partition);
        add(&mut rows, nodes, None, query.by_node, &split);
        return rows;
    }
    for partition in partitions.iter().filter(asked) {
        let own = nodes.iter().filter(|node| partition.nodes.contains(&node.name));
        let before = rows.len();
        add(&mut rows, own.filter(shown), Some(partition), query.by_node, &split);
        if rows.len() == before && !query.by_node && !query.reasons {
            rows.push(NodeRow { nodes: Vec::new(), partition: Some(partition.clone()) });
        }
    }
    if query.by_node {
        // A stable sort: a node in several partitions keeps their order.
        rows.sort_by_key(|row| nodes.iter().position(|node| node.name == row.nodes[0].name));
    }
    rows
}

/// Adds the lines of some nodes, the busiest states first. Every line has a node.
fn add<'a>(
    rows: &mut Vec<NodeRow>,
    nodes: impl Iterator<Item = &'a NodeView>,
    partition: Option<&PartitionView>,
    by_node: bool,
    split: &[char],
) {
    let mut groups: Vec<(Vec<String>, NodeRow)> = Vec::new();
    for node in nodes {
        let row = NodeRow { nodes: vec![node.clone()], partition: partition.cloned() };
        let value = |letter: &char| {
            let column = FIELDS.iter().find(|column| column.letter == Some(*letter));
            column.map(|column| (column.value)(&row)).unwrap_or_default()
        };
        let key: Vec<String> = split.iter().map(value).collect();
        match groups.iter_mut().find(|(other, _)| !by_node && *other == key) {
            Some((_, group)) => group.nodes.push(node.clone()),
            None => groups.push((key, row)),
        }
    }
    groups.sort_by_key(|(_, row)| std::cmp::Reverse(rank(&row.nodes[0])));
    rows.extend(groups.into_iter().map(|(_, row)| row));
}

/// The order of states: what is being drained first, then the more a node does.
fn rank(node: &NodeView) -> u8 {
    let base = match node.state {
        NodeState::Mixed => 5,
        NodeState::Allocated => 4,
        NodeState::Completing => 3,
        NodeState::Idle => 2,
        NodeState::Down => 1,
        NodeState::Unknown => 0,
    };
    base + if node.drain { 10 } else { 0 }
}

fn is_asked(node: &NodeView, query: &Query) -> bool {
    let dead = node.not_responding || node.state == NodeState::Down;
    (query.nodes.is_empty() || query.nodes.contains(&node.name))
        && (query.states.is_empty() || query.states.iter().any(|wanted| is_in_state(node, wanted)))
        && (!query.responding || !node.not_responding)
        && (!query.dead || dead)
        && (!query.reasons || node.reason.is_some())
}

/// Whether a node is in a state as `-t` names it: by its short or long name, or by what is behind them.
fn is_in_state(node: &NodeView, wanted: &str) -> bool {
    match wanted {
        "all" => true,
        "drain" => node.drain,
        "no_respond" => node.not_responding,
        // A node that drains still is what it was.
        "alloc" | "allocated" => node.state == NodeState::Allocated,
        "mix" | "mixed" => node.state == NodeState::Mixed,
        wanted => {
            let plain = |long| state(node, long).trim_end_matches('*') == wanted;
            plain(true) || plain(false)
        }
    }
}
