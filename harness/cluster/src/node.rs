//! The node daemon: starts a step daemon for each step, hands orders down and reports up, and cleans up behind a daemon
//! that was lost.
//!
//! One serves all nodes of a cluster when they share a process, or one node in a process of its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_launcher::step::StepId;
use tokio::net::UnixStream;
use tokio::sync::{Notify, mpsc};

use crate::log::Log;
use crate::proto::node::{NodeOrder, NodeReport, StepKey, StepOrder, StepReport};
use crate::{procs, wire};

/// A step daemon and the way to it.
struct Daemon {
    orders: mpsc::UnboundedSender<StepOrder>,
    pid: i32,
}

/// Step daemons by node and step.
type Daemons = Rc<RefCell<HashMap<(String, StepKey), Daemon>>>;

/// A step daemon without a step yet, and our end of its orders.
type Idle = (tokio::process::Child, UnixStream);

/// Where step daemons come from. Starting the program takes longer than everything else that stands before a step's first
/// task, so that one is kept in stock, and the next one is started while a step is at work.
struct Stock {
    program: PathBuf,
    /// The cluster's folder.
    dir: PathBuf,
    spare: RefCell<Option<Idle>>,
}

impl Stock {
    fn take(&self) -> std::io::Result<Idle> {
        match self.spare.take() {
            Some(idle) => Ok(idle),
            None => spawn(&self.program, &self.dir),
        }
    }

    /// Starts a spare where there is none.
    fn fill(&self) {
        if self.spare.borrow().is_none() {
            // Without one the next step starts its own, and says why when that fails too.
            *self.spare.borrow_mut() = spawn(&self.program, &self.dir).ok();
        }
    }

    fn spare_pid(&self) -> Option<i32> {
        self.spare.borrow().as_ref().and_then(|(child, _)| child.id()).map(u32::cast_signed)
    }

    /// Lets the spare go, and waits for its end.
    async fn empty(&self) {
        if let Some((mut child, orders)) = self.spare.take() {
            drop(orders);
            let _ = child.wait().await;
        }
    }
}

/// Serves nodes until the channel of orders closes; then every step daemon sees the end of its own orders.
pub async fn serve(
    program: PathBuf,
    dir: PathBuf,
    mut orders: mpsc::UnboundedReceiver<NodeOrder>,
    reports: mpsc::UnboundedSender<NodeReport>,
    log: Log,
) {
    let daemons: Daemons = Rc::default();
    let gone = Rc::new(Notify::new());
    let stock = Rc::new(Stock { program, dir, spare: RefCell::default() });
    stock.fill();
    while let Some(NodeOrder { node, key, order }) = orders.recv().await {
        if matches!(order, StepOrder::Launch(_)) {
            let from =
                Origin { node, key, reports: reports.clone(), log: log.clone(), gone: Rc::clone(&gone) };
            start(&stock, from, order, &daemons);
        } else if let Some(daemon) = daemons.borrow().get(&(node, key)) {
            // One that has just ended needs no more orders.
            let _ = daemon.orders.send(order);
        }
    }
    let left: Vec<i32> = daemons.borrow().values().map(|daemon| daemon.pid).collect();
    daemons.borrow_mut().values_mut().for_each(|daemon| daemon.orders = mpsc::unbounded_channel().0);
    log.say(format_args!("slurmd: going down, {} step daemons to end", left.len()));
    while !daemons.borrow().is_empty() {
        gone.notified().await;
    }
    stock.empty().await;
}

/// Whose step it is and who wants to know.
struct Origin {
    node: String,
    key: StepKey,
    reports: mpsc::UnboundedSender<NodeReport>,
    log: Log,
    /// Rung when a step daemon has ended.
    gone: Rc<Notify>,
}

impl Origin {
    fn report(&self, report: StepReport) {
        let StepKey { job_id, step } = self.key;
        // What MPI servers say to one another is theirs, and much.
        if matches!(report, StepReport::Peer { .. }) {
            let _ = self.reports.send(NodeReport { node: self.node.clone(), key: self.key, report });
            return;
        }
        self.log.say(format_args!("slurmd {}: StepId={job_id}.{step} {report:?}", self.node));
        let _ = self.reports.send(NodeReport { node: self.node.clone(), key: self.key, report });
    }
}

fn start(stock: &Rc<Stock>, from: Origin, launch: StepOrder, daemons: &Daemons) {
    let key = (from.node.clone(), from.key);
    let StepOrder::Launch(what) = &launch else { return };
    let spool = what.spec.spool_dir.clone();
    let child = make_spool(&spool).and_then(|()| stock.take());
    let (mut child, stream) = match child {
        Ok(child) => child,
        Err(error) => {
            let message = format!("cannot start a step daemon: {error}");
            from.report(StepReport::LaunchFailed {
                errno: error.raw_os_error().unwrap_or(libc::EIO),
                message,
            });
            from.report(StepReport::Gone { lost: true });
            return;
        }
    };
    let (orders, mut queue) = mpsc::unbounded_channel();
    let _ = orders.send(launch);
    let pid = child.id().map_or(0, u32::cast_signed);
    daemons.borrow_mut().insert(key.clone(), Daemon { orders, pid });
    let (daemons, stock) = (Rc::clone(daemons), Rc::clone(stock));
    tokio::task::spawn_local(async move {
        let (mut read, mut write) = stream.into_split();
        let writer = tokio::task::spawn_local(async move {
            while let Some(order) = queue.recv().await {
                if wire::write_async(&mut write, &order).await.is_err() {
                    return;
                }
            }
        });
        let mut gone = false;
        while let Ok(Some(report)) = wire::read_async::<StepReport>(&mut read).await {
            gone |= matches!(report, StepReport::Gone { .. });
            let launched = matches!(report, StepReport::Launched);
            if !gone {
                from.report(report);
            }
            if launched {
                stock.fill();
            }
        }
        // Its end is awaited before it is called gone, so that nobody finds the process still there.
        let _ = child.wait().await;
        writer.abort();
        daemons.borrow_mut().remove(&key);
        if !gone {
            end_orphans(&daemons, stock.spare_pid());
            remove_spool(&spool, from.key);
        }
        from.report(StepReport::Gone { lost: !gone });
        from.gone.notify_one();
    });
}

fn make_spool(spool: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(spool)
}

fn spawn(program: &Path, dir: &Path) -> std::io::Result<Idle> {
    let (ours, theirs) = StdStream::pair()?;
    ours.set_nonblocking(true)?;
    let child = tokio::process::Command::new(program)
        .arg("stepd")
        // Not read: it says in process lists whose it is.
        .arg(dir)
        // What its commands get of the node daemon's environment stands in its orders.
        .env_clear()
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        // Ctrl-C on a terminal is the clients' affair.
        .process_group(0)
        .spawn()?;
    Ok((child, UnixStream::from_std(ours)?))
}

/// Ends what a lost step daemon left: this process is their subreaper, so that every child that is no step daemon was
/// one's task.
fn end_orphans(daemons: &Daemons, spare: Option<i32>) {
    let known: Vec<i32> = daemons.borrow().values().map(|daemon| daemon.pid).chain(spare).collect();
    // Each round may hand over the children of those that it ended.
    for _ in 0..16 {
        let orphans: Vec<i32> = procs::children().into_iter().filter(|pid| !known.contains(pid)).collect();
        if orphans.is_empty() {
            return;
        }
        for orphan in orphans {
            procs::signal_descendants(orphan, Signal::SIGKILL);
            let _ = kill(Pid::from_raw(orphan), Signal::SIGKILL);
            let _ = nix::sys::wait::waitpid(Pid::from_raw(orphan), None);
        }
    }
}

/// Removes what a lost step daemon left in the spool: the folders of its step, and of a batch step the script's.
fn remove_spool(spool: &Path, key: StepKey) {
    let StepKey { job_id, step } = key;
    let mut names = vec![
        format!("oci-job{job_id}-{step}"),
        format!("oci-job{job_id:05}-{step}"),
        crate::stepd::mpi_folder(job_id, step),
    ];
    match step {
        StepId::Number(number) => names.push(format!("oci-job{job_id:05}-{number:05}")),
        StepId::Batch => names.push(format!("job{job_id:05}")),
        StepId::Interactive | StepId::Extern => {}
    }
    for name in names {
        // Most of them are another release's names, and not there; what cannot be removed the audit finds.
        let _ = std::fs::remove_dir_all(spool.join(name));
    }
}
