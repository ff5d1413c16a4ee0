//! The life of a job: submitted, started, ended.

use std::rc::Rc;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::{StepId, User};
use tokio::time::Instant;

use super::clock::RunTime;
use super::depend;
use super::place::place;
use super::schedule::demand;
use super::state::{Controller, Job, State, Step};
use crate::proto::control::{BatchRequest, JobRequest, Refusal};
use crate::proto::node::{NodeOrder, StepIo, StepKey, StepLaunch, StepOrder};
use crate::proto::stream::InputFor;
use crate::slurm_env::ArrayFacts;
use crate::time;
use crate::view::{ArrayTask, ExitCode, JobState};

/// The one partition.
pub const PARTITION: &str = "main";

/// The user of a peer, with groups.
pub fn user(uid: u32, gid: u32) -> (User, String) {
    let id = nix::unistd::Uid::from_raw(uid);
    let entry = nix::unistd::User::from_uid(id).ok().flatten();
    let name = entry.as_ref().map_or_else(|| uid.to_string(), |entry| entry.name.clone());
    let group = nix::unistd::Group::from_gid(nix::unistd::Gid::from_raw(gid)).ok().flatten();
    let group = group.map_or_else(|| gid.to_string(), |group| group.name);
    let c_name = std::ffi::CString::new(name.as_str()).unwrap_or_default();
    let groups = nix::unistd::getgrouplist(&c_name, nix::unistd::Gid::from_raw(gid)).unwrap_or_default();
    let groups = groups.into_iter().map(nix::unistd::Gid::as_raw).collect();
    let home = entry.map_or_else(|| "/".into(), |entry| entry.dir);
    (User { name, uid, gid, groups, home }, group)
}

impl Controller {
    /// Whether the cluster could ever run a request.
    fn check(request: &JobRequest, state: &State) -> Result<(), Refusal> {
        let known = |name: &&String| !state.nodes.iter().any(|node| node.name == **name);
        if request.nodelist.iter().chain(&request.exclude).find(known).is_some() {
            return Err(Refusal::InvalidNode);
        }
        if request.partition.as_deref().is_some_and(|name| !name.split(',').any(|name| name == PARTITION)) {
            return Err(Refusal::InvalidPartition);
        }
        if let Some(text) = &request.dependency {
            depend::check(text).map_err(Refusal::Other)?;
        }
        let total: Vec<u32> = state.nodes.iter().map(|node| node.cpus).collect();
        place(&demand(request, state), &total, &total).map(|_| ()).ok_or(Refusal::Unsatisfiable)
    }

    /// Takes a job, or all jobs of an array; gives the id that the client hears.
    pub fn submit(
        self: &Rc<Self>,
        request: &JobRequest,
        batch: Option<BatchRequest>,
        peer: (u32, u32),
    ) -> Result<u32, Refusal> {
        let (user, group) = user(peer.0, peer.1);
        let batch = batch.map(Rc::new);
        let array = batch.as_ref().and_then(|batch| batch.array.clone());
        let first = {
            let mut state = self.state.borrow_mut();
            Self::check(request, &state)?;
            let first = state.next_id;
            let count = u32::try_from(array.as_ref().map_or(1, |array| array.indices.len())).unwrap_or(1);
            let last_first = self.setup.release.has_open_defects();
            let indices =
                array.as_ref().map_or_else(|| vec![None], |a| a.indices.iter().map(|i| Some(*i)).collect());
            for (index, number) in indices.into_iter().zip(0..) {
                // The releases split each task from the array when it starts: the last one keeps the array's own id.
                let id = if last_first { first + (number + 1) % count } else { state.next_id };
                state.next_id += 1;
                let place = array.as_ref().zip(index);
                let task = place.map(|(array, task_id)| ArrayTask {
                    job_id: first,
                    task_id,
                    max_running: array.max_running,
                });
                let facts = place.map(|(array, task_id)| ArrayFacts {
                    job_id: first,
                    task_id,
                    count: u32::try_from(array.indices.len()).unwrap_or(u32::MAX),
                    min: array.indices.first().copied().unwrap_or(0),
                    max: array.indices.last().copied().unwrap_or(0),
                    step: match array.indices.as_slice() {
                        [first, second, ..] => second - first,
                        _ => 1,
                    },
                });
                let job = Job {
                    id,
                    held: request.hold,
                    time_limit: request.time_limit.flatten(),
                    request: request.clone(),
                    batch: batch.clone(),
                    array: task,
                    array_facts: facts,
                    user: user.clone(),
                    group: group.clone(),
                    state: JobState::Pending,
                    reason: "None".to_owned(),
                    submitted: time::now(),
                    started: 0,
                    ended: 0,
                    nodes: Vec::new(),
                    steps: Vec::new(),
                    next_step: 0,
                    ending: None,
                    exit_code: ExitCode::default(),
                    derived: ExitCode::default(),
                    restarts: 0,
                    requeue: None,
                    over_at: None,
                    run_time: RunTime::default(),
                    begun: request.begin.is_none_or(|begin| begin <= time::now()),
                    watched: false,
                };
                if let Some(begin) = request.begin.filter(|_| !job.begun) {
                    self.wake_at(id, begin);
                }
                state.jobs.insert(id, job);
            }
            first
        };
        self.log.say(format_args!("slurmctld: JobId={first} submitted by {}", user.name));
        self.touch();
        Ok(first)
    }

    /// A job has its nodes: its batch script starts, its time runs.
    pub fn job_started(self: &Rc<Self>, id: u32) {
        let mut state = self.state.borrow_mut();
        let Some(job) = state.jobs.get(&id) else { return };
        self.log.say(format_args!("slurmctld: JobId={id} started"));
        let restarts = job.restarts;
        if let Some(batch) = job.batch.clone()
            && let Some((node, spec)) = self.batch_spec(job, &batch, &state)
        {
            let launch = StepLaunch {
                spec,
                io: StepIo::Files { append: batch.append || restarts > 0, script: batch.script.clone() },
                input: InputFor::All,
                window: None,
                umask: batch.umask,
                kill_wait_millis: u64::try_from(self.setup.kill_wait().as_millis()).unwrap_or(u64::MAX),
                unkillable_millis: u64::try_from(self.setup.unkillable().as_millis()).unwrap_or(u64::MAX),
                mpi: None,
            };
            let index = job.nodes[0].node;
            let step = Step {
                id: StepId::Batch,
                name: "batch".to_owned(),
                layout: vec![(index, vec![0], 0)],
                mpi: false,
                overlap: true,
                left: vec![index],
                started: time::now(),
                ended: 0,
                ending: None,
                exit_code: ExitCode::default(),
                failure: None,
                lost: false,
                container: job.request.container.clone(),
                container_id: job.request.container_id.clone(),
                time_limit: job.time_limit,
                srun_host: job.request.submit_host.clone(),
                srun_pid: job.request.client_pid,
            };
            if let Some(job) = state.jobs.get_mut(&id) {
                job.steps.push(step);
            }
            let key = StepKey { job_id: id, step: StepId::Batch };
            Self::order(&state, index, NodeOrder { node, key, order: StepOrder::Launch(Box::new(launch)) });
        }
        drop(state);
        self.watch_job(id);
    }

    /// Ends a job: its steps are told to go, and it is over when they have. `why` is what their users read.
    pub fn end_job(self: &Rc<Self>, id: u32, state: JobState, exit_code: ExitCode, why: &str) {
        {
            let mut all = self.state.borrow_mut();
            let Some(job) = all.jobs.get_mut(&id) else { return };
            if job.state.is_over() || job.ending.is_some() {
                return;
            }
            self.log.say(format_args!("slurmctld: JobId={id} to end as {state}"));
            let waits = job.state == JobState::Pending || job.state == JobState::RequeueHold;
            // What never ran has no code.
            job.ending = Some((state, if waits { ExitCode::default() } else { exit_code }));
            if waits {
                job.started = time::now();
            }
            job.state = JobState::Completing;
            job.run_time.pause();
            let ordered = state != JobState::Completed && state != JobState::Failed;
            let orders: Vec<(usize, StepId)> = job
                .steps
                .iter_mut()
                .flat_map(|step| {
                    if ordered {
                        step.ending = step.ending.or(Some(state));
                    }
                    step.left.iter().map(|node| (*node, step.id)).collect::<Vec<_>>()
                })
                .collect();
            for (index, step) in orders {
                let node = all.nodes[index].name.clone();
                let order =
                    StepOrder::Terminate { why: why.to_owned(), now: false, job: step == StepId::Batch };
                Self::order(&all, index, NodeOrder { node, key: StepKey { job_id: id, step }, order });
            }
        }
        self.settle(id);
    }

    /// Makes a job over, or ready to run again, when it is to end and none of its steps is left.
    pub fn settle(self: &Rc<Self>, id: u32) {
        {
            let mut state = self.state.borrow_mut();
            let Some(job) = state.jobs.get_mut(&id) else { return };
            let Some((end, exit_code)) = job.ending else { return };
            if job.has_steps() {
                return;
            }
            job.ending = None;
            if let Some(held) = job.requeue.take() {
                job.put_back(held);
            } else {
                job.state = end;
                job.exit_code = exit_code;
                job.ended = time::now();
                job.over_at = Some(Instant::now());
                if job.reason == "None" {
                    job.reason = match end {
                        // 22.05 takes a signal for a launch that failed.
                        JobState::Failed
                            if exit_code.signal != 0 && !self.setup.release.at_least(Release::V23_02) =>
                        {
                            "JobLaunchFailure".to_owned()
                        }
                        JobState::Failed if exit_code.signal != 0 && self.setup.release.is_later() => {
                            crate::client::signals::raised(exit_code.signal)
                        }
                        JobState::Failed => "NonZeroExitCode".to_owned(),
                        JobState::Timeout => "TimeLimit".to_owned(),
                        JobState::NodeFail => "NodeDown".to_owned(),
                        _ => "None".to_owned(),
                    };
                }
            }
            self.log.say(format_args!("slurmctld: JobId={id} is {}", job.state));
        }
        self.touch();
    }

    /// Sends an order to a node; one whose daemon is gone takes none.
    pub fn order(state: &State, node: usize, order: NodeOrder) {
        if let Some(link) = &state.nodes[node].link {
            let _ = link.send(order);
        }
    }
}
