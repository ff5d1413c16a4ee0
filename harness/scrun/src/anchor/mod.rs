//! The anchor: the process that a container is to its engine. It has the container's streams, its job, and its end.
//!
//! `create` starts it and waits until it says that the job is there and the files are staged in. From then on it answers the
//! other operations on its socket, runs the step when told to, and exits with the step's code.

mod host;
mod life;
mod serve;
mod shared;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll_launcher::Release;
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::bundle::Bundle;
use crate::cluster::Cluster;
use crate::log::{Log, Settings};
use crate::place::{Place, State};
use crate::status::Status;
use crate::wire::{self, Reply};
use crate::wrong::Wrong;
use shared::Shared;

/// The exit code of an anchor that could not do its work.
pub const BROKEN: i32 = 1;

/// What an anchor is told, by way of a file in the container's folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The folder of all containers.
    pub root: PathBuf,
    /// The container.
    pub id: String,
    /// `slurm.conf`
    pub conf: PathBuf,
    /// The bundle.
    pub bundle: Bundle,
    /// The command as the step runs it.
    pub command: Vec<String>,
    /// `--pid-file`
    pub pid_file: Option<PathBuf>,
    /// `--console-socket`
    pub console_socket: Option<PathBuf>,
    /// The log.
    pub log: Settings,
    /// `SrunPath`, or the cluster's own.
    pub srun: PathBuf,
    /// `SrunArgs`
    pub srun_args: Vec<String>,
    /// Whose behaviour is meant.
    pub release: Release,
    /// `scrun.lua`; none where it is passed over.
    pub script: Option<PathBuf>,
    /// What is asked of the job.
    pub inputs: Vec<(String, OsString)>,
    /// The allocation to run in, where one is named.
    pub job: Option<String>,
}

impl Order {
    /// Where the container is.
    pub fn place(&self) -> Place {
        Place::new(&self.root, &self.id)
    }

    /// The state that it begins with.
    pub fn first_state(&self, pid: u32) -> State {
        State {
            oci_version: self.bundle.version.clone(),
            id: self.id.clone(),
            status: Status::Creating,
            pid,
            bundle: self.bundle.dir.clone(),
            annotations: self.bundle.annotations.iter().cloned().collect::<BTreeMap<_, _>>(),
            job_id: None,
            exit_code: None,
        }
    }
}

/// The one word that goes back to `create`: a [`Reply`].
struct Report(Option<std::fs::File>);

impl Report {
    /// Says it; false when nobody waits for it (any more).
    fn say(&mut self, reply: &Reply) -> bool {
        let Some(mut to) = self.0.take() else { return false };
        let line = serde_json::to_vec(reply).unwrap_or_default();
        to.write_all(&line).is_ok()
    }
}

/// What all threads of an anchor share.
struct Anchor {
    order: Order,
    shared: Shared,
    cluster: &'static dyn Cluster,
    wrong: Option<Wrong>,
    log: Log,
}

/// Runs an anchor: `fd` is the pipe to `create`, `order` the file. Gives its exit code, which is the container's.
pub fn run(fd: &str, order: &Path, cluster: &'static dyn Cluster, wrong: Option<Wrong>) -> i32 {
    // By its name in /proc, which gives a descriptor of this process's own without taking one over from a bare number.
    let mut report = Report(OpenOptions::new().write(true).open(format!("/proc/self/fd/{fd}")).ok());
    if let Ok(number) = fd.parse::<i32>() {
        let _ = nix::unistd::close(number);
    }
    let begun = begin(order, cluster, wrong).and_then(|(anchor, listener)| {
        serve::start(&anchor, listener);
        end_by_signals(&anchor)?;
        Ok(anchor)
    });
    match begun {
        Ok(anchor) => life::live(&anchor, &mut report),
        Err(error) => {
            report.say(&Reply::Refused(format!("the anchor cannot start: {error}")));
            BROKEN
        }
    }
}

fn begin(
    order: &Path,
    cluster: &'static dyn Cluster,
    wrong: Option<Wrong>,
) -> io::Result<(Arc<Anchor>, UnixListener)> {
    let order: Order = serde_json::from_slice(&std::fs::read(order)?)?;
    // Keys of a terminal are not for it, and a terminal of its own needs a session of its own.
    nix::unistd::setsid()?;
    let place = order.place();
    let listener = wire::listen(&place.socket())?;
    let state = order.first_state(std::process::id());
    place.write_state(&state).map_err(io::Error::other)?;
    let log = order.log.open();
    let shared = Shared::new(place, state);
    Ok((Arc::new(Anchor { order, shared, cluster, wrong, log }), listener))
}

/// A signal to the anchor itself is one to its container: the machine goes down, or somebody helps themselves.
fn end_by_signals(anchor: &Arc<Anchor>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let anchor = Arc::clone(anchor);
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if let Err(error) = anchor.kill(signal) {
                anchor.log.error(&error);
            }
        }
    });
    Ok(())
}
