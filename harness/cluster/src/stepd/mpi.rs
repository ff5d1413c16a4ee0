//! The step's MPI server as its step daemon holds it: a process of its own, and the line to it.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::net::UnixStream as StdStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::unistd::geteuid;
use plimsoll_launcher::driver::LaunchError;
use plimsoll_launcher::env::lay_over;
use plimsoll_launcher::step::{StepId, StepSpec};
use plimsoll_pmi::fault::Fault;
use plimsoll_pmi::link::{FromServer, ToServer};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::mpsc;

use super::link::Event;
use crate::proto::node::StepLaunch;
use crate::wire;

/// How long a server may take to say that it serves: it opens a library and its plugins.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The folder of a step's server in the node's spool.
pub fn folder(job_id: u32, step: StepId) -> String {
    format!("pmix.{job_id}.{step}")
}

/// A server at work.
pub struct Server {
    to: mpsc::UnboundedSender<ToServer>,
    dir: PathBuf,
}

impl Server {
    /// Says something. A server that is gone is noticed where its words are read.
    pub fn say(&self, message: ToServer) {
        let _ = self.to.send(message);
    }
}

impl Drop for Server {
    /// The line ends, and the server with it; its folder is removed here, since it may have been killed.
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Starts the server that a step asks for, and gives its ranks the variables by which they find it.
pub async fn start(
    what: &mut StepLaunch,
    events: &mpsc::UnboundedSender<Event>,
) -> Result<Option<Server>, LaunchError> {
    let Some(mut plan) = what.mpi.take() else { return Ok(None) };
    (plan.uid, plan.gid) = ids_inside(&what.spec);
    let fault = plan.fault;
    let failed = |message: String| LaunchError { errno: libc::EIO, message };
    let own = |error: io::Error| failed(format!("cannot start the MPI server of the step: {error}"));
    let dir = plan.dir.clone();
    let stream = spawn(&what.spec, &dir).map_err(own)?;
    let (mut from, mut to) = stream.into_split();
    wire::write_async(&mut to, &ToServer::Start(Box::new(plan))).await.map_err(own)?;
    let (sender, mut queue) = mpsc::unbounded_channel();
    let server = Server { to: sender, dir };
    let variables = match tokio::time::timeout(READY_WITHIN, wire::read_async(&mut from)).await {
        Ok(Ok(Some(FromServer::Ready(variables)))) => variables,
        Ok(Ok(Some(FromServer::Failed(why)))) => {
            return Err(failed(format!("the MPI server of the step cannot serve: {why}")));
        }
        Ok(Ok(_)) => return Err(failed("the MPI server of the step ended before it served".to_owned())),
        Ok(Err(error)) => return Err(own(error)),
        Err(_) => {
            return Err(failed(format!("the MPI server of the step did not serve within {READY_WITHIN:?}")));
        }
    };
    for task in &mut what.spec.tasks {
        if let Some((_, own)) = variables.iter().find(|(rank, _)| *rank == task.global_id) {
            lay_over(&mut task.env, own.iter().cloned());
        }
    }
    if fault == Some(Fault::Singletons) {
        what.spec.env.retain(|(name, _)| name != "SLURM_STEP_ID");
    }
    tokio::task::spawn_local(async move {
        while let Some(message) = queue.recv().await {
            if wire::write_async(&mut to, &message).await.is_err() {
                return;
            }
        }
    });
    tokio::task::spawn_local(listen(from, events.clone()));
    Ok(Some(server))
}

async fn listen(mut from: OwnedReadHalf, events: mpsc::UnboundedSender<Event>) {
    while let Ok(Some(message)) = wire::read_async(&mut from).await {
        if events.send(Event::FromMpi(message)).is_err() {
            return;
        }
    }
}

/// Who a rank believes to be. The library compares it with what the rank says: inside a container that is the user that its
/// bundle names. The releases know nothing of that.
fn ids_inside(spec: &StepSpec) -> (u32, u32) {
    let own = (spec.user.uid, spec.user.gid);
    let Some(bundle) = spec.container.as_ref().filter(|_| !spec.release.has_open_defects()) else {
        return own;
    };
    let config = std::fs::read(Path::new(bundle).join("config.json")).ok();
    let config: Option<serde_json::Value> = config.and_then(|text| serde_json::from_slice(&text).ok());
    let id = |key: &str| {
        let id = config.as_ref()?.pointer(&format!("/process/user/{key}"))?.as_u64()?;
        u32::try_from(id).ok()
    };
    (id("uid").unwrap_or(own.0), id("gid").unwrap_or(own.1))
}

fn spawn(spec: &StepSpec, dir: &Path) -> io::Result<UnixStream> {
    std::fs::DirBuilder::new().mode(0o700).create(dir)?;
    let (ours, theirs) = StdStream::pair()?;
    ours.set_nonblocking(true)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("mpid")
        // Not read: it says in process lists whose it is.
        .arg(&spec.conf_dir)
        .env_clear()
        // Data of the ranks in their own memory: a store that is shared by way of files would have to be bound into
        // every container.
        .env("PMIX_MCA_gds", "hash")
        .env("HOME", spec.user.home.as_os_str())
        .env("PATH", OsStr::new("/usr/bin:/bin"))
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .process_group(0);
    if geteuid().is_root() && spec.user.uid != 0 {
        chown(dir, Some(spec.user.uid), Some(spec.user.gid))?;
        // What the ranks say is read with their user's rights alone.
        command.uid(spec.user.uid).gid(spec.user.gid);
    }
    // Its end is seen like that of every other child.
    command.spawn()?;
    UnixStream::from_std(ours)
}
