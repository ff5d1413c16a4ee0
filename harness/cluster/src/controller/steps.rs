//! The life of a step: its CPUs, its launch, what its nodes report.

use std::rc::Rc;

use plimsoll_launcher::step::StepId;

use super::place::{Demand, Share, place, ranks};
use super::state::{Controller, Job, Step};
use crate::proto::control::{Refusal, StepGrant, StepRequest};
use crate::proto::node::{NodeOrder, NodeReport, StepIo, StepKey, StepLaunch, StepOrder, StepReport};
use crate::time;
use crate::view::{ExitCode, JobState};

/// What came of a try to create a step.
pub enum Try {
    /// It is being launched.
    Granted(StepGrant),
    /// The job's CPUs are in use.
    Busy,
}

impl Controller {
    /// Whether a step shares the CPUs of others. A step asked for from inside another one of its job would wait for it
    /// for ever; the guide's `srun srun --container` promises that it does not (real releases: R-OPEN-6).
    fn overlaps(&self, request: &StepRequest) -> bool {
        request.overlap
            || request.interactive
            || (request.inside.is_some() && !self.setup.release.has_open_defects())
    }

    fn step_shares(
        &self,
        job: &Job,
        request: &StepRequest,
        names: &[String],
    ) -> Result<Option<Vec<Share>>, Refusal> {
        let overlap = self.overlaps(request);
        let own: Vec<u32> = job.nodes.iter().map(|share| share.cpus).collect();
        let mut free = own.clone();
        if !overlap {
            for step in job.steps.iter().filter(|step| step.alive() && !step.overlap && step.ended == 0) {
                for (node, _, cpus) in &step.layout {
                    let at = job.nodes.iter().position(|share| share.node == *node);
                    if let Some(at) = at {
                        free[at] = free[at].saturating_sub(*cpus);
                    }
                }
            }
        }
        let index = |name: &String| names.iter().position(|known| known == name).ok_or(Refusal::InvalidNode);
        let wanted = request.nodelist.iter().map(index).collect::<Result<Vec<_>, _>>()?;
        let whole_job = request.nodes.is_none() && request.ntasks.is_none() && wanted.is_empty();
        if whole_job && !request.interactive && request.ntasks_per_node.is_none() && job.request.for_srun {
            // srun's own job was made for this step: its tasks are where the job's are.
            return Ok(Some((0..).zip(&job.nodes).map(|(node, share)| Share { node, ..*share }).collect()));
        }
        let demand = Demand {
            nodes: request.nodes.or(if whole_job && !request.interactive {
                let count = u32::try_from(own.len()).unwrap_or(1);
                Some((count, count))
            } else {
                None
            }),
            ntasks: request.ntasks.or(request.interactive.then_some(1)),
            per_node: request.ntasks_per_node,
            cpus_per_task: request.cpus_per_task.unwrap_or(1),
            named: wanted,
            excluded: request.exclude.iter().filter_map(|name| index(name).ok()).collect(),
            exclusive: false,
        };
        if place(&demand, &own, &own).is_none() {
            return Err(Refusal::TooMany);
        }
        Ok(place(&demand, &free, &own))
    }

    /// Creates and launches a step if its job has the CPUs for it now.
    pub fn try_step(self: &Rc<Self>, request: &StepRequest, uid: u32) -> Result<Try, Refusal> {
        let mut state = self.state.borrow_mut();
        let job = state.jobs.get(&request.job_id).ok_or(Refusal::InvalidJobId)?;
        if job.user.uid != uid && uid != 0 {
            return Err(Refusal::Denied);
        }
        if job.state.is_over() || job.ending.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        if job.state != JobState::Running {
            return Ok(Try::Busy);
        }
        let names = super::facts::node_names(job, &state);
        let Some(shares) = self.step_shares(job, request, &names)? else { return Ok(Try::Busy) };
        let id = if request.interactive { StepId::Interactive } else { StepId::Number(job.next_step) };
        let counts: Vec<u32> = shares.iter().map(|share| share.tasks).collect();
        let nodes: Vec<usize> = shares.iter().map(|share| job.nodes[share.node].node).collect();
        let layout: Vec<(usize, Vec<u32>, u32)> = nodes
            .iter()
            .zip(ranks(&counts, request.distribution.as_deref()))
            .zip(&shares)
            .map(|((node, ranks), share)| (*node, ranks, share.cpus))
            .collect();
        let key = StepKey { job_id: job.id, step: id };
        let mpi = self.mpi_kind(request)?;
        let step = Step {
            id,
            name: request.name.clone(),
            layout,
            mpi: mpi.is_some(),
            overlap: self.overlaps(request),
            left: nodes,
            started: time::now(),
            ended: 0,
            ending: None,
            exit_code: ExitCode::default(),
            failure: None,
            lost: false,
            container: request.container.clone(),
            container_id: request.container_id.clone(),
            time_limit: request.time_limit.flatten(),
            srun_host: request.srun_host.clone(),
            srun_pid: request.srun_pid,
        };
        let mut specs = self.step_specs(job, &step, request, &state);
        let with_name =
            |(node, ranks, _): &(usize, Vec<u32>, u32)| (state.nodes[*node].name.clone(), ranks.clone());
        let grant = StepGrant {
            job_id: job.id,
            step: id,
            layout: step.layout.iter().map(with_name).collect(),
            release: self.setup.release,
        };
        self.log.say(format_args!("slurmctld: StepId={}.{id} created", job.id));
        let plans = mpi.map(|kind| self.mpi_plans(kind, key, &grant.layout, &mut specs));
        for (at, ((node, spec), (index, ..))) in specs.into_iter().zip(&step.layout).enumerate() {
            let launch = StepLaunch {
                spec,
                io: StepIo::Srun { socket: request.socket.clone(), cookie: request.cookie },
                input: request.input,
                window: request.pty,
                umask: request.umask,
                kill_wait_millis: u64::try_from(self.setup.kill_wait().as_millis()).unwrap_or(u64::MAX),
                unkillable_millis: u64::try_from(self.setup.unkillable().as_millis()).unwrap_or(u64::MAX),
                mpi: plans.as_ref().and_then(|plans| plans.get(at).cloned()),
            };
            let order = StepOrder::Launch(Box::new(launch));
            Self::order(&state, *index, NodeOrder { node, key, order });
        }
        let limit = step.time_limit;
        if let Some(job) = state.jobs.get_mut(&request.job_id) {
            job.steps.push(step);
            if !request.interactive {
                job.next_step += 1;
            }
        }
        drop(state);
        if let Some(minutes) = limit {
            self.watch_step(key, minutes, request.warn);
        }
        Ok(Try::Granted(grant))
    }

    /// Ends a step: SIGTERM, then SIGKILL after KillWait.
    pub fn end_step(self: &Rc<Self>, key: StepKey, how: JobState, why: &str) {
        let mut state = self.state.borrow_mut();
        let Some(step) = state.jobs.get_mut(&key.job_id).and_then(|job| job.step_mut(key.step)) else {
            return;
        };
        if !step.alive() {
            return;
        }
        if step.ended == 0 {
            step.ending = step.ending.or(Some(how));
        }
        for index in step.left.clone() {
            let node = state.nodes[index].name.clone();
            let now = self.setup.release.has_open_defects();
            let order = StepOrder::Terminate { why: why.to_owned(), now, job: false };
            Self::order(&state, index, NodeOrder { node, key, order });
        }
    }

    /// Sends a signal to those steps of a job that are meant.
    pub fn signal_steps(&self, job_id: u32, signal: i32, meant: impl Fn(StepId) -> bool, full: bool) -> bool {
        let state = self.state.borrow();
        let Some(job) = state.jobs.get(&job_id) else { return false };
        let mut any = false;
        for step in job.steps.iter().filter(|step| step.alive() && meant(step.id)) {
            for index in &step.left {
                any = true;
                let node = state.nodes[*index].name.clone();
                let key = StepKey { job_id, step: step.id };
                Self::order(
                    &state,
                    *index,
                    NodeOrder { node, key, order: StepOrder::Signal { signal, full } },
                );
            }
        }
        any
    }

    /// Takes what a node reports.
    pub fn on_report(self: &Rc<Self>, report: NodeReport) {
        let NodeReport { node, key, report } = report;
        let report = match report {
            StepReport::Peer { to, bytes } => return self.hand_on(&node, key, to, &bytes),
            StepReport::Abort { rank, code } => return self.abort_step(key, rank, code),
            report => report,
        };
        if matches!(report, StepReport::Gone { .. }) {
            self.tell_peers_gone(&node, key);
        }
        let mut end = None;
        {
            let mut state = self.state.borrow_mut();
            let Some(index) = state.nodes.iter().position(|known| known.name == node) else { return };
            let release = self.setup.release;
            let Some(job) = state.jobs.get_mut(&key.job_id) else { return };
            let ending = job.ending.is_some();
            let Some(step) = job.step_mut(key.step) else { return };
            match report {
                StepReport::Launched | StepReport::Peer { .. } | StepReport::Abort { .. } => {}
                StepReport::LaunchFailed { errno, message } => {
                    step.failure = Some((errno, message));
                    step.exit_code = ExitCode::exited(1);
                }
                StepReport::Ended(exit_code) => {
                    if exit_code.shell_code() > step.exit_code.shell_code() {
                        step.exit_code = exit_code;
                    }
                    if step.left.len() == 1 {
                        step.ended = time::now();
                    }
                }
                StepReport::Gone { lost } => {
                    step.left.retain(|left| *left != index);
                    step.lost |= lost;
                    if lost {
                        step.ending = step.ending.or(Some(JobState::NodeFail));
                        step.exit_code = ExitCode::signaled(9);
                    }
                    if !step.alive() && step.ended == 0 {
                        step.ended = time::now();
                    }
                    let (exit_code, lost, failure) = (step.exit_code, step.lost, step.failure.clone());
                    if !step.alive()
                        && key.step != StepId::Batch
                        && exit_code.shell_code() > job.derived.shell_code()
                    {
                        job.derived = exit_code;
                    }
                    if key.step == StepId::Batch
                        && release.has_open_defects()
                        && !exit_code.is_success()
                        && let Some((JobState::Cancelled, code)) = &mut job.ending
                    {
                        // In the releases the script's end is the job's, whoever wanted it.
                        *code = exit_code;
                    }
                    if key.step == StepId::Batch && !ending {
                        end = Some(match failure {
                            // R-OPEN-12: real releases requeue and hold a job whose script cannot be launched.
                            Some(_) if release.has_open_defects() => {
                                job.requeue = Some(true);
                                "launch failed requeued held".clone_into(&mut job.reason);
                                (JobState::Failed, exit_code)
                            }
                            Some((_, message)) => {
                                job.reason = message;
                                (JobState::Failed, exit_code)
                            }
                            None if lost => (JobState::NodeFail, exit_code),
                            None if exit_code.is_success() => (JobState::Completed, exit_code),
                            None => (JobState::Failed, exit_code),
                        });
                    }
                }
            }
        }
        if let Some((state, exit_code)) = end {
            self.end_job(key.job_id, state, exit_code, "");
        }
        self.settle(key.job_id);
        self.touch();
    }
}
