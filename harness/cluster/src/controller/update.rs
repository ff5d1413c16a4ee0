//! What scontrol changes.

use std::rc::Rc;

use super::state::Controller;
use crate::proto::control::{Refusal, Update};
use crate::time;
use crate::view::{ExitCode, JobState};

impl Controller {
    /// Does it, or says why not.
    pub fn update(self: &Rc<Self>, update: Update, uid: u32) -> Result<(), Refusal> {
        match update {
            Update::Shutdown => {
                Self::administrator(uid)?;
                self.shutdown.notify_one();
            }
            Update::Node { names, state, reason } => {
                Self::administrator(uid)?;
                self.update_nodes(&names, &state, reason.as_deref())?;
            }
            Update::Hold(id) => self.each(id, uid, |job| {
                job.held |= job.state == JobState::Pending;
                Ok(())
            })?,
            Update::Release(id) => self.each(id, uid, |job| {
                job.held = false;
                if job.state == JobState::RequeueHold {
                    job.state = JobState::Pending;
                }
                Ok(())
            })?,
            Update::TimeLimit(id, limit) => {
                self.each(id, uid, |job| {
                    job.time_limit = limit;
                    Ok(())
                })?;
                for id in self.jobs_of(id) {
                    if self.state.borrow().jobs.get(&id).is_some_and(|job| job.state == JobState::Running) {
                        self.watch_job(id);
                    }
                }
            }
            Update::Requeue(id, held) => {
                let mut running = Vec::new();
                self.each(id, uid, |job| {
                    if job.batch.is_none() {
                        return Err(Refusal::Other("Requested operation is presently disabled".to_owned()));
                    }
                    if job.state.is_over() {
                        job.put_back(held);
                    } else if !job.state.is_pending() {
                        job.requeue = Some(held);
                        running.push(job.id);
                    }
                    Ok(())
                })?;
                for id in running {
                    self.end_job(id, JobState::Cancelled, ExitCode::signaled(15), "DUE TO JOB REQUEUE");
                }
            }
            Update::Suspend(id) | Update::Resume(id) => {
                let stop = matches!(update, Update::Suspend(_));
                let (from, to, signal) = if stop {
                    (JobState::Running, JobState::Suspended, libc::SIGSTOP)
                } else {
                    (JobState::Suspended, JobState::Running, libc::SIGCONT)
                };
                self.each(id, uid, |job| {
                    if job.state != from {
                        return Err(Refusal::Other("Job is not in a state to do that".to_owned()));
                    }
                    job.state = to;
                    if stop {
                        job.run_time.pause();
                    } else {
                        job.run_time.go();
                    }
                    Ok(())
                })?;
                for id in self.jobs_of(id) {
                    self.signal_steps(id, signal, |_| true, true);
                }
            }
        }
        self.touch();
        Ok(())
    }

    /// The cluster's owner may do what an administrator may.
    fn administrator(uid: u32) -> Result<(), Refusal> {
        if uid == 0 || uid == nix::unistd::getuid().as_raw() { Ok(()) } else { Err(Refusal::Denied) }
    }

    /// Changes a job, or all of an array.
    fn each(
        &self,
        id: u32,
        uid: u32,
        mut change: impl FnMut(&mut super::state::Job) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let ids = self.jobs_of(id);
        if ids.is_empty() {
            return Err(Refusal::InvalidJobId);
        }
        let mut state = self.state.borrow_mut();
        let mut result = Err(Refusal::InvalidJobId);
        for id in ids {
            let Some(job) = state.jobs.get_mut(&id) else { continue };
            if uid != 0 && job.user.uid != uid {
                return Err(Refusal::Denied);
            }
            // Of an array some jobs may be in a state for it and others not: it was done if it was done to one.
            result = match (result, change(job)) {
                (Ok(()), _) | (_, Ok(())) => Ok(()),
                (_, refused) => refused,
            };
        }
        result
    }

    fn update_nodes(
        self: &Rc<Self>,
        names: &[String],
        to: &str,
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let mut downed = Vec::new();
        {
            let mut state = self.state.borrow_mut();
            for name in names {
                let index =
                    state.nodes.iter().position(|node| node.name == *name).ok_or(Refusal::InvalidNode)?;
                let node = &mut state.nodes[index];
                let why = || (reason.unwrap_or("none").to_owned(), "root".to_owned(), time::now());
                match to {
                    "DRAIN" => {
                        if reason.is_none() {
                            return Err(Refusal::Other(
                                "You must specify a reason when DRAINING a node".to_owned(),
                            ));
                        }
                        (node.drain, node.reason) = (true, Some(why()));
                    }
                    "DOWN" | "FAIL" => {
                        (node.down, node.reason) = (true, Some(why()));
                        downed.push(index);
                    }
                    "RESUME" | "IDLE" | "UNDRAIN" => {
                        node.drain = false;
                        node.down = node.lost;
                        node.reason = None;
                    }
                    _ => return Err(Refusal::Other("Invalid node state specified".to_owned())),
                }
            }
        }
        for index in downed {
            self.fail_jobs_on(index);
        }
        Ok(())
    }

    /// Ends the jobs that have something of a node.
    fn fail_jobs_on(self: &Rc<Self>, index: usize) {
        let ids: Vec<u32> = {
            let state = self.state.borrow();
            let there = |job: &&super::state::Job| job.nodes.iter().any(|share| share.node == index);
            state.jobs.values().filter(there).map(|job| job.id).collect()
        };
        for id in ids {
            self.end_job(id, JobState::NodeFail, ExitCode::exited(0), "DUE TO NODE FAILURE");
        }
    }

    /// A node's daemon is gone: its jobs fail, and nothing more is heard of their steps there.
    pub fn node_lost(self: &Rc<Self>, name: &str) {
        let index = {
            let mut state = self.state.borrow_mut();
            let Some(index) = state.nodes.iter().position(|node| node.name == name) else { return };
            let node = &mut state.nodes[index];
            node.link = None;
            node.down = true;
            node.lost = true;
            node.reason = Some(("Not responding".to_owned(), "slurm".to_owned(), time::now()));
            index
        };
        self.log.say(format_args!("slurmctld: node {name} is lost"));
        self.fail_jobs_on(index);
        let touched: Vec<u32> = {
            let mut state = self.state.borrow_mut();
            let mut touched = Vec::new();
            for job in state.jobs.values_mut() {
                for step in job.steps.iter_mut().filter(|step| step.left.contains(&index)) {
                    step.left.retain(|left| *left != index);
                    step.lost = true;
                    step.ending = Some(JobState::NodeFail);
                    if !step.alive() {
                        step.ended = time::now();
                    }
                    touched.push(job.id);
                }
            }
            touched
        };
        for id in touched {
            self.settle(id);
        }
        self.touch();
    }
}
