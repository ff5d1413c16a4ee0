//! File name patterns of `--output`, `--error` and `--input` (sbatch(1) and srun(1), FILENAME PATTERN).

use plimsoll_launcher::step::StepId;

use crate::view::ArrayTask;

/// What `%a` is for a job that is in no array: the number that stands for "none".
const NO_ARRAY_TASK: u32 = 4_294_967_294;
/// The widest zero padding that is honoured.
const MAX_WIDTH: usize = 10;

/// Everything a pattern can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileNames {
    /// `%j`, and `%A` outside arrays.
    pub job_id: u32,
    /// `%A`, `%a`.
    pub array: Option<ArrayTask>,
    /// `%s` and the second half of `%J`.
    pub step: StepId,
    /// `%N`: the short host name of the node.
    pub node_name: String,
    /// `%n`: the node's index in the job.
    pub node_index: u32,
    /// `%t`: the rank of the task.
    pub task_id: u32,
    /// `%u`.
    pub user: String,
    /// `%x`.
    pub job_name: String,
}

impl FileNames {
    /// Expands a pattern. A number between `%` and the letter pads numbers with zeros (`%5j`), at most ten wide; a
    /// backslash anywhere in the pattern switches all replacement off, and goes; an unknown letter stays as it is.
    pub fn expand(&self, pattern: &str) -> String {
        if pattern.contains('\\') {
            return pattern.replace('\\', "");
        }
        let mut name = String::with_capacity(pattern.len() + 16);
        let mut rest = pattern;
        while let Some(at) = rest.find('%') {
            name.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            let letter_at =
                behind.find(|character: char| !character.is_ascii_digit()).unwrap_or(behind.len());
            let width = behind[..letter_at].parse().unwrap_or(0).min(MAX_WIDTH);
            let Some(letter) = behind[letter_at..].chars().next() else {
                name.push_str(&rest[at..]);
                return name;
            };
            let end = letter_at + letter.len_utf8();
            match self.value(letter, width) {
                Some(value) => name.push_str(&value),
                None => name.push_str(&rest[at..at + 1 + end]),
            }
            rest = &behind[end..];
        }
        name.push_str(rest);
        name
    }

    fn value(&self, letter: char, width: usize) -> Option<String> {
        let padded = |number: u32| format!("{number:0width$}");
        Some(match letter {
            '%' => "%".to_owned(),
            'A' => padded(self.array.as_ref().map_or(self.job_id, |array| array.job_id)),
            'a' => padded(self.array.as_ref().map_or(NO_ARRAY_TASK, |array| array.task_id)),
            'J' => match self.step {
                StepId::Number(step) => format!("{}.{step}", padded(self.job_id)),
                StepId::Batch | StepId::Interactive | StepId::Extern => padded(self.job_id),
            },
            'j' => padded(self.job_id),
            'N' => self.node_name.split('.').next().unwrap_or_default().to_owned(),
            'n' => padded(self.node_index),
            's' => match self.step {
                StepId::Number(step) => padded(step),
                special => special.to_string(),
            },
            't' => padded(self.task_id),
            'u' => self.user.clone(),
            'x' => self.job_name.clone(),
            _ => return None,
        })
    }
}

/// Whether a pattern gives each task its own file, in srun.
pub fn is_per_task(pattern: &str) -> bool {
    names(pattern, 't')
}

/// Whether a pattern gives each node its own file, in srun.
pub fn is_per_node(pattern: &str) -> bool {
    names(pattern, 'N') || names(pattern, 'n')
}

fn names(pattern: &str, wanted: char) -> bool {
    if pattern.contains('\\') {
        return false;
    }
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character == '%' && characters.by_ref().find(|letter| !letter.is_ascii_digit()) == Some(wanted) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn names_of_a_task() -> FileNames {
        FileNames {
            job_id: 128,
            array: Some(ArrayTask { job_id: 125, task_id: 3, max_running: None }),
            step: StepId::Number(0),
            node_name: "n2.cluster".to_owned(),
            node_index: 1,
            task_id: 7,
            user: "ada".to_owned(),
            job_name: "wrap".to_owned(),
        }
    }

    #[rstest]
    #[case("job%J.out", "job128.0.out")]
    #[case("job%4j.out", "job0128.out")]
    #[case("%A_%a", "125_3")]
    #[case("%j-%2t.%N.%n", "128-07.n2.1")]
    #[case("%u-%5x-%s", "ada-wrap-0")]
    #[case("100%%", "100%")]
    #[case("%q%", "%q%")]
    #[case("\\%j", "%j")]
    #[case("%99j", "0000000128")]
    fn patterns_expand(#[case] pattern: &str, #[case] name: &str) {
        assert_eq!(names_of_a_task().expand(pattern), name);
    }

    #[test]
    fn a_pattern_tells_whether_files_are_many() {
        assert!(is_per_task("o.%3t") && !is_per_task("o.%%t") && !is_per_task("\\%t"));
        assert!(is_per_node("%j.%N"));
    }
}
