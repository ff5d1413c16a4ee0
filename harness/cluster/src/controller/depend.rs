//! Dependencies between jobs: `afterok:5:6,afterany:7` (sbatch(1), --dependency).

use super::state::{Job, State};
use crate::proto::control::JobRequest;
use crate::view::JobState;

/// Where a dependency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// The job may start.
    Yes,
    /// Not yet.
    NotYet,
    /// It never will.
    Never,
}

/// Whether a dependency can be read; gives the sentence that refuses it.
pub fn check(text: &str) -> Result<(), String> {
    for term in text.split([',', '?']) {
        let (kind, ids) = term.split_once(':').unwrap_or((term, ""));
        let known = matches!(kind, "after" | "afterany" | "afterok" | "afternotok");
        let numbers =
            !ids.is_empty() && ids.split(':').all(|id| id.split(['_', '+']).next().is_some_and(is_number));
        if !(kind == "singleton" && ids.is_empty() || known && numbers) {
            return Err("Job dependency problem".to_owned());
        }
    }
    Ok(())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The jobs (and arrays) that a job depends on.
pub fn ids(request: &JobRequest) -> Vec<u32> {
    let terms = request.dependency.as_deref().unwrap_or_default().split([',', '?']);
    terms.flat_map(|term| term.split(':').skip(1)).filter_map(number).collect()
}

/// The job of `5`, `5_2` or `5+10`.
fn number(id: &str) -> Option<u32> {
    id.split(['_', '+']).next()?.parse().ok()
}

/// Where the dependency of a job stands.
pub fn met(job: &Job, state: &State) -> Met {
    let Some(text) = job.request.dependency.as_deref() else { return Met::Yes };
    let terms: Vec<Met> = text.split([',', '?']).map(|term| term_met(term, job, state)).collect();
    // With `?` one term is enough, and all must be lost; with `,` all are needed, and one lost is too many.
    let (one, all) = if text.contains('?') { (Met::Yes, Met::Never) } else { (Met::Never, Met::Yes) };
    if terms.contains(&one) {
        one
    } else if terms.iter().all(|term| *term == all) {
        all
    } else {
        Met::NotYet
    }
}

fn term_met(term: &str, job: &Job, state: &State) -> Met {
    let (kind, ids) = term.split_once(':').unwrap_or((term, ""));
    if kind == "singleton" {
        let earlier = state.jobs.values().any(|other| {
            other.id < job.id
                && other.request.name == job.request.name
                && other.user.uid == job.user.uid
                && !other.state.is_over()
        });
        return if earlier { Met::NotYet } else { Met::Yes };
    }
    let mut met = Met::Yes;
    for id in ids.split(':') {
        let number = number(id).unwrap_or(0);
        let meant = state.jobs.values().filter(|other| {
            other.id == number || other.array.as_ref().is_some_and(|array| array.job_id == number)
        });
        for other in meant {
            match one_met(kind, other) {
                Met::Never => return Met::Never,
                Met::NotYet => met = Met::NotYet,
                Met::Yes => {}
            }
        }
    }
    met
}

fn one_met(kind: &str, other: &Job) -> Met {
    let over = other.state.is_over();
    let good = other.state == JobState::Completed;
    match kind {
        "after" if other.started > 0 || over => Met::Yes,
        "afterany" if over => Met::Yes,
        "afterok" if over => {
            if good {
                Met::Yes
            } else {
                Met::Never
            }
        }
        "afternotok" if over => {
            if good {
                Met::Never
            } else {
                Met::Yes
            }
        }
        _ => Met::NotYet,
    }
}
