//! MPI's part of a step: what its servers must know, and their words to one another, which cross here.

use plimsoll_launcher::step::StepSpec;
use plimsoll_pmi::kind::{self, Kind};
use plimsoll_pmi::plan::{Node, Plan};

use super::state::Controller;
use crate::proto::control::{Refusal, StepRequest};
use crate::proto::node::{NodeOrder, StepKey, StepOrder};

impl Controller {
    /// `--mpi`, or MpiDefault, or none.
    pub fn mpi_name<'a>(&'a self, request: &'a StepRequest) -> Option<&'a str> {
        request.mpi.as_deref().or_else(|| self.setup.setting("MpiDefault"))
    }

    /// The protocol that a step's ranks are served with.
    pub fn mpi_kind(&self, request: &StepRequest) -> Result<Option<Kind>, Refusal> {
        if request.interactive {
            return Ok(None);
        }
        let name = self.mpi_name(request).unwrap_or("none");
        // Whether the node has the library, its server says.
        kind::named(name).map_err(|why| Refusal::Other(why.to_string()))
    }

    /// What the server of each node must know.
    pub fn mpi_plans(
        &self,
        kind: Kind,
        key: StepKey,
        layout: &[(String, Vec<u32>)],
        specs: &mut [(String, StepSpec)],
    ) -> Vec<Plan> {
        let nodes: Vec<Node> =
            layout.iter().map(|(name, ranks)| Node { name: name.clone(), ranks: ranks.clone() }).collect();
        let plan = |(own, (_, spec)): (u32, &mut (String, StepSpec))| Plan {
            kind,
            job_id: key.job_id,
            step_id: key.step.number(),
            nodes: nodes.clone(),
            own,
            uid: spec.user.uid,
            gid: spec.user.gid,
            dir: spec.spool_dir.join(crate::stepd::mpi_folder(key.job_id, key.step)),
            fault: self.setup.mpi_fault,
        };
        (0..).zip(specs.iter_mut()).map(plan).collect()
    }

    /// Hands a server's words on to another, or to all others. Where one is gone its asker has been told.
    pub fn hand_on(&self, node: &str, key: StepKey, to: Option<u32>, bytes: &[u8]) {
        let order = |from| StepOrder::Peer { from, bytes: bytes.to_owned() };
        self.to_peers(node, key, |at| to.is_none_or(|to| to == at), order);
    }

    /// Tells the servers of a step that one of them is gone.
    pub fn tell_peers_gone(&self, node: &str, key: StepKey) {
        self.to_peers(node, key, |_| true, StepOrder::PeerGone);
    }

    fn to_peers(
        &self,
        node: &str,
        key: StepKey,
        meant: impl Fn(u32) -> bool,
        order: impl Fn(u32) -> StepOrder,
    ) {
        let state = self.state.borrow();
        let step =
            state.jobs.get(&key.job_id).and_then(|job| job.steps.iter().find(|step| step.id == key.step));
        let Some(step) = step.filter(|step| step.mpi) else { return };
        let name = |index: usize| state.nodes[index].name.as_str();
        let Some(own) = step.layout.iter().position(|(index, ..)| name(*index) == node) else { return };
        for (at, (index, ..)) in step.layout.iter().enumerate() {
            let (Ok(at), Ok(own)) = (u32::try_from(at), u32::try_from(own)) else { return };
            if at != own && meant(at) && step.left.contains(index) {
                let order = NodeOrder { node: name(*index).to_owned(), key, order: order(own) };
                Self::order(&state, *index, order);
            }
        }
    }

    /// Ends a step that one of its ranks gave up, on every node.
    pub fn abort_step(&self, key: StepKey, rank: u32, code: u8) {
        let state = self.state.borrow();
        let step =
            state.jobs.get(&key.job_id).and_then(|job| job.steps.iter().find(|step| step.id == key.step));
        for index in step.iter().flat_map(|step| &step.left) {
            let node = state.nodes[*index].name.clone();
            Self::order(&state, *index, NodeOrder { node, key, order: StepOrder::Abort { rank, code } });
        }
    }
}
