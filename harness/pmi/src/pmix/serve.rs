//! The server: the library set up for the step, and its wishes fulfilled with the help of the other nodes.
#![expect(unsafe_code, reason = "functions of a C library are called")]

use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::abi::{self, DataArray, EVERY_RANK, ModexDone, Proc, Status};
use super::facts::{self, Facts};
use super::library::{self, Library};
use super::upcalls::{self, Answer, Asker, Wish};
use crate::fault::Fault;
use crate::link::{self, FromServer, Up, Variables};
use crate::peer::{Gatherings, Message};
use crate::plan::Plan;
use crate::server::Serve;

/// What waits for another node: an answer, and the node.
type Remote = HashMap<u64, (Answer<ModexDone>, u32)>;

/// What the threads share.
struct Shared {
    plan: Plan,
    up: Arc<Up>,
    library: &'static Library,
    namespace: String,
    gatherings: Gatherings,
    remote: Mutex<(u64, Remote)>,
    gone: Mutex<Vec<u32>>,
}

/// The server.
pub struct Pmix {
    shared: Arc<Shared>,
    variables: Vec<(u32, Variables)>,
}

/// A call back of the library's that somebody waits for.
#[derive(Default)]
struct Bell {
    rung: Mutex<Option<Status>>,
    bell: Condvar,
}

unsafe extern "C" fn ring(status: Status, bell: *mut c_void) {
    // SAFETY: `waited` leaves every bell to the process's end.
    let bell = unsafe { &*bell.cast::<Bell>() };
    *bell.rung.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
    bell.bell.notify_all();
}

/// Calls a function that calls back, and waits for that.
fn waited(call: impl FnOnce(Option<abi::OpDone>, *mut c_void) -> Status) -> Status {
    // Rung from another thread, which may still hold it when this one goes on; some versions ring without need.
    let bell: &'static Bell = Box::leak(Box::default());
    let status = call(Some(ring), std::ptr::from_ref(bell).cast_mut().cast());
    // Without success no call back will come.
    if status != abi::SUCCESS {
        return status;
    }
    let mut rung = bell.rung.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(status) = *rung {
            return status;
        }
        rung = bell.bell.wait(rung).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Starts to serve the ranks of a node. An error is a sentence.
pub fn start(plan: Plan, up: Arc<Up>) -> Result<Pmix, String> {
    let library = library::open()?;
    // As Slurm's plugin names it.
    let namespace = format!("slurm.pmix.{}.{}", plan.job_id, plan.step_id);
    let (wishes, inbox) = channel();
    upcalls::hand_to(wishes);
    set_up(library, &plan, &namespace)?;
    let of_rank = |rank: &u32| library.variables(&Proc::new(&namespace, *rank)).map(|own| (*rank, own));
    let variables = plan.own_ranks().iter().map(of_rank).collect::<Result<Vec<_>, _>>()?;
    let shared = Arc::new(Shared {
        plan,
        up,
        library,
        namespace,
        gatherings: Gatherings::default(),
        remote: Mutex::default(),
        gone: Mutex::default(),
    });
    let server = Pmix { shared: Arc::clone(&shared), variables };
    std::thread::spawn(move || shared.fulfil(&inbox));
    Ok(server)
}

fn set_up(library: &Library, plan: &Plan, namespace: &str) -> Result<(), String> {
    let dir = plan.dir.display().to_string();
    let own: DataArray = Facts::new(library)
        .text("pmix.srv.nspace", namespace_of_server(namespace).as_str())
        .rank("pmix.srv.rank", plan.own)
        .text("pmix.srvr.tmpdir", &dir)
        .text("pmix.sys.tmpdir", &dir)
        .number("pmix.euid", plan.uid)
        .number("pmix.egid", plan.gid)
        .text("pmix.hname", plan.nodes.get(plan.own as usize).map_or("", |node| &node.name))
        .done()?;
    let module = Box::leak(Box::new(upcalls::module()));
    // SAFETY: module and facts live until the process ends.
    library.check("start a server", unsafe { (library.init)(module, own.array, own.size) })?;
    let name = CString::new(namespace).map_err(|error| error.to_string())?;
    let facts = facts::of_step(library, &plan.told())?;
    let local = i32::try_from(plan.own_ranks().len()).unwrap_or(i32::MAX);
    let status = waited(|done, bell| {
        // SAFETY: name and facts live until the library has called back.
        unsafe { (library.register_nspace)(name.as_ptr(), local, facts.array, facts.size, done, bell) }
    });
    library.check("take the step", status)?;
    for rank in plan.own_ranks() {
        let proc = Proc::new(namespace, *rank);
        let status = waited(|done, bell| {
            // SAFETY: the rank lives until the library has called back.
            unsafe {
                (library.register_client)(
                    &raw const proc,
                    plan.uid,
                    plan.gid,
                    std::ptr::null_mut(),
                    done,
                    bell,
                )
            }
        });
        library.check("take a rank", status)?;
    }
    let status = waited(|done, bell| {
        // SAFETY: as above; there is nothing more to be said.
        unsafe { (library.setup_local_support)(name.as_ptr(), std::ptr::null_mut(), 0, done, bell) }
    });
    library.check("prepare the node", status)
}

fn namespace_of_server(namespace: &str) -> String {
    format!("{namespace}.server")
}

impl Shared {
    /// Fulfils the library's wishes, one after the other.
    fn fulfil(self: &Arc<Self>, inbox: &Receiver<Wish>) {
        for wish in inbox {
            match wish {
                Wish::Abort(rank, code, answer) => {
                    if self.plan.fault != Some(Fault::AbortLost) {
                        self.up.say(&FromServer::Abort { rank, code });
                    }
                    answer.give(abi::SUCCESS);
                }
                Wish::Fence(ranks, blob, answer) => self.fence(ranks, blob, answer),
                Wish::Remote(rank, answer) => self.fetch(rank, answer),
                Wish::Local(node, id, status, blob) => {
                    let bytes = link::bytes(&Message::Found { id, status, blob });
                    self.up.say(&FromServer::Peer { to: Some(node), bytes });
                }
            }
        }
    }

    /// The nodes that ranks are on.
    fn nodes_of(&self, ranks: &[u32]) -> Vec<u32> {
        let everybody = ranks.is_empty() || ranks.contains(&EVERY_RANK);
        (0..)
            .zip(&self.plan.nodes)
            .filter(|(_, node)| everybody || node.ranks.iter().any(|rank| ranks.contains(rank)))
            .map(|(index, _)| index)
            .collect()
    }

    fn fence(&self, mut ranks: Vec<u32>, blob: Vec<u8>, answer: Answer<ModexDone>) {
        ranks.sort_unstable();
        let nodes = self.nodes_of(&ranks);
        let key = link::bytes(&ranks);
        let done = Box::new(move |outcome: crate::peer::Outcome| match outcome {
            Ok(parts) => answer.give(abi::SUCCESS, parts.concat()),
            Err(_) => answer.give(abi::UNREACHABLE, Vec::new()),
        });
        let turn = self.gatherings.begin(self.plan.own, &key, &nodes, &blob, done);
        let bytes = link::bytes(&Message::Part { key, turn, blob });
        for node in nodes.iter().filter(|node| **node != self.plan.own) {
            self.up.say(&FromServer::Peer { to: Some(*node), bytes: bytes.clone() });
        }
    }

    fn fetch(&self, rank: u32, answer: Answer<ModexDone>) {
        let node = self.plan.node_of(rank);
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(node) = node.filter(|node| !gone.contains(node)) else {
            drop(gone);
            answer.give(abi::NOT_FOUND, Vec::new());
            return;
        };
        let id = {
            let mut remote = self.remote.lock().unwrap_or_else(PoisonError::into_inner);
            remote.0 += 1;
            let id = remote.0;
            remote.1.insert(id, (answer, node));
            id
        };
        drop(gone);
        self.up.say(&FromServer::Peer { to: Some(node), bytes: link::bytes(&Message::Wanted { id, rank }) });
    }

    fn found(&self, id: u64, status: Status, blob: Vec<u8>) {
        let waiting = self.remote.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&id);
        if let Some((answer, _)) = waiting {
            answer.give(status, blob);
        }
    }
}

impl Serve for Pmix {
    fn variables(&self) -> Vec<(u32, Variables)> {
        self.variables.clone()
    }

    fn heard(&self, from: u32, message: Message) {
        let shared = &self.shared;
        match message {
            Message::Part { key, turn, blob } => shared.gatherings.part(from, key, turn, blob),
            Message::Found { id, status, blob } => shared.found(id, status, blob),
            Message::Wanted { id, rank } => {
                let proc = Proc::new(&shared.namespace, rank);
                let (done, asker) = upcalls::asking(Asker { node: from, id });
                // SAFETY: the library copies the rank, and calls back once where it says success.
                let status = unsafe { (shared.library.dmodex_request)(&raw const proc, done, asker) };
                if status != abi::SUCCESS {
                    let bytes = link::bytes(&Message::Found { id, status, blob: Vec::new() });
                    shared.up.say(&FromServer::Peer { to: Some(from), bytes });
                }
            }
        }
    }

    fn gone(&self, node: u32) {
        let shared = &self.shared;
        shared.gone.lock().unwrap_or_else(PoisonError::into_inner).push(node);
        shared.gatherings.gone(node);
        let lost: Vec<u64> = {
            let remote = shared.remote.lock().unwrap_or_else(PoisonError::into_inner);
            remote.1.iter().filter(|(_, (_, on))| *on == node).map(|(id, _)| *id).collect()
        };
        for id in lost {
            shared.found(id, abi::UNREACHABLE, Vec::new());
        }
    }
}
