//! Which jobs and steps are shown.

use super::jobs::JobRow;
use super::options::{JobName, Query, StepName};
use super::steps::StepRow;
use crate::view::{JobView, StepView, UnixTime};

/// The lines of the jobs that are asked for, the waiting ones of an array in one line unless `-r` was given.
pub(super) fn jobs(jobs: Vec<JobView>, query: &Query, now: UnixTime) -> Vec<JobRow> {
    let mut rows: Vec<JobRow> = Vec::new();
    for job in jobs.into_iter().filter(|job| is_asked(job, query)) {
        let task = job.array.as_ref().map(|array| (array.job_id, array.task_id));
        if let (Some((array_id, index)), true, false) = (task, job.state.is_pending(), query.arrays) {
            let same = rows.iter_mut().find(|row| {
                !row.folded.is_empty()
                    && row.job.array.as_ref().is_some_and(|array| array.job_id == array_id)
                    && row.job.reason == job.reason
                    && row.job.state == job.state
            });
            if let Some(row) = same {
                row.folded.push(index);
                row.folded.sort_unstable();
            } else {
                rows.push(JobRow { job, folded: vec![index], now });
            }
            continue;
        }
        rows.push(JobRow { job, folded: Vec::new(), now });
    }
    rows
}

/// The lines of the steps that are asked for.
pub(super) fn steps(jobs: Vec<JobView>, query: &Query, now: UnixTime) -> Vec<StepRow> {
    let named =
        |step: &StepView| query.steps.is_empty() || query.steps.iter().any(|name| is_step(name, step));
    let mut rows = Vec::new();
    for job in jobs {
        if !is_asked(&job, query) {
            continue;
        }
        let shown = job.steps.into_iter().filter(|step| !step.state.is_over() && named(step));
        rows.extend(shown.map(|step| StepRow { step, now }));
    }
    rows
}

fn is_step(name: &StepName, step: &StepView) -> bool {
    let job = name.job.matches(step.job_id, step.array.as_ref().map(|array| (array.job_id, array.task_id)));
    job && name.step.as_ref().is_none_or(|wanted| *wanted == step.id.to_string())
}

impl JobName {
    /// Whether it names the job of this id and place in an array.
    fn matches(self, id: u32, task: Option<(u32, u32)>) -> bool {
        match self.task {
            None => id == self.id || task.is_some_and(|(array_id, _)| array_id == self.id),
            Some(index) => task == Some((self.id, index)),
        }
    }
}

fn is_asked(job: &JobView, query: &Query) -> bool {
    let task = job.array.as_ref().map(|array| (array.job_id, array.task_id));
    let any = |list: &[String], text: &str| list.is_empty() || list.iter().any(|item| item == text);
    let state = match &query.states {
        None => !job.state.is_over(),
        Some(states) => states.is_empty() || states.contains(&job.state),
    };
    let user = query.users.is_none_or_has(job.uid);
    let account = query.accounts.is_empty()
        || job.account.as_ref().is_some_and(|account| query.accounts.contains(account));
    state
        && user
        && account
        && (query.jobs.is_empty() || query.jobs.iter().any(|name| name.matches(job.id, task)))
        && any(&query.names, &job.name)
        && any(&query.partitions, &job.partition)
        && (query.nodes.is_empty() || job.nodes.iter().any(|node| query.nodes.contains(node)))
}
