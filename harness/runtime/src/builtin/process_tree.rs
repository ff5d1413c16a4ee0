//! Processes as /proc shows them: whether one still lives, and all that came from it.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process, told from a later one of the same pid by when it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stat {
    /// Its pid.
    pub pid: i32,
    /// In clock ticks since the machine started.
    pub start_time: u64,
}

struct Line {
    state: char,
    parent: i32,
    start_time: u64,
}

/// The process of a pid as it is now; none where it is gone, or ended and only not yet waited for.
pub(super) fn find(pid: i32) -> Option<Stat> {
    let line = read(pid)?;
    (!matches!(line.state, 'Z' | 'X')).then_some(Stat { pid, start_time: line.start_time })
}

/// Whether this very process lives.
pub(super) fn lives(process: Stat) -> bool {
    find(process.pid) == Some(process)
}

/// A process and all its descendants, parents first.
pub(super) fn tree(pid: i32) -> Vec<i32> {
    let listing = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = listing.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let parents: Vec<(i32, i32)> = pids.filter_map(|pid| Some((pid, read(pid)?.parent))).collect();
    let mut tree = vec![pid];
    let mut next = 0;
    while let Some(above) = tree.get(next).copied() {
        tree.extend(parents.iter().filter(|(_, parent)| *parent == above).map(|(pid, _)| pid));
        next += 1;
    }
    tree
}

fn read(pid: i32) -> Option<Line> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Fields 3, 4 and 22 of the line. The name in field 2 may hold anything, so it is cut off at its last parenthesis.
fn parse(line: &str) -> Option<Line> {
    let mut fields = line.get(line.rfind(')')? + 1..)?.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    // 17 fields lie between the parent's pid and the start time.
    let start_time = fields.nth(17)?.parse().ok()?;
    Some(Line { state, parent, start_time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_is_its_own_tree() {
        let own = i32::try_from(std::process::id()).unwrap();
        let stat = find(own).unwrap();
        assert!(lives(stat) && !lives(Stat { start_time: stat.start_time + 1, ..stat }));
        assert_eq!(tree(own).first(), Some(&own));
        assert!(find(0).is_none());
    }

    #[test]
    fn a_name_may_hold_anything() {
        let line = "7 (a) b (c) S 3 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4711 99 5";
        let line = parse(line).unwrap();
        assert_eq!((line.state, line.parent, line.start_time), ('S', 3, 4711));
    }
}
