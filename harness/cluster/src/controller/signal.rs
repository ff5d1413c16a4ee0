//! scancel: which jobs and steps a target means, and what becomes of them.

use std::rc::Rc;

use plimsoll_launcher::step::StepId;

use super::state::Controller;
use crate::proto::control::{Refusal, Target};
use crate::proto::node::StepKey;
use crate::view::{ExitCode, JobState};

impl Controller {
    /// The jobs that an id means: one job, or all of an array.
    pub fn jobs_of(&self, id: u32) -> Vec<u32> {
        let state = self.state.borrow();
        let of_array = |job: &&super::state::Job| job.array.as_ref().is_some_and(|array| array.job_id == id);
        let array: Vec<u32> = state.jobs.values().filter(of_array).map(|job| job.id).collect();
        if !array.is_empty() {
            return array;
        }
        state.jobs.get(&id).map(|job| job.id).into_iter().collect()
    }

    fn targets(&self, target: &Target, uid: u32) -> Result<Vec<u32>, Refusal> {
        let ids = match target {
            Target::Job(id) | Target::Step(id, _) => self.jobs_of(*id),
            Target::ArrayTask(array, task) => {
                let state = self.state.borrow();
                let meant = |job: &&super::state::Job| {
                    job.array.as_ref().is_some_and(|place| place.job_id == *array && place.task_id == *task)
                };
                state.jobs.values().filter(meant).map(|job| job.id).collect()
            }
        };
        if ids.is_empty() {
            return Err(Refusal::InvalidJobId);
        }
        let state = self.state.borrow();
        let others = |id: &&u32| state.jobs.get(id).is_some_and(|job| job.user.uid != uid);
        if uid != 0 && ids.iter().find(others).is_some() {
            return Err(Refusal::Denied);
        }
        let running: Vec<u32> = ids
            .iter()
            .copied()
            .filter(|id| state.jobs.get(id).is_some_and(|job| !job.state.is_over()))
            .collect();
        if running.is_empty() { Err(Refusal::AlreadyDone) } else { Ok(running) }
    }

    /// Signals or ends what is meant.
    pub fn signal(
        self: &Rc<Self>,
        target: &Target,
        signal: Option<i32>,
        batch: bool,
        full: bool,
        uid: u32,
    ) -> Result<(), Refusal> {
        for id in self.targets(target, uid)? {
            match (target, signal) {
                (Target::Step(_, step), None) => {
                    self.check_step(id, *step)?;
                    self.end_step(StepKey { job_id: id, step: *step }, JobState::Cancelled, "");
                }
                (Target::Step(_, step), Some(signal)) => {
                    self.check_step(id, *step)?;
                    self.signal_steps(id, signal, |other| other == *step, full);
                }
                (_, None) if batch => {
                    self.end_step(StepKey { job_id: id, step: StepId::Batch }, JobState::Cancelled, "");
                }
                (_, None) => self.end_job(id, JobState::Cancelled, ExitCode::signaled(15), ""),
                // Slurm signals the steps, and the batch script only with -b or -f.
                (_, Some(signal)) => {
                    if signal == libc::SIGKILL && !batch {
                        let real = self.setup.release.has_open_defects();
                        let code = ExitCode::signaled(if real { 15 } else { 9 });
                        self.end_job(id, JobState::Cancelled, code, "");
                        if real {
                            // To the releases that is a plain cancellation.
                            continue;
                        }
                    }
                    let meant = |step: StepId| match step {
                        StepId::Batch => batch || full,
                        _ => !batch,
                    };
                    self.signal_steps(id, signal, meant, full);
                }
            }
        }
        self.touch();
        Ok(())
    }

    fn check_step(&self, id: u32, step: StepId) -> Result<(), Refusal> {
        let state = self.state.borrow();
        let steps = state.jobs.get(&id).map(|job| &job.steps);
        match steps.and_then(|steps| steps.iter().find(|known| known.id == step)) {
            Some(step) if step.alive() => Ok(()),
            Some(_) => Err(Refusal::AlreadyDone),
            None => Err(Refusal::InvalidJobId),
        }
    }
}
