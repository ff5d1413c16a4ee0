//! What the servers of a step say to one another, and the gathering that barriers and fences are made of: every node that
//! takes part gives its bytes, and each has all of them in the order of the nodes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// A message between servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A node's part of a gathering.
    Part {
        /// Which gathering: who takes part in it.
        key: Vec<u8>,
        /// The how manieth of this key, from 0.
        turn: u32,
        /// The node's bytes.
        blob: Vec<u8>,
    },
    /// What a rank of yours has published is wanted.
    Wanted {
        /// The asker's own number for it.
        id: u64,
        /// The rank.
        rank: u32,
    },
    /// The answer to that.
    Found {
        /// The asker's number.
        id: u64,
        /// The library's status, 0 for success.
        status: i32,
        /// What was published.
        blob: Vec<u8>,
    },
}

/// A node that takes part is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost(pub u32);

/// What comes of a gathering: the nodes' bytes, in the order of the nodes.
pub type Outcome = Result<Vec<Vec<u8>>, Lost>;

/// What is to be done with it.
pub type Done = Box<dyn FnOnce(Outcome) + Send>;

#[derive(Default)]
struct Gathering {
    /// Nodes that take part, in order, and what is done at the end; none until this node's ranks have come.
    wanted: Option<(Vec<u32>, Done)>,
    parts: HashMap<u32, Vec<u8>>,
}

#[derive(Default)]
struct State {
    turns: HashMap<Vec<u8>, u32>,
    open: HashMap<(Vec<u8>, u32), Gathering>,
    gone: Vec<u32>,
}

impl State {
    /// Takes out a gathering that is over.
    fn settle(&mut self, key: &(Vec<u8>, u32)) -> Option<(Done, Outcome)> {
        let gathering = self.open.get_mut(key)?;
        let (nodes, _) = gathering.wanted.as_ref()?;
        let missing: Vec<u32> =
            nodes.iter().copied().filter(|node| !gathering.parts.contains_key(node)).collect();
        let lost = missing.iter().copied().find(|node| self.gone.contains(node));
        if !missing.is_empty() && lost.is_none() {
            return None;
        }
        let mut gathering = self.open.remove(key)?;
        let (nodes, done) = gathering.wanted.take()?;
        let mut all = || nodes.iter().filter_map(|node| gathering.parts.remove(node)).collect();
        Some((done, lost.map_or_else(|| Ok(all()), |node| Err(Lost(node)))))
    }
}

/// All gatherings of a server.
#[derive(Default)]
pub struct Gatherings(Mutex<State>);

impl Gatherings {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ranks of node `own` have all come: `blob` is their part, `nodes` take part, `done` is called when the last of
    /// them has come, or one is gone. Gives the gathering's turn, which the others must be told with the part.
    pub fn begin(&self, own: u32, key: &[u8], nodes: &[u32], blob: &[u8], done: Done) -> u32 {
        let (turn, over) = {
            let mut state = self.lock();
            let next = state.turns.entry(key.to_vec()).or_default();
            let turn = *next;
            *next += 1;
            let key = (key.to_vec(), turn);
            let gathering = state.open.entry(key.clone()).or_default();
            gathering.wanted = Some((nodes.to_vec(), done));
            gathering.parts.insert(own, blob.to_vec());
            (turn, state.settle(&key))
        };
        finish(over);
        turn
    }

    /// Another node's part has come.
    pub fn part(&self, from: u32, key: Vec<u8>, turn: u32, blob: Vec<u8>) {
        let over = {
            let mut state = self.lock();
            let key = (key, turn);
            state.open.entry(key.clone()).or_default().parts.insert(from, blob);
            state.settle(&key)
        };
        finish(over);
    }

    /// Nothing more will come from a node: what waits for it is over.
    pub fn gone(&self, node: u32) {
        let over: Vec<_> = {
            let mut state = self.lock();
            state.gone.push(node);
            let keys: Vec<_> = state.open.keys().cloned().collect();
            keys.iter().map(|key| state.settle(key)).collect()
        };
        over.into_iter().for_each(finish);
    }
}

/// Outside the lock: what is done may begin the next gathering.
fn finish(over: Option<(Done, Outcome)>) {
    if let Some((done, outcome)) = over {
        done(outcome);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn begin(all: &Gatherings, blob: &str) -> (u32, mpsc::Receiver<Outcome>) {
        let (to, outcome) = mpsc::channel();
        let done = Box::new(move |outcome| to.send(outcome).unwrap());
        (all.begin(0, b"k", &[0, 1, 2], blob.as_bytes(), done), outcome)
    }

    #[test]
    fn parts_come_in_the_order_of_the_nodes_whoever_is_first() {
        let all = Gatherings::default();
        all.part(2, b"k".to_vec(), 0, b"c".to_vec());
        // Of the turn behind: that node is ahead.
        all.part(2, b"k".to_vec(), 1, b"C".to_vec());
        let (turn, outcome) = begin(&all, "a");
        assert_eq!(turn, 0);
        assert!(outcome.try_recv().is_err());
        all.part(1, b"k".to_vec(), 0, b"b".to_vec());
        assert_eq!(outcome.try_recv().unwrap(), Ok(vec![b"a".to_vec(), b"b".to_vec(), b"c".to_vec()]));
        assert_eq!(begin(&all, "A").0, 1);
    }

    #[test]
    fn a_node_that_is_gone_ends_what_waits_for_it() {
        let all = Gatherings::default();
        let (_, outcome) = begin(&all, "a");
        all.part(1, b"k".to_vec(), 0, Vec::new());
        all.gone(1);
        assert!(outcome.try_recv().is_err(), "its part has come before");
        all.gone(2);
        assert_eq!(outcome.try_recv().unwrap(), Err(Lost(2)));
        assert_eq!(begin(&all, "b").1.try_recv().unwrap(), Err(Lost(1)));
    }
}
