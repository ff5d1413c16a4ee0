//! The node daemon: starts a step daemon for each step, hands orders down and reports up, and cleans up behind a daemon
//! that was lost.
//!
//! One serves all nodes of a cluster when they share a process, or one node in a process of its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
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

/// Serves nodes until the channel of orders closes; then every step daemon sees the end of its own orders.
pub async fn serve(
    program: PathBuf,
    mut orders: mpsc::UnboundedReceiver<NodeOrder>,
    reports: mpsc::UnboundedSender<NodeReport>,
    log: Log,
) {
    let daemons: Daemons = Rc::default();
    let gone = Rc::new(Notify::new());
    while let Some(NodeOrder { node, key, order }) = orders.recv().await {
        if matches!(order, StepOrder::Launch(_)) {
            let from =
                Origin { node, key, reports: reports.clone(), log: log.clone(), gone: Rc::clone(&gone) };
            start(&program, from, order, &daemons);
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
        self.log.say(format_args!("slurmd {}: StepId={job_id}.{step} {report:?}", self.node));
        let _ = self.reports.send(NodeReport { node: self.node.clone(), key: self.key, report });
    }
}

fn start(program: &Path, from: Origin, launch: StepOrder, daemons: &Daemons) {
    let key = (from.node.clone(), from.key);
    let (spool, env) = match &launch {
        StepOrder::Launch(launch) => (launch.spec.spool_dir.clone(), launch.spec.daemon_env.clone()),
        _ => return,
    };
    let child = make_spool(&spool).and_then(|()| spawn(program, &spool, env));
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
    let daemons = Rc::clone(daemons);
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
            if !gone {
                from.report(report);
            }
        }
        // Its end is awaited before it is called gone, so that nobody finds the process still there.
        let _ = child.wait().await;
        writer.abort();
        daemons.borrow_mut().remove(&key);
        if !gone {
            end_orphans(&daemons);
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

fn spawn(
    program: &Path,
    spool: &Path,
    env: Vec<(OsString, OsString)>,
) -> std::io::Result<(tokio::process::Child, UnixStream)> {
    let (ours, theirs) = StdStream::pair()?;
    ours.set_nonblocking(true)?;
    let child = tokio::process::Command::new(program)
        .arg("stepd")
        // Not read: it says in process lists whose it is.
        .arg(spool)
        .env_clear()
        .envs(env)
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        // Ctrl-C on a terminal is the clients' affair.
        .process_group(0)
        .spawn()?;
    Ok((child, UnixStream::from_std(ours)?))
}

/// Ends what a lost step daemon left: this process is their subreaper, so that every child that is no step daemon was
/// one's task.
fn end_orphans(daemons: &Daemons) {
    let known: Vec<i32> = daemons.borrow().values().map(|daemon| daemon.pid).collect();
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
    let mut names = vec![format!("oci-job{job_id}-{step}"), format!("oci-job{job_id:05}-{step}")];
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
