//! The mock's daemons: the controller with all nodes in one process, or each in a process of its own.
//!
//! Standard input is the lifeline: at its end (whoever started the cluster has stopped it, or died) every step is ended,
//! what was left behind is said on standard output, the cluster's folder is removed, and the process ends.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use plimsoll_launcher::Release;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::LocalSet;

use crate::controller::{self, Controller};
use crate::log::Log;
use crate::node;
use crate::proto::Request;
use crate::proto::node::{NodeOrder, NodeReport};
use crate::setup::Setup;
use crate::wire;

/// How long steps may take to end when the cluster goes down; they are killed, so that only a stuck kernel takes longer.
const GOING_DOWN: Duration = Duration::from_secs(5);
/// First word of the line that says that the cluster is ready.
pub const READY: &str = "ready";
/// First word of a line that says what was left behind.
pub const RESIDUE: &str = "residue";

/// Which daemons a process is.
enum Role {
    Everything,
    Controller,
    Node(String),
}

/// Runs a daemon of the mock until it is told to stop; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let Some((dir, role)) = arguments(args) else {
        eprintln!("plimsoll mockd: usage: plimsoll mockd DIR [--controller | --node NAME]");
        return 2;
    };
    match start(&dir, role) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("plimsoll mockd: {error}");
            1
        }
    }
}

fn arguments(args: &[OsString]) -> Option<(PathBuf, Role)> {
    let words: Vec<&str> = args.iter().map(|arg| arg.to_str()).collect::<Option<_>>()?;
    match words.as_slice() {
        [dir] => Some((dir.into(), Role::Everything)),
        [dir, "--controller"] => Some((dir.into(), Role::Controller)),
        [dir, "--node", name] => Some((dir.into(), Role::Node((*name).to_owned()))),
        _ => None,
    }
}

fn start(dir: &Path, role: Role) -> std::io::Result<()> {
    let setup = Setup::read(dir)?;
    // Still of one thread, as the change of namespaces demands.
    let isolated = match role {
        Role::Controller => false,
        Role::Everything | Role::Node(_) => {
            plimsoll_runtime::isolate::private_cgroups().map_err(std::io::Error::other)?
        }
    };
    let _ = nix::sys::prctl::set_child_subreaper(true);
    let name = match &role {
        Role::Node(name) => format!("slurmd-{name}.log"),
        _ => "slurmctld.log".to_owned(),
    };
    let log = Log::open(&dir.join("log").join(name))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        match role {
            Role::Node(name) => lone_node(setup, name, log).await,
            Role::Everything => cluster(setup, true, isolated, log).await,
            Role::Controller => cluster(setup, false, isolated, log).await,
        }
    })
}

fn say(line: std::fmt::Arguments<'_>) {
    // Whoever reads it may be gone.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Waits for the end of the lifeline.
async fn lifeline() {
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    // A thread, since standard input may be a file, which cannot be waited for otherwise; it goes with the process.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = ended.send(());
    });
    let _ = end.await;
}

async fn cluster(setup: Setup, with_nodes: bool, isolated: bool, log: Log) -> std::io::Result<()> {
    let dir = setup.dir.clone();
    let release = setup.release;
    let listener = UnixListener::bind(setup.socket())?;
    std::fs::set_permissions(setup.socket(), std::fs::Permissions::from_mode(0o777))?;
    let program = setup.program.clone();
    let controller = Controller::new(setup, log.clone());
    let clients = tokio::task::spawn_local(controller::serve_clients(Rc::clone(&controller), listener));
    let nodes = with_nodes.then(|| {
        let (orders, inbox) = mpsc::unbounded_channel();
        let (reports, mut outbox) = mpsc::unbounded_channel();
        let serving =
            tokio::task::spawn_local(node::serve(program, dir.clone(), inbox, reports, log.clone()));
        for name in &controller.setup.nodes {
            controller.node_up(name, orders.clone());
        }
        let controller = Rc::clone(&controller);
        tokio::task::spawn_local(async move {
            while let Some(report) = outbox.recv().await {
                controller.on_report(report);
            }
        });
        serving
    });
    say(format_args!("{READY} isolated={isolated}"));
    tokio::select! {
        () = lifeline() => {}
        () = controller.shutdown.notified() => {}
    }
    clients.abort();
    log.say(format_args!("slurmctld: going down"));
    for node in &mut controller.state.borrow_mut().nodes {
        node.link = None;
    }
    if let Some(serving) = nodes
        && tokio::time::timeout(GOING_DOWN, serving).await.is_err()
    {
        say(format_args!("{RESIDUE} step daemons did not end within {GOING_DOWN:?}"));
    }
    if with_nodes {
        for line in residue(&dir, release) {
            say(format_args!("{RESIDUE} {line}"));
        }
        crate::remove::folder(&dir)?;
    }
    Ok(())
}

/// What is left in the nodes' spool folders. Where nodes are processes of their own, whoever started them looks.
/// Folders of steps that could not be launched, and environment files, are left by 22.05 itself.
pub(crate) fn residue(dir: &Path, release: Release) -> Vec<String> {
    if !release.at_least(Release::V23_02) {
        return Vec::new();
    }
    let spools = std::fs::read_dir(dir.join("spool")).into_iter().flatten().flatten();
    let entries = spools.flat_map(|spool| std::fs::read_dir(spool.path()).into_iter().flatten().flatten());
    entries.map(|entry| format!("{} is left in the spool", entry.path().display())).collect()
}

async fn lone_node(setup: Setup, name: String, log: Log) -> std::io::Result<()> {
    let stream = UnixStream::connect(setup.socket()).await?;
    let (mut read, mut write) = stream.into_split();
    wire::write_async(&mut write, &Request::Register(name.clone())).await?;
    let (orders, inbox) = mpsc::unbounded_channel::<NodeOrder>();
    let (reports, mut outbox) = mpsc::unbounded_channel::<NodeReport>();
    let (program, dir) = (setup.program.clone(), setup.dir.clone());
    let serving = tokio::task::spawn_local(node::serve(program, dir, inbox, reports, log.clone()));
    let mut reader = tokio::task::spawn_local(async move {
        while let Ok(Some(order)) = wire::read_async(&mut read).await {
            if orders.send(order).is_err() {
                return;
            }
        }
    });
    tokio::task::spawn_local(async move {
        while let Some(report) = outbox.recv().await {
            if wire::write_async(&mut write, &report).await.is_err() {
                return;
            }
        }
    });
    say(format_args!("{READY} node {name}"));
    // With the controller goes what it asked for.
    tokio::select! {
        () = lifeline() => {}
        _ = &mut reader => log.say(format_args!("slurmd {name}: the controller is gone")),
    }
    // It holds the channel whose end tells the node to go down.
    reader.abort();
    if tokio::time::timeout(GOING_DOWN, serving).await.is_err() {
        say(format_args!("{RESIDUE} step daemons did not end within {GOING_DOWN:?}"));
    }
    Ok(())
}
