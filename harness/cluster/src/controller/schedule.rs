//! Starting what can start: first come, first served.

use std::borrow::Cow;
use std::rc::Rc;

use super::depend::{Met, met};
use super::place::{Demand, Share, place};
use super::state::{Controller, Node, State};
use crate::hostlist;
use crate::proto::control::JobRequest;
use crate::time;
use crate::view::JobState;

/// The reason of a job that waits for nodes that others have.
const RESOURCES: &str = "Resources";

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
    /// Starts every job that can be started now. A job that has to wait for others' nodes holds up those behind it.
    pub fn schedule(self: &Rc<Self>) {
        let mut started = Vec::new();
        {
            let mut state = self.state.borrow_mut();
            self.forget(&mut state);
            let waiting: Vec<u32> =
                state.jobs.values().filter(|job| job.state == JobState::Pending).map(|job| job.id).collect();
            let mut blocked = false;
            for id in waiting {
                let found = place_now(id, &state, blocked);
                let Some(job) = state.jobs.get_mut(&id) else { continue };
                match found {
                    Ok(shares) => {
                        job.nodes = shares;
                        job.state = JobState::Running;
                        job.started = time::now();
                        job.run_time.go();
                        "None".clone_into(&mut job.reason);
                        started.push(id);
                    }
                    Err(reason) => {
                        blocked |= reason == RESOURCES;
                        job.reason = reason.into_owned();
                    }
                }
            }
        }
        for id in started {
            self.job_started(id);
        }
    }
}

/// Where a waiting job goes now, or the reason why it goes on waiting. `blocked`: one before it waits for nodes.
fn place_now(id: u32, state: &State, blocked: bool) -> Result<Vec<Share>, Cow<'static, str>> {
    let Some(job) = state.jobs.get(&id) else { return Err("None".into()) };
    if job.held {
        return Err("JobHeldUser".into());
    }
    if !job.begun {
        return Err("BeginTime".into());
    }
    if array_is_full(state, id) {
        return Err("JobArrayTaskLimit".into());
    }
    match met(job, state) {
        Met::NotYet => return Err("Dependency".into()),
        Met::Never => return Err("DependencyNeverSatisfied".into()),
        Met::Yes => {}
    }
    let demand = demand(&job.request, state);
    // It waits for an administrator, and those behind it need not.
    if let Some(reason) = lacks_nodes(&demand, state) {
        return Err(reason.into());
    }
    if blocked {
        return Err("Priority".into());
    }
    let total = cpus(state, |_| true);
    place(&demand, &Controller::free_cpus(state), &total).ok_or(RESOURCES.into())
}

/// CPUs of those nodes that count; the others have none.
fn cpus(state: &State, counts: impl Fn(&Node) -> bool) -> Vec<u32> {
    state.nodes.iter().map(|node| if counts(node) { node.cpus } else { 0 }).collect()
}

/// Why a demand could not be met even if no job ran: nodes that it needs are down or drained.
fn lacks_nodes(demand: &Demand, state: &State) -> Option<String> {
    let usable = |node: &Node| !node.down && !node.drain;
    let free = cpus(state, usable);
    if place(demand, &free, &free).is_some() {
        return None;
    }
    let named: Vec<String> = demand
        .named
        .iter()
        .map(|index| &state.nodes[*index])
        .filter(|node| !usable(node))
        .map(|node| node.name.clone())
        .collect();
    Some(if named.is_empty() {
        "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions"
            .to_owned()
    } else {
        format!("ReqNodeNotAvail, UnavailableNodes:{}", hostlist::compress(&named))
    })
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
