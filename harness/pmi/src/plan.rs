//! What a server must know of its step.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::kind::Kind;

/// One node of the step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The ranks of its tasks, in the order of their local ids.
    pub ranks: Vec<u32>,
}

/// A step, as seen from one of its nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// How its ranks are served.
    pub kind: Kind,
    /// The job.
    pub job_id: u32,
    /// The number of its step.
    pub step_id: u32,
    /// All nodes of the step, in order.
    pub nodes: Vec<Node>,
    /// Index of the node that is served.
    pub own: u32,
    /// The user that a rank believes to be: inside a container another one than outside.
    pub uid: u32,
    /// Its group, likewise.
    pub gid: u32,
    /// A folder of the server's own, which somebody else removes.
    pub dir: PathBuf,
    /// What the server does wrong on purpose, for `plimsoll selftest` alone.
    pub fault: Option<Fault>,
}

impl Plan {
    /// How many ranks the step has.
    pub fn size(&self) -> u32 {
        self.nodes.iter().map(|node| u32::try_from(node.ranks.len()).unwrap_or(u32::MAX)).sum()
    }

    /// The ranks of the node that is served.
    pub fn own_ranks(&self) -> &[u32] {
        self.nodes.get(self.own as usize).map_or(&[], |node| &node.ranks)
    }

    /// Index of the node of a rank.
    pub fn node_of(&self, rank: u32) -> Option<u32> {
        let at = self.nodes.iter().position(|node| node.ranks.contains(&rank))?;
        u32::try_from(at).ok()
    }

    /// Whether all ranks are on one node.
    pub fn is_local(&self) -> bool {
        self.nodes.len() < 2
    }

    /// The plan as ranks are told it: a faulty server exchanges two ranks of two nodes.
    pub fn told(&self) -> Self {
        let mut told = self.clone();
        if self.fault == Some(Fault::MapWrong)
            && let [first, .., last] = told.nodes.as_mut_slice()
            && let (Some(one), Some(other)) = (first.ranks.last_mut(), last.ranks.first_mut())
        {
            std::mem::swap(one, other);
        }
        told
    }

    /// `JOB.STEP`
    pub fn id(&self) -> String {
        format!("{}.{}", self.job_id, self.step_id)
    }

    /// The map of ranks to nodes as PMI names it: `(vector,(FIRST NODE,NODES,RANKS ON EACH),…)`, rank by rank.
    /// Source: the process mapping of MPICH's process managers.
    pub fn process_mapping(&self) -> String {
        let mut blocks: Vec<(u32, u32, u32)> = Vec::new();
        let mut rank = 0;
        let size = self.size();
        while rank < size {
            let Some(node) = self.node_of(rank) else { break };
            let mut count = 1;
            while rank + count < size && self.node_of(rank + count) == Some(node) {
                count += 1;
            }
            match blocks.last_mut() {
                Some((first, nodes, ranks)) if *ranks == count && *first + *nodes == node => *nodes += 1,
                _ => blocks.push((node, 1, count)),
            }
            rank += count;
        }
        let blocks: Vec<String> =
            blocks.iter().map(|(first, nodes, ranks)| format!("({first},{nodes},{ranks})")).collect();
        format!("(vector,{})", blocks.join(","))
    }
}

#[cfg(test)]
pub(crate) fn sample(layout: &[&[u32]], own: u32) -> Plan {
    Plan {
        kind: Kind::Pmi2,
        job_id: 7,
        step_id: 0,
        nodes: (1..)
            .zip(layout)
            .map(|(number, ranks)| Node { name: format!("n{number}"), ranks: ranks.to_vec() })
            .collect(),
        own,
        uid: 0,
        gid: 0,
        dir: PathBuf::new(),
        fault: None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(vec![vec![0, 1], vec![2, 3]], "(vector,(0,2,2))")]
    #[case(vec![vec![0, 2], vec![1, 3]], "(vector,(0,2,1),(0,2,1))")]
    #[case(vec![vec![0, 1, 2], vec![3]], "(vector,(0,1,3),(1,1,1))")]
    #[case(vec![vec![0]], "(vector,(0,1,1))")]
    fn ranks_are_mapped(#[case] layout: Vec<Vec<u32>>, #[case] mapping: &str) {
        let layout: Vec<&[u32]> = layout.iter().map(Vec::as_slice).collect();
        assert_eq!(sample(&layout, 0).process_mapping(), mapping);
    }

    #[test]
    fn a_plan_knows_its_ranks() {
        let plan = sample(&[&[0, 2, 4], &[1, 3]], 1);
        assert_eq!((plan.size(), plan.own_ranks(), plan.is_local()), (5, &[1, 3][..], false));
        assert_eq!((plan.node_of(4), plan.node_of(3), plan.node_of(5)), (Some(0), Some(1), None));
        assert_eq!(plan.told(), plan);
        let wrong = Plan { fault: Some(Fault::MapWrong), ..plan };
        assert_eq!(wrong.told().own_ranks(), [4, 3]);
    }
}
