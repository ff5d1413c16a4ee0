//! What the ranks of a step have published: what is new here waits for the next barrier, which carries it to every node.

use std::collections::HashMap;

/// Pairs of key and value.
pub type Pairs = Vec<(String, String)>;

/// The key space, as a node knows it.
#[derive(Debug, Default)]
pub struct Store {
    known: HashMap<String, String>,
    fresh: Pairs,
    /// Ranks of this node that wait in the barrier.
    waiting: Vec<u32>,
}

impl Store {
    /// A rank of this node publishes something; its own node knows it at once.
    pub fn put(&mut self, key: &str, value: &str) {
        self.known.insert(key.to_owned(), value.to_owned());
        self.fresh.push((key.to_owned(), value.to_owned()));
    }

    /// A value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.known.get(key).map(String::as_str)
    }

    /// What came from elsewhere.
    pub fn merge(&mut self, pairs: Pairs) {
        self.known.extend(pairs);
    }

    /// A rank has come to the barrier. When it is the last of `count`: what is to be told to the other nodes.
    pub fn arrive(&mut self, rank: u32, count: usize) -> Option<Pairs> {
        if !self.waiting.contains(&rank) {
            self.waiting.push(rank);
        }
        (self.waiting.len() >= count).then(|| std::mem::take(&mut self.fresh))
    }

    /// The barrier opens; who has waited.
    pub fn open(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_to_come_carries_what_is_new() {
        let mut store = Store::default();
        store.put("a", "1");
        assert_eq!(store.arrive(0, 2), None);
        assert_eq!(store.arrive(0, 2), None, "the same rank again is not another one");
        store.put("b", "2");
        assert_eq!(store.arrive(1, 2), Some(vec![("a".into(), "1".into()), ("b".into(), "2".into())]));
        store.merge(vec![("c".into(), "3".into())]);
        assert_eq!(store.open(), [0, 1]);
        assert_eq!((store.get("c"), store.get("d")), (Some("3"), None));
        assert_eq!(store.arrive(1, 1), Some(Vec::new()), "nothing is told twice");
    }
}
