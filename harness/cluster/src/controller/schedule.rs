//! Starting what can start: first come, first served.

use std::rc::Rc;

use super::depend::{Met, met};
use super::place::{Demand, place};
use super::state::{Controller, State};
use crate::proto::control::JobRequest;
use crate::time;
use crate::view::JobState;

/// Finished jobs are forgotten after so many seconds (MinJobAge).
const MIN_JOB_AGE: i64 = 300;

/// A job's demand; nodes that are not there are left out, since they were checked at submission.
pub fn demand(request: &JobRequest, state: &State) -> Demand {
    let index = |name: &String| state.nodes.iter().position(|node| node.name == *name);
    Demand {
        nodes: request.nodes,
        ntasks: request.ntasks,
        per_node: request.ntasks_per_node,
        cpus_per_task: request.cpus_per_task.unwrap_or(1),
        named: request.nodelist.iter().filter_map(index).collect(),
        excluded: request.exclude.iter().filter_map(index).collect(),
        exclusive: request.exclusive,
    }
}

impl Controller {
    /// Starts every job that can be started now. A job that lacks nodes holds up those behind it.
    pub fn schedule(self: &Rc<Self>) {
        let now = time::now();
        let mut started = Vec::new();
        let mut never = Vec::new();
        {
            let mut state = self.state.borrow_mut();
            state.jobs.retain(|_, job| !job.state.is_over() || job.ended + MIN_JOB_AGE > now);
            let waiting: Vec<u32> =
                state.jobs.values().filter(|job| job.state == JobState::Pending).map(|job| job.id).collect();
            let mut blocked = false;
            for id in waiting {
                let Some(job) = state.jobs.get(&id) else { continue };
                let reason = if job.held {
                    "JobHeldUser"
                } else if job.request.begin.is_some_and(|begin| begin > now) {
                    "BeginTime"
                } else if array_is_full(&state, id) {
                    "JobArrayTaskLimit"
                } else {
                    match met(job, &state) {
                        Met::NotYet => "Dependency",
                        Met::Never => {
                            never.push(id);
                            "DependencyNeverSatisfied"
                        }
                        Met::Yes if blocked => "Priority",
                        Met::Yes => {
                            let demand = demand(&job.request, &state);
                            let total: Vec<u32> = state.nodes.iter().map(|node| node.cpus).collect();
                            if let Some(shares) = place(&demand, &Self::free_cpus(&state), &total) {
                                if let Some(job) = state.jobs.get_mut(&id) {
                                    job.nodes = shares;
                                    job.state = JobState::Running;
                                    job.started = now;
                                }
                                started.push(id);
                                "None"
                            } else {
                                blocked = true;
                                "Resources"
                            }
                        }
                    }
                };
                if let Some(job) = state.jobs.get_mut(&id) {
                    reason.clone_into(&mut job.reason);
                }
            }
        }
        for id in started {
            self.job_started(id);
        }
    }
}

/// Whether the array of a waiting job has as many running as it may.
fn array_is_full(state: &State, id: u32) -> bool {
    let Some(array) = state.jobs.get(&id).and_then(|job| job.array.as_ref()) else { return false };
    let Some(limit) = array.max_running else { return false };
    let same =
        |other: &super::state::Job| other.array.as_ref().is_some_and(|other| other.job_id == array.job_id);
    let running = state.jobs.values().filter(|job| same(job) && super::state::holds_nodes(job.state)).count();
    running >= limit as usize
}
