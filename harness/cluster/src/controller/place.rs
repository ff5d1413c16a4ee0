//! Placing tasks: which nodes, how many tasks on each, which ranks. Pure.

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Least and most nodes, where given.
    pub nodes: Option<(u32, u32)>,
    /// Tasks, where given.
    pub ntasks: Option<u32>,
    /// Tasks a node, where given.
    pub per_node: Option<u32>,
    /// CPUs a task.
    pub cpus_per_task: u32,
    /// Nodes that must be among them, by index.
    pub named: Vec<usize>,
    /// Nodes that must not.
    pub excluded: Vec<usize>,
    /// The whole of each node.
    pub exclusive: bool,
}

/// What one node gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its index.
    pub node: usize,
    /// Tasks on it.
    pub tasks: u32,
    /// CPUs of it.
    pub cpus: u32,
}

/// Places a demand on nodes with so many CPUs free, of so many in all. None when it does not fit.
pub fn place(demand: &Demand, free: &[u32], total: &[u32]) -> Option<Vec<Share>> {
    let per_task = demand.cpus_per_task.max(1);
    let capacity = |node: usize| -> u32 {
        let has = free.get(node).copied().unwrap_or(0);
        if demand.exclusive && Some(&has) != total.get(node) {
            return 0;
        }
        (has / per_task).min(demand.per_node.unwrap_or(u32::MAX))
    };
    let mut least = demand.nodes.map_or(1, |(least, _)| least).max(1);
    let named = u32::try_from(demand.named.len()).ok()?;
    if demand.nodes.is_none() {
        least = least.max(named);
    }
    let most = demand.nodes.map_or(u32::MAX, |(_, most)| most.max(least));
    let tasks = demand.ntasks.unwrap_or_else(|| least * demand.per_node.unwrap_or(1)).max(1);
    // More nodes than tasks would leave some without any.
    let least = if demand.ntasks.is_some() { least.min(tasks) } else { least };
    let others =
        (0..free.len()).filter(|node| !demand.named.contains(node) && !demand.excluded.contains(node));
    let order: Vec<usize> = demand.named.iter().copied().chain(others).collect();
    if demand.named.iter().any(|node| capacity(*node) == 0 || demand.excluded.contains(node)) {
        return None;
    }
    let mut chosen: Vec<(usize, u32)> = Vec::new();
    let mut room = 0;
    for node in order {
        let count = u32::try_from(chosen.len()).ok()?;
        if count >= most || (count >= least && room >= tasks) {
            break;
        }
        if let capacity @ 1.. = capacity(node) {
            chosen.push((node, capacity));
            room = room.saturating_add(capacity);
        }
    }
    if u32::try_from(chosen.len()).ok()? < least || room < tasks {
        return None;
    }
    // Nodes in the cluster's order, as Slurm lists them.
    chosen.sort_unstable();
    let spread = demand.nodes.is_some() || !demand.named.is_empty();
    let counts = if spread { evenly(&chosen, tasks) } else { packed(&chosen, tasks) };
    let share = |(&(node, _), tasks): (&(usize, u32), u32)| {
        let cpus = if demand.exclusive { total[node] } else { (tasks * per_task).max(1) };
        Share { node, tasks, cpus }
    };
    Some(chosen.iter().zip(counts).map(share).collect())
}

/// One task a node in turn, as long as it has room.
fn evenly(nodes: &[(usize, u32)], tasks: u32) -> Vec<u32> {
    let mut counts = vec![0; nodes.len()];
    let mut left = tasks;
    while left > 0 {
        let before = left;
        for (count, (_, capacity)) in counts.iter_mut().zip(nodes) {
            if left > 0 && *count < *capacity {
                *count += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    counts
}

/// Node after node, each filled, with one left for each node behind it.
fn packed(nodes: &[(usize, u32)], tasks: u32) -> Vec<u32> {
    let mut left = tasks;
    let mut behind = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    nodes
        .iter()
        .map(|(_, capacity)| {
            behind -= 1;
            let count = left.saturating_sub(behind).min(*capacity);
            left -= count;
            count
        })
        .collect()
}

/// The ranks of each node's tasks: `cyclic` deals them out in turn, everything else gives each node a block.
pub fn ranks(counts: &[u32], distribution: Option<&str>) -> Vec<Vec<u32>> {
    let mut ranks: Vec<Vec<u32>> = counts.iter().map(|_| Vec::new()).collect();
    let total: u32 = counts.iter().sum();
    let cyclic = distribution.is_some_and(|text| text.split([':', ',']).next() == Some("cyclic"));
    let mut node = 0;
    for rank in 0..total {
        let full = |node: usize| ranks[node].len() >= counts[node] as usize;
        while full(node) {
            node = (node + 1) % counts.len();
        }
        ranks[node].push(rank);
        if cyclic {
            node = (node + 1) % counts.len();
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn tasks(demand: &Demand, free: &[u32]) -> Option<Vec<(usize, u32)>> {
        Some(place(demand, free, &[4; 3])?.into_iter().map(|share| (share.node, share.tasks)).collect())
    }

    #[rstest]
    #[case(Demand::default(), &[4, 4, 4], Some(vec![(0, 1)]))]
    #[case(Demand { ntasks: Some(6), ..Demand::default() }, &[4, 4, 4], Some(vec![(0, 4), (1, 2)]))]
    #[case(Demand { nodes: Some((3, 3)), ..Demand::default() }, &[4, 4, 4], Some(vec![(0, 1), (1, 1), (2, 1)]))]
    #[case(Demand { nodes: Some((2, 2)), ntasks: Some(3), ..Demand::default() }, &[4, 4, 4], Some(vec![(0, 2), (1, 1)]))]
    #[case(Demand { nodes: Some((3, 3)), ntasks: Some(2), ..Demand::default() }, &[4, 4, 4], Some(vec![(0, 1), (1, 1)]))]
    #[case(Demand { named: vec![2], ..Demand::default() }, &[4, 4, 4], Some(vec![(2, 1)]))]
    #[case(Demand { named: vec![2], ..Demand::default() }, &[4, 4, 0], None)]
    #[case(Demand { ntasks: Some(5), cpus_per_task: 2, ..Demand::default() }, &[4, 4, 2], Some(vec![(0, 2), (1, 2), (2, 1)]))]
    #[case(Demand { exclusive: true, ..Demand::default() }, &[3, 4, 4], Some(vec![(1, 1)]))]
    #[case(Demand { nodes: Some((2, 2)), per_node: Some(2), ..Demand::default() }, &[4, 1, 4], None)]
    #[case(Demand { ntasks: Some(13), ..Demand::default() }, &[4, 4, 4], None)]
    fn demands_are_placed(
        #[case] demand: Demand,
        #[case] free: &[u32],
        #[case] placed: Option<Vec<(usize, u32)>>,
    ) {
        assert_eq!(tasks(&demand, free), placed);
    }

    #[test]
    fn ranks_go_by_distribution() {
        assert_eq!(ranks(&[2, 1], None), [vec![0, 1], vec![2]]);
        assert_eq!(ranks(&[2, 1], Some("cyclic")), [vec![0, 2], vec![1]]);
        assert_eq!(ranks(&[1, 3], Some("cyclic")), [vec![0], vec![1, 2, 3]]);
    }
}
