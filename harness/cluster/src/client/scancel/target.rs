//! What scancel's words name: jobs, jobs of arrays, steps.

use plimsoll_launcher::step::StepId;

/// The most jobs that one word may name.
const MAX_TASKS: usize = 100_000;

/// One thing that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Id of the job or array.
    pub job_id: u32,
    /// Index in the array.
    pub task_id: Option<u32>,
    /// The step.
    pub step: Option<StepId>,
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.job_id)?;
        if let Some(task_id) = self.task_id {
            write!(f, "_{task_id}")?;
        }
        match self.step {
            Some(step) => write!(f, ".{step}"),
            None => Ok(()),
        }
    }
}

/// A word that names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid job id {0}")]
pub struct TargetError(pub String);

/// Reads `5`, `5_3`, `5_[1-3,7]`, `5_*`, `5.0`, `5.batch`, `5_3.0`, and lists of them with commas.
pub fn parse(word: &str) -> Result<Vec<Named>, TargetError> {
    let mut named = Vec::new();
    for item in split(word) {
        parse_item(item, &mut named).ok_or_else(|| TargetError(word.to_owned()))?;
    }
    Ok(named)
}

/// Splits at commas that are in no brackets.
fn split(word: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    word.split(move |character| {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        character == ',' && !inside
    })
}

fn parse_item(item: &str, named: &mut Vec<Named>) -> Option<()> {
    let (job, step) = match item.split_once('.') {
        Some((job, step)) => (job, Some(parse_step(step)?)),
        None => (item, None),
    };
    let (job, tasks) = match job.split_once('_') {
        Some((job, tasks)) => (job, Some(tasks)),
        None => (job, None),
    };
    let job_id = number(job)?;
    let Some(tasks) = tasks.filter(|tasks| *tasks != "*" && *tasks != "[*]") else {
        named.push(Named { job_id, task_id: None, step });
        return Some(());
    };
    let ranges = tasks.strip_prefix('[').map_or(Some(tasks), |tasks| tasks.strip_suffix(']'))?;
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (number(first)?, number(last)?);
        if last < first || (last - first) as usize >= MAX_TASKS {
            return None;
        }
        named.extend((first..=last).map(|task_id| Named { job_id, task_id: Some(task_id), step }));
    }
    Some(())
}

fn parse_step(text: &str) -> Option<StepId> {
    match text {
        "batch" => Some(StepId::Batch),
        "interactive" => Some(StepId::Interactive),
        "extern" => Some(StepId::Extern),
        number_text => number(number_text).map(StepId::Number),
    }
}

fn number(text: &str) -> Option<u32> {
    // No sign, which `parse` would take.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("5", "5")]
    #[case("5_3", "5_3")]
    #[case("5_[1-3,7]", "5_1 5_2 5_3 5_7")]
    #[case("5_*", "5")]
    #[case("5.0", "5.0")]
    #[case("5.batch,6", "5.batch 6")]
    #[case("5_3.0", "5_3.0")]
    fn words_name_jobs_and_steps(#[case] word: &str, #[case] expected: &str) {
        let shown: Vec<String> = parse(word).unwrap().iter().map(Named::to_string).collect();
        assert_eq!(shown.join(" "), expected);
    }

    #[rstest]
    #[case("abc")]
    #[case("1.x")]
    #[case("1_")]
    #[case("5_[3-1]")]
    #[case("5_[1-3")]
    #[case("+5")]
    #[case("")]
    fn rubbish_names_nothing(#[case] word: &str) {
        assert_eq!(parse(word).unwrap_err().to_string(), format!("Invalid job id {word}"));
    }
}
