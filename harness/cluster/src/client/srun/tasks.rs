//! The tasks of a step as srun knows them: which run, how each ended, and the lines that say so.
//!
//! Pure: events in, lines out.

use crate::client::signals::describe;
use crate::hostlist;
use crate::view::ExitCode;

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not heard of yet.
    Starting,
    /// Was started.
    Running,
    /// Ended; its line was printed or needs none.
    Exited,
    /// Will not be heard of again: its node is gone.
    Lost,
}

/// An end that is still to be told.
#[derive(Clone, Copy, Debug)]
struct Untold {
    rank: u32,
    exit_code: ExitCode,
    core: bool,
}

/// All tasks of a step.
#[derive(Debug)]
pub struct Tasks {
    nodes: Vec<String>,
    /// A node's index and a state for each rank.
    states: Vec<(usize, State)>,
    untold: Vec<Untold>,
    worst: ExitCode,
}

impl Tasks {
    /// The tasks of a layout: nodes in order, each with its ranks.
    pub fn new(layout: &[(String, Vec<u32>)]) -> Self {
        let count = layout.iter().map(|(_, ranks)| ranks.len()).sum();
        let mut states = vec![(0, State::Starting); count];
        for (node, (_, ranks)) in layout.iter().enumerate() {
            for rank in ranks {
                if let Some(task) = states.get_mut(*rank as usize) {
                    task.0 = node;
                }
            }
        }
        let nodes = layout.iter().map(|(name, _)| name.clone()).collect();
        Self { nodes, states, untold: Vec::new(), worst: ExitCode::default() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.states.len()
    }

    /// Index of the node of a rank.
    pub fn node_of(&self, rank: u32) -> Option<usize> {
        self.states.get(rank as usize).map(|(node, _)| *node)
    }

    /// All tasks of a node were started.
    pub fn launched(&mut self, node: usize) {
        for task in self.states.iter_mut().filter(|task| task.0 == node && task.1 == State::Starting) {
            task.1 = State::Running;
        }
    }

    /// How many were started, those that have ended included.
    pub fn started(&self) -> usize {
        self.states.iter().filter(|(_, state)| *state != State::Starting).count()
    }

    /// A task ended.
    pub fn exited(&mut self, rank: u32, exit_code: ExitCode, core: bool) {
        let Some(task) = self.states.get_mut(rank as usize) else { return };
        task.1 = State::Exited;
        self.raise(exit_code);
        if !exit_code.is_success() {
            self.untold.push(Untold { rank, exit_code, core });
        }
    }

    /// A node is gone, with those of its tasks that have not ended; whether there were any.
    pub fn lost(&mut self, node: usize) -> bool {
        let mut any = false;
        for task in self.states.iter_mut().filter(|task| task.0 == node && task.1 != State::Exited) {
            task.1 = State::Lost;
            any = true;
        }
        any
    }

    /// Makes the step's exit code at least this.
    pub fn raise(&mut self, exit_code: ExitCode) {
        if exit_code.shell_code() > self.worst.shell_code() {
            self.worst = exit_code;
        }
    }

    /// The highest exit code of a task so far.
    pub const fn worst(&self) -> ExitCode {
        self.worst
    }

    /// Whether no task will end any more.
    pub fn all_over(&self) -> bool {
        self.states.iter().all(|(_, state)| matches!(state, State::Exited | State::Lost))
    }

    /// Whether ends wait to be told.
    pub const fn has_untold(&self) -> bool {
        !self.untold.is_empty()
    }

    /// The lines for ends that were not told yet, tasks with the same end in one line:
    /// `n[1-2]: tasks 0-1: Exited with exit code 7`, or each node in a line of its own. Ends by the signals `but_not` are
    /// left out.
    pub fn tell(&mut self, but_not: &[i32], by_node: bool) -> Vec<String> {
        let mut untold = std::mem::take(&mut self.untold);
        untold.retain(|end| !but_not.contains(&i32::from(end.exit_code.signal)));
        let mut lines = Vec::new();
        while let Some(first) = untold.first().copied() {
            let same = |end: &Untold| {
                (end.exit_code, end.core) == (first.exit_code, first.core)
                    && (!by_node || self.node_of(end.rank) == self.node_of(first.rank))
            };
            let mut ranks: Vec<u32> = untold.iter().filter(|end| same(end)).map(|end| end.rank).collect();
            untold.retain(|end| !same(end));
            ranks.sort_unstable();
            lines.push(format!("{}: {}: {}", self.nodes_of(&ranks), noun(&ranks), how(first)));
        }
        lines
    }

    fn nodes_of(&self, ranks: &[u32]) -> String {
        let mut indices: Vec<usize> = ranks.iter().filter_map(|rank| self.node_of(*rank)).collect();
        indices.sort_unstable();
        indices.dedup();
        let names: Vec<&str> = indices.iter().map(|index| self.nodes[*index].as_str()).collect();
        hostlist::compress(&names)
    }

    /// The lines of a status report: `tasks 0-2: running`.
    pub fn report(&self) -> Vec<String> {
        let of = |wanted: State| -> Vec<u32> {
            (0..).zip(&self.states).filter(|(_, task)| task.1 == wanted).map(|(rank, _)| rank).collect()
        };
        let known = [
            (State::Starting, "initializing"),
            (State::Running, "running"),
            (State::Lost, "unknown"),
            (State::Exited, "exited"),
        ];
        let told = known.into_iter().filter_map(|(state, word)| {
            let ranks = of(state);
            (!ranks.is_empty()).then(|| format!("{}: {word}", noun(&ranks)))
        });
        told.collect()
    }
}

/// `task 3`, `tasks 0-1,5`.
fn noun(ranks: &[u32]) -> String {
    let noun = if ranks.len() == 1 { "task" } else { "tasks" };
    let mut ranges = Vec::new();
    for run in ranks.chunk_by(|a, b| a + 1 == *b) {
        match run {
            [only] => ranges.push(only.to_string()),
            [first, .., last] => ranges.push(format!("{first}-{last}")),
            [] => {}
        }
    }
    format!("{noun} {}", ranges.join(","))
}

fn how(end: Untold) -> String {
    if end.exit_code.signal == 0 {
        return format!("Exited with exit code {}", end.exit_code.code);
    }
    let core = if end.core { " (core dumped)" } else { "" };
    format!("{}{core}", describe(end.exit_code.signal & 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks() -> Tasks {
        Tasks::new(&[("n1".into(), vec![0, 2]), ("n2".into(), vec![1, 3]), ("x".into(), vec![4])])
    }

    #[test]
    fn equal_ends_share_a_line() {
        let mut tasks = tasks();
        tasks.exited(3, ExitCode::exited(7), false);
        tasks.exited(0, ExitCode::exited(7), false);
        tasks.exited(2, ExitCode::exited(7), false);
        tasks.exited(1, ExitCode::signaled(11), true);
        tasks.exited(4, ExitCode::exited(0), false);
        assert_eq!(
            tasks.tell(&[], false),
            ["n[1-2]: tasks 0,2-3: Exited with exit code 7", "n2: task 1: Segmentation fault (core dumped)"]
        );
        assert!(tasks.tell(&[], false).is_empty());
        assert!(tasks.all_over());
        assert_eq!(tasks.worst().shell_code(), 139);
    }

    #[test]
    fn an_interrupt_by_the_user_is_not_told() {
        let mut tasks = tasks();
        tasks.exited(0, ExitCode::signaled(2), false);
        assert!(tasks.tell(&[2], false).is_empty());
        assert_eq!(tasks.worst().shell_code(), 130);
    }

    #[test]
    fn states_are_grouped() {
        let mut tasks = tasks();
        tasks.launched(0);
        tasks.exited(4, ExitCode::exited(0), false);
        assert!(tasks.lost(1));
        assert_eq!(tasks.report(), ["tasks 0,2: running", "tasks 1,3: unknown", "task 4: exited"]);
        assert_eq!((tasks.started(), tasks.count()), (5, 5));
        assert!(!tasks.all_over());
    }
}
