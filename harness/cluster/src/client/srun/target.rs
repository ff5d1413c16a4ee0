//! Where a stream of the tasks goes to or comes from, as `--output`, `--error` and `--input` say it (srun(1), IO
//! REDIRECTION): everywhere, nowhere, one task, or files with patterns in their names.

use std::ffi::OsStr;
use std::path::PathBuf;

use plimsoll_launcher::step::StepId;

use crate::filename::{FileNames, is_per_node, is_per_task};

/// One stream's target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// srun's own stream, for every task.
    All,
    /// Nothing: /dev/null.
    None,
    /// srun's own stream, for this rank alone.
    Task(u32),
    /// Files.
    File(String),
}

impl Target {
    /// Reads an option's value. A number that is no rank is a file's name.
    pub fn parse(value: &OsStr, tasks: u32) -> Self {
        let text = value.to_string_lossy();
        match text.as_ref() {
            "all" => Self::All,
            "none" => Self::None,
            text => match text.parse() {
                Ok(rank) if rank < tasks => Self::Task(rank),
                _ => Self::File(text.to_owned()),
            },
        }
    }

    /// Whether a file's name may hold the user's, which takes a look at the user database.
    pub fn names_user(&self) -> bool {
        matches!(self, Self::File(pattern) if pattern.contains('%') && pattern.contains('u'))
    }
}

/// The facts that file names of a step are made from.
#[derive(Clone, Debug)]
pub struct StepNames {
    /// Job.
    pub job_id: u32,
    /// Step.
    pub step: StepId,
    /// Job name.
    pub job_name: String,
    /// Login name.
    pub user: String,
    /// Nodes and the ranks on each.
    pub layout: Vec<(String, Vec<u32>)>,
    /// What relative names are relative to.
    pub dir: PathBuf,
}

impl StepNames {
    /// The path of the file of one task, given by its node's index and its rank.
    pub fn path(&self, pattern: &str, node: usize, rank: u32) -> PathBuf {
        // A file that is shared by tasks or nodes is named after the first of them.
        let rank = if is_per_task(pattern) { rank } else { 0 };
        let node = if is_per_task(pattern) || is_per_node(pattern) { node } else { 0 };
        let name = FileNames {
            job_id: self.job_id,
            array: None,
            step: self.step,
            node_name: self.layout.get(node).map(|(name, _)| name.clone()).unwrap_or_default(),
            node_index: u32::try_from(node).unwrap_or(0),
            task_id: rank,
            user: self.user.clone(),
            job_name: self.job_name.clone(),
        };
        self.dir.join(name.expand(pattern))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("all", Target::All)]
    #[case("none", Target::None)]
    #[case("3", Target::Task(3))]
    #[case("4", Target::File("4".into()))]
    #[case("o.%t", Target::File("o.%t".into()))]
    fn targets(#[case] text: &str, #[case] target: Target) {
        assert_eq!(Target::parse(OsStr::new(text), 4), target);
    }

    #[rstest]
    #[case("o.%j", "/w/o.7")]
    #[case("o.%J.%t", "/w/o.7.0.3")]
    #[case("%N-%n", "/w/n2-1")]
    #[case("/abs", "/abs")]
    fn files_are_named_after_their_task(#[case] pattern: &str, #[case] path: &str) {
        let names = StepNames {
            job_id: 7,
            step: StepId::Number(0),
            job_name: "x".into(),
            user: "ada".into(),
            layout: vec![("n1".into(), vec![0, 1]), ("n2".into(), vec![2, 3])],
            dir: "/w".into(),
        };
        assert_eq!(names.path(pattern, 1, 3), PathBuf::from(path));
    }
}
