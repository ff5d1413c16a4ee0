//! What the controller knows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use plimsoll_launcher::step::{StepId, User};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::clock::RunTime;
use crate::log::Log;
use crate::proto::control::{BatchRequest, JobRequest};
use crate::proto::node::NodeOrder;
use crate::setup::Setup;
use crate::slurm_env::ArrayFacts;
use crate::time;
use crate::view::{ArrayTask, ExitCode, JobState, UnixTime};

/// The controller. All of it belongs to one thread.
#[derive(Debug)]
pub struct Controller {
    /// What the cluster is made of.
    pub setup: Setup,
    /// Jobs and nodes.
    pub state: RefCell<State>,
    /// Rung at every change.
    pub changed: Notify,
    /// Rung when the cluster is to go down.
    pub shutdown: Notify,
    /// `slurmctld.log`.
    pub log: Log,
    /// When it started.
    pub boot: UnixTime,
}

/// Jobs and nodes.
#[derive(Debug, Default)]
pub struct State {
    /// Jobs by id.
    pub jobs: BTreeMap<u32, Job>,
    /// The next job's id.
    pub next_id: u32,
    /// The nodes, in order.
    pub nodes: Vec<Node>,
}

/// A node.
#[derive(Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// CPUs it has.
    pub cpus: u32,
    /// No new job goes there.
    pub drain: bool,
    /// It cannot be used.
    pub down: bool,
    /// Its daemon is gone.
    pub lost: bool,
    /// Why.
    pub reason: Option<(String, String, UnixTime)>,
    /// The way to its daemon.
    pub link: Option<mpsc::UnboundedSender<NodeOrder>>,
}

/// A job.
#[derive(Debug)]
pub struct Job {
    /// Its id.
    pub id: u32,
    /// As it was asked for.
    pub request: JobRequest,
    /// The batch half.
    pub batch: Option<Rc<BatchRequest>>,
    /// Its place in an array.
    pub array: Option<ArrayTask>,
    /// What its array's variables say.
    pub array_facts: Option<ArrayFacts>,
    /// Whose it is.
    pub user: User,
    /// Name of its group.
    pub group: String,
    /// Where it stands.
    pub state: JobState,
    /// Why it waits or failed.
    pub reason: String,
    /// Whether it is held.
    pub held: bool,
    /// Minutes, none for no limit.
    pub time_limit: Option<u32>,
    /// Submission.
    pub submitted: UnixTime,
    /// Start, 0 before.
    pub started: UnixTime,
    /// End, 0 before.
    pub ended: UnixTime,
    /// Its nodes, and tasks and CPUs on each.
    pub nodes: Vec<super::place::Share>,
    /// Its steps, oldest first.
    pub steps: Vec<Step>,
    /// The number of the next step.
    pub next_step: u32,
    /// How it is to end, once its steps are gone.
    pub ending: Option<(JobState, ExitCode)>,
    /// Wait status.
    pub exit_code: ExitCode,
    /// When it was over.
    pub over_at: Option<Instant>,
    /// How long it has run.
    pub run_time: RunTime,
    /// Whether the time for it to begin (`--begin`) has come.
    pub begun: bool,
    /// Whether its time limit is being watched.
    pub watched: bool,
    /// The highest wait status of its steps.
    pub derived: ExitCode,
    /// How often it was requeued.
    pub restarts: u32,
    /// Requeue it, held or not, instead of ending it.
    pub requeue: Option<bool>,
}

/// A step.
#[derive(Debug)]
pub struct Step {
    /// Which.
    pub id: StepId,
    /// Its name.
    pub name: String,
    /// Its nodes (by index), with the ranks and CPUs on each.
    pub layout: Vec<(usize, Vec<u32>, u32)>,
    /// Whether MPI servers serve it, which talk by way of here.
    pub mpi: bool,
    /// Whether it shares the CPUs of other steps.
    pub overlap: bool,
    /// Nodes whose step daemon is not gone yet.
    pub left: Vec<usize>,
    /// Start.
    pub started: UnixTime,
    /// End, 0 before.
    pub ended: UnixTime,
    /// How it ends when it was told to.
    pub ending: Option<JobState>,
    /// The highest wait status of its tasks so far.
    pub exit_code: ExitCode,
    /// Why it could not be launched.
    pub failure: Option<(i32, String)>,
    /// A daemon of it was lost.
    pub lost: bool,
    /// As it was asked for.
    pub container: Option<std::ffi::OsString>,
    /// As it was asked for.
    pub container_id: Option<String>,
    /// Minutes.
    pub time_limit: Option<u32>,
    /// Where its srun runs.
    pub srun_host: String,
    /// Its pid.
    pub srun_pid: u32,
}

impl Step {
    /// Whether something of it is left on a node.
    pub fn alive(&self) -> bool {
        !self.left.is_empty()
    }
}

impl Job {
    /// Whether a step of it is left on a node.
    pub fn has_steps(&self) -> bool {
        self.steps.iter().any(Step::alive)
    }

    /// Puts it back into the queue as if it had not run.
    pub fn put_back(&mut self, held: bool) {
        self.state = if held { JobState::RequeueHold } else { JobState::Pending };
        self.held = held;
        self.restarts += 1;
        self.nodes.clear();
        self.steps.clear();
        self.next_step = 0;
        (self.started, self.ended) = (0, 0);
        (self.exit_code, self.derived) = (ExitCode::default(), ExitCode::default());
        self.over_at = None;
        self.run_time = RunTime::default();
        self.watched = false;
    }

    /// A step of it.
    pub fn step_mut(&mut self, id: StepId) -> Option<&mut Step> {
        self.steps.iter_mut().find(|step| step.id == id)
    }
}

impl Controller {
    /// A controller whose nodes have not reported yet.
    pub fn new(setup: Setup, log: Log) -> Rc<Self> {
        let node = |name: &String| Node {
            name: name.clone(),
            cpus: setup.cpus,
            drain: false,
            down: true,
            lost: true,
            reason: None,
            link: None,
        };
        let nodes = setup.nodes.iter().map(node).collect();
        let first = setup.setting("FirstJobId").and_then(|text| text.parse().ok()).unwrap_or(1);
        let state = State { nodes, next_id: first, jobs: BTreeMap::new() };
        Rc::new(Self {
            setup,
            state: RefCell::new(state),
            changed: Notify::new(),
            shutdown: Notify::new(),
            log,
            boot: time::now(),
        })
    }

    /// A node reports: it can be used from now on.
    pub fn node_up(self: &Rc<Self>, name: &str, link: mpsc::UnboundedSender<NodeOrder>) -> bool {
        let known = {
            let mut state = self.state.borrow_mut();
            let node = state.nodes.iter_mut().find(|node| node.name == name);
            node.map(|node| {
                node.link = Some(link);
                node.down = false;
                node.lost = false;
            })
            .is_some()
        };
        self.touch();
        known
    }

    /// Something has changed: start what can start, wake who waits.
    pub fn touch(self: &Rc<Self>) {
        self.schedule();
        self.changed.notify_waiters();
    }

    /// CPUs of a node that no job has.
    pub fn free_cpus(state: &State) -> Vec<u32> {
        let mut free: Vec<u32> =
            state.nodes.iter().map(|node| if node.down || node.drain { 0 } else { node.cpus }).collect();
        for job in state.jobs.values().filter(|job| holds_nodes(job.state)) {
            for share in &job.nodes {
                free[share.node] = free[share.node].saturating_sub(share.cpus);
            }
        }
        free
    }
}

/// Whether a job in this state has its nodes.
pub const fn holds_nodes(state: JobState) -> bool {
    matches!(state, JobState::Running | JobState::Suspended | JobState::Completing | JobState::Configuring)
}
