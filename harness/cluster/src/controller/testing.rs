//! A controller whose nodes are played by the test: what it orders is seen, what nodes report is said.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepId;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::state::Controller;
use crate::log::Log;
use crate::proto::control::{BatchRequest, JobRequest, StepRequest, Update};
use crate::proto::node::{NodeOrder, NodeReport, StepKey, StepOrder, StepReport};
use crate::setup::Setup;
use crate::view::{ExitCode, JobState, JobView};

/// A test waits no longer than this for what must happen.
const PATIENCE: Duration = Duration::from_secs(5);
/// A minute of Slurm's takes 60 ms.
pub const TIME_SCALE: f64 = 0.001;

/// A cluster of nodes `n1` … with four CPUs each that do nothing on their own.
pub struct Play {
    /// The controller.
    pub controller: Rc<Controller>,
    orders: mpsc::UnboundedReceiver<NodeOrder>,
}

/// Runs a test on a cluster with so many nodes.
pub fn play<F: Future<Output = ()>>(nodes: usize, test: impl FnOnce(Play) -> F) {
    play_with(nodes, Release::Guide, &[], test);
}

/// The same with a release and lines of `slurm.conf`.
pub fn play_with<F: Future<Output = ()>>(
    nodes: usize,
    release: Release,
    settings: &[(&str, &str)],
    test: impl FnOnce(Play) -> F,
) {
    let setup = Setup {
        dir: "/cluster".into(),
        program: "/plimsoll".into(),
        release,
        nodes: (1..=nodes).map(|number| format!("n{number}")).collect(),
        cpus: 4,
        time_scale: TIME_SCALE,
        settings: settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        separate: false,
        deviation: None,
        mpi_fault: None,
    };
    // Time goes on only where everybody waits for it, and then at once: no test waits, and none is late on a busy machine.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let controller = Controller::new(setup, Log::open("/dev/null".as_ref()).unwrap());
        let (link, orders) = mpsc::unbounded_channel();
        for name in &controller.setup.nodes {
            assert!(controller.node_up(name, link.clone()));
        }
        test(Play { controller, orders }).await;
    });
}

/// A job that wants so many CPUs of one node.
pub fn cpus(count: u32) -> JobRequest {
    JobRequest { name: "test".into(), cpus_per_task: Some(count), ..JobRequest::default() }
}

impl Play {
    /// Submits a batch job as root.
    pub fn sbatch(&self, request: &JobRequest) -> u32 {
        self.sbatch_with(request, BatchRequest::default())
    }

    /// The same with what belongs to the script.
    pub fn sbatch_with(&self, request: &JobRequest, batch: BatchRequest) -> u32 {
        self.controller.submit(request, Some(batch), (0, 0)).unwrap()
    }

    /// Allocates nodes as root, and holds on to them.
    pub fn salloc(&self, request: &JobRequest) -> u32 {
        self.controller.submit(request, None, (0, 0)).unwrap()
    }

    /// Creates a step; none when it has to wait.
    pub fn srun(&self, job_id: u32, request: StepRequest) -> Option<StepId> {
        match self.controller.try_step(&StepRequest { job_id, ..request }, 0).unwrap() {
            super::steps::Try::Granted(grant) => Some(grant.step),
            super::steps::Try::Busy => None,
        }
    }

    /// scontrol as root.
    pub fn update(&self, update: Update) {
        self.controller.update(update, 0).unwrap();
    }

    /// A job as squeue sees it.
    pub fn job(&self, id: u32) -> JobView {
        self.controller.job_views(&[id], 0).into_iter().find(|job| job.id == id).unwrap()
    }

    /// State and reason of a job.
    pub fn stands(&self, id: u32) -> (JobState, String) {
        let job = self.job(id);
        (job.state, job.reason)
    }

    /// The next order to a node.
    pub async fn order(&mut self) -> NodeOrder {
        tokio::time::timeout(PATIENCE, self.orders.recv()).await.expect("an order in time").unwrap()
    }

    /// The orders that were given since.
    pub fn orders(&mut self) -> Vec<NodeOrder> {
        std::iter::from_fn(|| self.orders.try_recv().ok()).collect()
    }

    /// Waits for the order that ends a step and gives the words for its user.
    pub async fn terminated(&mut self) -> (StepKey, String) {
        loop {
            let NodeOrder { key, order, .. } = self.order().await;
            if let StepOrder::Terminate { why, .. } = order {
                return (key, why);
            }
        }
    }

    /// A node says something of a step.
    pub fn says(&self, node: &str, job_id: u32, step: StepId, report: StepReport) {
        let key = StepKey { job_id, step };
        self.controller.on_report(NodeReport { node: node.into(), key, report });
    }

    /// A step ends on a node and leaves nothing.
    pub fn ends(&self, node: &str, job_id: u32, step: StepId, code: u8) {
        self.says(node, job_id, step, StepReport::Ended(ExitCode::exited(code)));
        self.says(node, job_id, step, StepReport::Gone { lost: false });
    }

    /// Waits until a job stands as it should.
    pub async fn until(&self, id: u32, state: JobState) {
        let reached = async {
            loop {
                let changed = self.controller.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if self.job(id).state == state {
                    return;
                }
                changed.await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, reached).await;
        assert!(found.is_ok(), "job {id} is {:?}, not {state}", self.stands(id));
    }
}
