//! What time does to jobs and steps: they may begin, are warned, reach their limits, are forgotten.
//!
//! Slurm's times pass by the cluster's time scale. A job's limit counts the time that it ran, not that it was suspended.

use std::rc::Rc;
use std::time::Duration;

use plimsoll_launcher::step::StepId;
use tokio::time::Instant;

use super::state::{Controller, Job, State};
use crate::proto::node::StepKey;
use crate::time;
use crate::view::{ExitCode, JobState, UnixTime};

/// Warnings (`--signal`) and limits are given in these.
const MINUTE: f64 = 60.0;

/// How long a job has run, with the pauses left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunTime {
    before: Duration,
    since: Option<Instant>,
}

impl RunTime {
    /// The job runs from now on.
    pub fn go(&mut self) {
        self.since = self.since.or_else(|| Some(Instant::now()));
    }

    /// The job is stopped.
    pub fn pause(&mut self) {
        self.before = self.total();
        self.since = None;
    }

    /// So long until now.
    pub fn total(&self) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Whether the clock is stopped.
    pub const fn paused(&self) -> bool {
        self.since.is_none()
    }
}

/// What a job's clock says next.
enum Due {
    /// The job is no longer the one that is watched.
    Over,
    /// It is time for the warning.
    Warning,
    /// The limit is reached.
    Limit,
    /// Look again then, or at the next change.
    Later(Option<Duration>),
}

impl Controller {
    /// Lets a job begin when its time has come.
    pub fn wake_at(self: &Rc<Self>, id: u32, at: UnixTime) {
        let wait = self.setup.scaled(u32::try_from(at - time::now()).map_or(0.0, f64::from));
        let this = Rc::clone(self);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(wait).await;
            if let Some(job) = this.state.borrow_mut().jobs.get_mut(&id) {
                job.begun = true;
            }
            this.touch();
        });
    }

    /// Watches a running job's time limit, unless somebody does already; gives a warning before.
    pub fn watch_job(self: &Rc<Self>, id: u32) {
        let (restarts, warn) = {
            let mut state = self.state.borrow_mut();
            let Some(job) = state.jobs.get_mut(&id) else { return };
            if job.watched || job.time_limit.is_none() {
                return;
            }
            job.watched = true;
            (job.restarts, job.batch.as_ref().and_then(|batch| batch.warn))
        };
        let this = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let mut warn = warn;
            loop {
                let changed = this.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                match this.due(id, restarts, warn) {
                    Due::Over => return,
                    Due::Warning => {
                        if let Some((signal, _, batch_only)) = warn.take() {
                            this.signal_steps(id, signal, |step| !batch_only || step == StepId::Batch, false);
                        }
                    }
                    Due::Limit => {
                        this.end_job(id, JobState::Timeout, ExitCode::exited(0), "DUE TO TIME LIMIT");
                        return;
                    }
                    Due::Later(None) => changed.await,
                    Due::Later(Some(wait)) => {
                        let _ = tokio::time::timeout(wait, changed).await;
                    }
                }
            }
        });
    }

    fn due(&self, id: u32, restarts: u32, warn: Option<(i32, u32, bool)>) -> Due {
        let state = self.state.borrow();
        let Some(job) = state.jobs.get(&id) else { return Due::Over };
        let runs = matches!(job.state, JobState::Running | JobState::Suspended);
        if !runs || job.restarts != restarts || job.ending.is_some() {
            return Due::Over;
        }
        let Some(minutes) = job.time_limit else { return Due::Later(None) };
        if job.run_time.paused() {
            return Due::Later(None);
        }
        let limit = self.setup.scaled(f64::from(minutes) * MINUTE);
        let before = warn.map(|(_, seconds, _)| self.setup.scaled(f64::from(seconds)));
        let ran = job.run_time.total();
        match before.map(|before| limit.saturating_sub(before)) {
            _ if ran >= limit => Due::Limit,
            Some(warning) if ran >= warning => Due::Warning,
            Some(warning) => Due::Later(Some(warning.saturating_sub(ran))),
            None => Due::Later(Some(limit.saturating_sub(ran))),
        }
    }

    /// Ends a step at its time limit, with a warning before.
    pub fn watch_step(self: &Rc<Self>, key: StepKey, minutes: u32, warn: Option<(i32, u32)>) {
        let this = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let seconds = f64::from(minutes) * MINUTE;
            let before = warn.map_or(0.0, |(_, before)| f64::from(before).min(seconds));
            tokio::time::sleep(this.setup.scaled(seconds - before)).await;
            if let Some((signal, _)) = warn {
                this.signal_steps(key.job_id, signal, |step| step == key.step, false);
                tokio::time::sleep(this.setup.scaled(before)).await;
            }
            this.end_step(key, JobState::Timeout, "DUE TO TIME LIMIT");
        });
    }

    /// Forgets jobs that have been over for MinJobAge, but none that a waiting job depends on.
    pub fn forget(&self, state: &mut State) {
        let age = self.setup.min_job_age();
        let old = |job: &Job| job.over_at.is_some_and(|at| at.elapsed() >= age);
        if !state.jobs.values().any(old) {
            return;
        }
        let waiting = state.jobs.values().filter(|job| job.state.is_pending());
        let wanted: Vec<u32> = waiting.flat_map(|job| super::depend::ids(&job.request)).collect();
        state.jobs.retain(|id, job| {
            let array = job.array.as_ref().map_or(0, |array| array.job_id);
            !old(job) || wanted.contains(id) || wanted.contains(&array)
        });
    }
}
