//! The server: a port, a thread a rank, and what they share.

use std::io::{self, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::store::{Pairs, Store};
use super::words::{self, Words};
use super::{first, second};
use crate::fault::Fault;
use crate::link::{self, FromServer, Up, Variables};
use crate::peer::{Gatherings, Message, Outcome};
use crate::plan::Plan;
use crate::server::Serve;

/// The only gathering of these protocols: everybody.
const EVERYBODY: &[u8] = b"all";

/// A line to a rank of this node.
struct Client {
    rank: u32,
    to: TcpStream,
    /// What tells it that the barrier has opened.
    opened: String,
}

/// What the threads share.
pub struct Shared {
    /// The step.
    pub plan: Plan,
    up: Arc<Up>,
    store: Mutex<Store>,
    clients: Mutex<Vec<Client>>,
    gatherings: Gatherings,
    /// What ranks tell the others of their node, and its bell.
    local: Mutex<Store>,
    told: Condvar,
}

/// The server.
pub struct Simple {
    shared: Arc<Shared>,
    port: u16,
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to serve the ranks of a node. An error is a sentence.
pub fn start(plan: Plan, up: Arc<Up>) -> Result<Simple, String> {
    let port = || -> io::Result<_> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    };
    let (listener, port) = port().map_err(|error| format!("no port for the ranks on 127.0.0.1: {error}"))?;
    let shared = Arc::new(Shared {
        plan,
        up,
        store: Mutex::default(),
        clients: Mutex::default(),
        gatherings: Gatherings::default(),
        local: Mutex::default(),
        told: Condvar::new(),
    });
    let server = Simple { shared: Arc::clone(&shared), port };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                // A rank that says rubbish, or is gone, is heard no more; what becomes of it its step daemon sees.
                let _ = shared.attend(stream);
            });
        }
    });
    Ok(server)
}

impl Serve for Simple {
    fn variables(&self) -> Vec<(u32, Variables)> {
        let plan = &self.shared.plan;
        let of = |rank: u32| -> Variables {
            let pairs = [
                ("PMI_PORT", format!("127.0.0.1:{}", self.port)),
                ("PMI_ID", rank.to_string()),
                ("PMI_RANK", rank.to_string()),
                ("PMI_SIZE", plan.size().to_string()),
                ("PMI_JOBID", plan.id()),
            ];
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
        };
        plan.own_ranks().iter().map(|rank| (*rank, of(*rank))).collect()
    }

    fn heard(&self, from: u32, message: Message) {
        if let Message::Part { key, turn, blob } = message {
            self.shared.gatherings.part(from, key, turn, blob);
        }
    }

    fn gone(&self, node: u32) {
        self.shared.gatherings.gone(node);
    }
}

impl Shared {
    /// Who is there, then one command after the other.
    fn attend(self: &Arc<Self>, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut to = stream.try_clone()?;
        let mut from = BufReader::new(stream);
        let Some(line) = words::read_line(&mut from)? else { return Ok(()) };
        let words = Words::of_line(&line);
        let rank = words.number("pmiid").filter(|rank| self.plan.own_ranks().contains(rank));
        let Some(rank) = rank.filter(|_| words.get("cmd") == "initack") else {
            return Err(io::Error::other(format!("{line:?} is no rank of this node")));
        };
        let size = self.plan.size();
        write!(to, "cmd=initack rc=0\ncmd=set size={size}\ncmd=set rank={rank}\ncmd=set debug=0\n")?;
        let Some(line) = words::read_line(&mut from)? else { return Ok(()) };
        let words = Words::of_line(&line);
        let version = words.get("pmi_version").to_owned();
        let second = version == "2";
        let subversion = if second { "0" } else { "1" };
        writeln!(to, "cmd=response_to_init rc=0 pmi_version={version} pmi_subversion={subversion}")?;
        let opened = if second { second::opened() } else { first::opened() };
        lock(&self.clients).push(Client { rank, to: to.try_clone()?, opened });
        if second {
            while let Some(body) = words::read_body(&mut from)? {
                second::answer(self, rank, &Words::of_body(&body), &mut to)?;
            }
        } else {
            while let Some(line) = words::read_line(&mut from)? {
                first::answer(self, rank, &Words::of_line(&line), &mut to)?;
            }
        }
        Ok(())
    }

    /// The name of the key space.
    pub fn name(&self) -> String {
        format!("kvs_{}", self.plan.id())
    }

    /// Publishes.
    pub fn put(&self, key: &str, value: &str) {
        lock(&self.store).put(key, value);
    }

    /// Looks up.
    pub fn get(&self, key: &str) -> Option<String> {
        match key {
            "PMI_process_mapping" => Some(self.plan.told().process_mapping()),
            _ => lock(&self.store).get(key).map(str::to_owned),
        }
    }

    /// Something for the ranks of this node alone.
    pub fn put_local(&self, key: &str, value: &str) {
        lock(&self.local).put(key, value);
        self.told.notify_all();
    }

    /// The same, looked up; with `wait` until somebody has said it.
    pub fn get_local(&self, key: &str, wait: bool) -> Option<String> {
        let mut local = lock(&self.local);
        loop {
            if let Some(value) = local.get(key) {
                return Some(value.to_owned());
            }
            if !wait {
                return None;
            }
            local = self.told.wait(local).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A rank has come to the barrier; it hears when everybody has.
    pub fn arrive(self: &Arc<Self>, rank: u32) {
        let fresh = lock(&self.store).arrive(rank, self.plan.own_ranks().len());
        let Some(fresh) = fresh else { return };
        let blob = link::bytes(&fresh);
        let nodes: Vec<u32> = (0..).zip(&self.plan.nodes).map(|(index, _)| index).collect();
        let shared = Arc::clone(self);
        let done = Box::new(move |outcome| shared.open(outcome));
        let turn = self.gatherings.begin(self.plan.own, EVERYBODY, &nodes, &blob, done);
        if !self.plan.is_local() {
            let bytes = link::bytes(&Message::Part { key: EVERYBODY.to_vec(), turn, blob });
            self.up.say(&FromServer::Peer { to: None, bytes });
        }
    }

    /// The barrier opens, with what the others have published. Where a node is gone it stays shut, and its ranks are told
    /// by the end of their lines.
    fn open(&self, outcome: Outcome) {
        let Ok(parts) = outcome else {
            for client in lock(&self.clients).drain(..) {
                let _ = client.to.shutdown(std::net::Shutdown::Both);
            }
            return;
        };
        let waiting = {
            let mut store = lock(&self.store);
            for part in parts {
                store.merge(link::message::<Pairs>(&part).unwrap_or_default());
            }
            store.open()
        };
        for client in lock(&self.clients).iter_mut().filter(|client| waiting.contains(&client.rank)) {
            // One that is gone needs no barrier.
            let _ = client.to.write_all(client.opened.as_bytes());
        }
    }

    /// A rank gives up.
    pub fn abort(&self, rank: u32, code: i32) {
        if self.plan.fault != Some(Fault::AbortLost) {
            self.up.say(&FromServer::Abort { rank, code });
        }
    }
}
