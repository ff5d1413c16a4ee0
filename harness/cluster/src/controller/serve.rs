//! The controller's side of its clients' connections.

use std::rc::Rc;

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::state::Controller;
use super::steps::Try;
use crate::proto::control::{Allocation, JobRequest, Refusal, StepRequest};
use crate::proto::node::{NodeReport, StepKey};
use crate::proto::{Reply, Request};
use crate::view::{ExitCode, JobState};
use crate::wire;

/// Serves clients for as long as the task lives.
pub async fn serve_clients(controller: Rc<Controller>, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let controller = Rc::clone(&controller);
                tokio::task::spawn_local(async move { Client::serve(controller, stream).await });
            }
            Err(error) => {
                // Out of descriptors, most likely: others may finish first.
                controller.log.say(format_args!("slurmctld: cannot accept a client: {error}"));
                tokio::task::yield_now().await;
            }
        }
    }
}

/// What a client may still say while it is being served; its end is none.
type Inbox = mpsc::Receiver<Request>;

struct Client {
    controller: Rc<Controller>,
    uid: u32,
    gid: u32,
    write: OwnedWriteHalf,
}

impl Client {
    async fn serve(controller: Rc<Controller>, stream: UnixStream) {
        let Ok(peer) = getsockopt(&stream, PeerCredentials) else { return };
        let (mut read, write) = stream.into_split();
        let first = match wire::read_async::<Request>(&mut read).await {
            Ok(Some(first)) => first,
            Ok(None) => return,
            Err(error) => {
                controller.log.say(format_args!("slurmctld: a client sent nonsense: {error}"));
                return;
            }
        };
        let mut client = Self { controller, uid: peer.uid(), gid: peer.gid(), write };
        if let Request::Register(node) = first {
            if client.uid == 0 || client.uid == nix::unistd::getuid().as_raw() {
                client.node(&node, read).await;
            }
            return;
        }
        let (requests, mut inbox) = mpsc::channel(1);
        tokio::task::spawn_local(async move {
            while let Ok(Some(request)) = wire::read_async(&mut read).await {
                if requests.send(request).await.is_err() {
                    return;
                }
            }
        });
        // A client that has gone does not hear its answer; what it asked for was done.
        let _ = client.answer(first, &mut inbox).await;
    }

    async fn reply(&mut self, reply: &Reply) -> std::io::Result<()> {
        wire::write_async(&mut self.write, reply).await
    }

    async fn result(&mut self, result: Result<(), Refusal>) -> std::io::Result<()> {
        self.reply(&result.map_or_else(Reply::Error, |()| Reply::Done)).await
    }

    async fn answer(&mut self, request: Request, inbox: &mut Inbox) -> std::io::Result<()> {
        let controller = Rc::clone(&self.controller);
        match request {
            Request::Config => self.reply(&Reply::Config(Box::new(controller.config_view()))).await,
            Request::Jobs(ids) => {
                let jobs = controller.job_views(&ids, self.uid);
                if jobs.is_empty() && !ids.is_empty() {
                    return self.reply(&Reply::Error(Refusal::InvalidJobId)).await;
                }
                self.reply(&Reply::Jobs(jobs)).await
            }
            Request::Nodes => {
                self.reply(&Reply::Nodes(controller.node_views())).await?;
                self.reply(&Reply::Partitions(controller.partition_views())).await
            }
            Request::Submit { job, batch, wait } => {
                match controller.submit(&job, Some(batch), (self.uid, self.gid)) {
                    Ok(id) => {
                        self.reply(&Reply::Submitted(id)).await?;
                        if wait {
                            let ended = self.wait_for_end(id).await;
                            self.reply(&ended).await?;
                        }
                        Ok(())
                    }
                    Err(refusal) => self.reply(&Reply::Error(refusal)).await,
                }
            }
            Request::Allocate(job) => self.allocate(*job, inbox).await,
            Request::CreateStep(step) => self.step(&step, inbox).await,
            Request::Complete { job_id, exit_code } => {
                let result = self.complete(job_id, exit_code);
                self.result(result).await
            }
            Request::Signal { target, signal, batch, full } => {
                let result = controller.signal(&target, signal, batch, full, self.uid);
                self.result(result).await
            }
            Request::Update(update) => {
                let result = controller.update(update, self.uid);
                self.result(result).await
            }
            Request::Register(_) => Ok(()),
        }
    }

    /// The owner of an allocation gives it back, and learns if it had ended before.
    async fn goodbye(&mut self, job_id: u32, exit_code: Option<ExitCode>) -> std::io::Result<()> {
        let ended = {
            let state = self.controller.state.borrow();
            state.jobs.get(&job_id).and_then(|job| match (job.state, job.ending) {
                (JobState::Completing, Some((state, _))) => Some((state, job.exit_code)),
                (state, _) if state.is_over() => Some((state, job.exit_code)),
                _ => None,
            })
        };
        if let (true, Some(code)) = (self.controller.setup.release.has_open_defects(), exit_code)
            && let Some(job) = self.controller.state.borrow_mut().jobs.get_mut(&job_id)
            && let Some((_, own)) = &mut job.ending
        {
            // In the releases the last word is the client's.
            *own = code;
        }
        if let Some((state, exit_code)) = ended {
            return self.reply(&Reply::Ended { job_id, state, exit_code }).await;
        }
        let result = self.complete(job_id, exit_code);
        self.result(result).await
    }

    fn complete(&self, job_id: u32, exit_code: Option<ExitCode>) -> Result<(), Refusal> {
        let owner = self.controller.state.borrow().jobs.get(&job_id).map(|job| job.user.uid);
        match owner {
            None => Err(Refusal::InvalidJobId),
            Some(owner) if owner != self.uid && self.uid != 0 => Err(Refusal::Denied),
            Some(_) => {
                let state = match exit_code {
                    None => JobState::Cancelled,
                    Some(code) if code.is_success() => JobState::Completed,
                    Some(_) => JobState::Failed,
                };
                self.controller.end_job(job_id, state, exit_code.unwrap_or_default(), "");
                Ok(())
            }
        }
    }

    /// How the job, or all of its array, ended: the highest wait status.
    fn ended(&self, id: u32) -> Option<Reply> {
        let ids = self.controller.jobs_of(id);
        let state = self.controller.state.borrow();
        let jobs: Vec<_> = ids.iter().filter_map(|id| state.jobs.get(id)).collect();
        if jobs.iter().any(|job| !job.state.is_over()) {
            return None;
        }
        let worst =
            jobs.iter().max_by_key(|job| (job.exit_code.shell_code(), job.state != JobState::Completed));
        Some(worst.map_or(Reply::Error(Refusal::InvalidJobId), |job| Reply::Ended {
            job_id: job.id,
            state: job.state,
            exit_code: job.exit_code,
        }))
    }

    async fn wait_for_end(&self, id: u32) -> Reply {
        loop {
            let changed = self.controller.changed.notified();
            tokio::pin!(changed);
            // Listens before it looks, so that no change falls in between.
            changed.as_mut().enable();
            if let Some(reply) = self.ended(id) {
                return reply;
            }
            changed.await;
        }
    }

    /// An allocation, which lives as long as this connection.
    async fn allocate(&mut self, request: JobRequest, inbox: &mut Inbox) -> std::io::Result<()> {
        let controller = Rc::clone(&self.controller);
        let (immediate, detached) = (request.immediate, request.detached);
        let id = match controller.submit(&request, None, (self.uid, self.gid)) {
            Ok(id) => id,
            Err(refusal) => return self.reply(&Reply::Error(refusal)).await,
        };
        let result = self.hold(id, immediate, detached, inbox).await;
        let running =
            || controller.state.borrow().jobs.get(&id).is_some_and(|job| job.state == JobState::Running);
        if detached && running() {
            return result;
        }
        // However the client went: nobody is left who could use the nodes.
        controller.end_job(id, JobState::Cancelled, ExitCode::signaled(15), "");
        result
    }

    async fn hold(
        &mut self,
        id: u32,
        immediate: bool,
        detached: bool,
        inbox: &mut Inbox,
    ) -> std::io::Result<()> {
        let controller = Rc::clone(&self.controller);
        let (mut queued, mut granted) = (false, false);
        loop {
            let changed = controller.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let job =
                controller.state.borrow().jobs.get(&id).map(|job| (job.state, job.exit_code, job.ending));
            match job {
                Some((JobState::Pending | JobState::RequeueHold, ..)) if immediate => {
                    return self.reply(&Reply::Error(Refusal::Busy)).await;
                }
                Some((JobState::Pending | JobState::RequeueHold, ..)) if !queued => {
                    queued = true;
                    self.reply(&Reply::Queued(id)).await?;
                }
                Some((JobState::Running, ..)) if !granted => {
                    granted = true;
                    let allocation = self.allocation(id);
                    self.reply(&Reply::Granted(Box::new(allocation))).await?;
                    if detached {
                        return Ok(());
                    }
                }
                Some((JobState::Completing, exit, Some((state, _)))) => {
                    return self.reply(&Reply::Ended { job_id: id, state, exit_code: exit }).await;
                }
                Some((state, exit_code, _)) if state.is_over() => {
                    return self.reply(&Reply::Ended { job_id: id, state, exit_code }).await;
                }
                None => return Ok(()),
                Some(_) => {}
            }
            tokio::select! {
                () = changed => {}
                request = inbox.recv() => match request {
                    None => return Ok(()),
                    Some(Request::CreateStep(step)) => self.step(&step, inbox).await?,
                    Some(Request::Complete { job_id, exit_code }) => {
                        return self.goodbye(job_id, exit_code).await;
                    }
                    Some(_) => {}
                },
            }
        }
    }

    fn allocation(&self, id: u32) -> Allocation {
        let release = self.controller.setup.release;
        let state = self.controller.state.borrow();
        let Some(job) = state.jobs.get(&id) else {
            return Allocation { job_id: id, nodes: Vec::new(), env: Vec::new(), release };
        };
        let nodes = super::facts::node_names(job, &state);
        Allocation { job_id: id, nodes, env: self.controller.job_env(job, &state, true), release }
    }

    /// A step, which lives as long as this connection.
    async fn step(&mut self, request: &StepRequest, inbox: &mut Inbox) -> std::io::Result<()> {
        let controller = Rc::clone(&self.controller);
        let mut queued = false;
        let grant = loop {
            let changed = controller.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match controller.try_step(request, self.uid) {
                Ok(Try::Granted(grant)) => break grant,
                Ok(Try::Busy) if request.immediate => return self.reply(&Reply::Error(Refusal::Busy)).await,
                // The releases keep a step waiting without a word.
                Ok(Try::Busy) if !queued && !controller.setup.release.has_open_defects() => {
                    queued = true;
                    self.reply(&Reply::StepQueued).await?;
                }
                Ok(Try::Busy) => {}
                Err(refusal) => return self.reply(&Reply::Error(refusal)).await,
            }
            tokio::select! {
                () = changed => {}
                next = inbox.recv() => if next.is_none() { return Ok(()) },
            }
        };
        let key = StepKey { job_id: grant.job_id, step: grant.step };
        let told = self.reply(&Reply::StepGranted(Box::new(grant))).await;
        if told.is_err() {
            controller.end_step(key, JobState::Cancelled, "");
            return told;
        }
        loop {
            let changed = controller.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if !self.step_alive(key) {
                return self.reply(&Reply::StepOver).await;
            }
            tokio::select! {
                () = changed => {}
                next = inbox.recv() => match next {
                    None => {
                        controller.end_step(key, JobState::Cancelled, "");
                        return Ok(());
                    }
                    Some(Request::Complete { job_id, exit_code }) => {
                        return self.goodbye(job_id, exit_code).await;
                    }
                    Some(_) => {}
                },
            }
        }
    }

    fn step_alive(&self, key: StepKey) -> bool {
        let state = self.controller.state.borrow();
        let job = state.jobs.get(&key.job_id);
        job.and_then(|job| job.steps.iter().find(|step| step.id == key.step))
            .is_some_and(super::state::Step::alive)
    }

    /// A node daemon of its own process.
    async fn node(&mut self, name: &str, mut read: tokio::net::unix::OwnedReadHalf) {
        let controller = Rc::clone(&self.controller);
        let (link, mut orders) = mpsc::unbounded_channel();
        if !controller.node_up(name, link) {
            return;
        }
        controller.log.say(format_args!("slurmctld: node {name} is there"));
        // Reading a frame cannot be broken off half-way, so it is a task of its own.
        let reading = async {
            while let Ok(Some(report)) = wire::read_async::<NodeReport>(&mut read).await {
                controller.on_report(report);
            }
        };
        let writing = async {
            while let Some(order) = orders.recv().await {
                if wire::write_async(&mut self.write, &order).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = reading => {}
            () = writing => {}
        }
        controller.node_lost(name);
    }
}
