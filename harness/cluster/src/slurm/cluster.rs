//! A private cluster as whoever started it holds it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_launcher::Release;
use plimsoll_launcher::step::User;

use super::folder::Folder;
use super::keeper::OK;
use super::ports::Ports;
use super::start::PrivateConfig;
use crate::real::control::Control;
use crate::real::reset::{self, Hands, Reusable, Stray, Wreck};
use crate::real::wait;
use crate::world::{Cluster, Daemon, Residue};
use crate::{procs, remove, submit};

/// How long the keeper may take to end everything and itself.
const ENDING: Duration = Duration::from_secs(10);

/// The keeper, and the two ends of the talk with it.
#[derive(Debug)]
struct Keeper {
    child: Child,
    orders: Option<ChildStdin>,
    answers: Option<BufReader<ChildStdout>>,
}

/// A running private cluster.
#[derive(Debug)]
pub struct Private {
    pub(super) folder: Folder,
    pub(super) names: Vec<String>,
    pub(super) ports: Option<Ports>,
    release: Release,
    user: User,
    shared: PathBuf,
    keeper: Mutex<Option<Keeper>>,
    /// What was in the spool folders when no job had run yet.
    own_spool: BTreeSet<PathBuf>,
    first_job: u64,
}

impl Private {
    pub(super) fn new(config: &PrivateConfig, release: Release, names: Vec<String>, folder: Folder) -> Self {
        Self {
            shared: folder.shared(),
            folder,
            names,
            ports: None,
            release,
            user: config.user.clone(),
            keeper: Mutex::new(None),
            own_spool: BTreeSet::new(),
            first_job: 1,
        }
    }

    pub(super) fn keep(
        &mut self,
        child: Child,
        orders: Option<ChildStdin>,
        answers: Option<BufReader<ChildStdout>>,
    ) {
        *self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner) =
            Some(Keeper { child, orders, answers });
    }

    pub(super) fn note_spools(&mut self) {
        self.own_spool = self.spool_entries().collect();
    }

    /// The cluster's folder.
    pub fn dir(&self) -> &Path {
        &self.folder.dir
    }

    /// The keeper's process id: every process of the cluster descends from it.
    pub fn keeper_pid(&self) -> Option<i32> {
        self.lock().as_ref().map(|keeper| keeper.child.id().cast_signed())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Keeper>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the keeper something about a daemon: `start`, `stop`, `pid`. Gives the daemon's process id.
    fn order(&self, verb: &str, daemon: &str) -> io::Result<i32> {
        let gone = || io::Error::other("the process that keeps the cluster's daemons is gone");
        let mut keeper = self.lock();
        let keeper = keeper.as_mut().ok_or_else(gone)?;
        let orders = keeper.orders.as_mut().ok_or_else(gone)?;
        writeln!(orders, "{verb} {daemon}")?;
        orders.flush()?;
        let mut line = String::new();
        keeper.answers.as_mut().ok_or_else(gone)?.read_line(&mut line)?;
        match line.trim().split_once(' ') {
            Some((OK, pid)) => pid.parse().map_err(|_| gone()),
            Some((_, said)) => Err(io::Error::other(said.to_owned())),
            None => Err(gone()),
        }
    }

    fn daemons(&self) -> impl Iterator<Item = String> {
        let nodes = self.names.iter().map(|node| format!("slurmd-{node}"));
        ["munged".to_owned(), "slurmctld".to_owned()].into_iter().chain(nodes)
    }

    /// Every process of the cluster but the keeper and the daemons.
    fn stray_pids(&self) -> Vec<i32> {
        let Some(keeper) = self.keeper_pid() else { return Vec::new() };
        let mut own: BTreeSet<i32> =
            self.daemons().filter_map(|name| self.order("pid", &name).ok()).collect();
        own.insert(keeper);
        // The controller runs scripts through a child of its own; nothing of a job descends from it.
        own.extend(self.order("pid", "slurmctld").map(procs::descendants).unwrap_or_default());
        let mut pids: BTreeSet<i32> = procs::descendants(keeper).into_iter().collect();
        // Beside it there are client commands of the case that started the cluster, which is this process.
        pids.extend(procs::of_own_cluster(&self.folder.dir));
        pids.difference(&own).copied().collect()
    }

    /// The node on which a process of a job runs: step daemons and what they start inherit the node daemon's working
    /// directory or stand in their own.
    fn node_of(&self, pid: i32) -> Option<&str> {
        let cwd = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
        self.names.iter().map(String::as_str).find(|node| cwd.starts_with(self.folder.spool(node)))
    }

    fn spool_entries(&self) -> impl Iterator<Item = PathBuf> {
        let spools = self.names.iter().map(|node| self.folder.spool(node));
        spools.flat_map(|spool| fs::read_dir(spool).into_iter().flatten().flatten()).map(|entry| entry.path())
    }

    fn next_job(&self) -> Option<u64> {
        let command = |program: &str| self.operator(program);
        Control::new(&command).next_job()
    }

    fn take_down(&mut self) -> Residue {
        let mut residue = Residue::new();
        let Some(mut keeper) = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner).take() else {
            // It never came to life; nothing of it runs.
            let _ = remove::folder(&self.folder.dir);
            return residue;
        };
        drop(keeper.orders.take());
        if !wait::until(ENDING, || matches!(keeper.child.try_wait(), Ok(Some(_)) | Err(_))) {
            residue
                .push("the process that keeps the cluster's daemons did not end and was killed".to_owned());
            let _ = keeper.child.kill();
            let _ = keeper.child.wait();
        }
        for pid in procs::of_cluster(&self.folder.dir) {
            residue.push(format!("process {pid} was left: {}", procs::command_line(pid)));
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        if self.folder.dir.exists()
            && let Err(cause) = remove::folder(&self.folder.dir)
        {
            residue.push(format!("{} cannot be removed: {cause}", self.folder.dir.display()));
        }
        residue
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // Nobody is left to hear of it.
        let _ = self.take_down();
    }
}

impl Hands for Private {
    fn operator(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        submit::without_foreign(&mut command);
        command.env("SLURM_CONF", self.folder.slurm_conf());
        command
    }

    fn nodes(&self) -> &[String] {
        &self.names
    }

    fn strays(&self) -> Vec<Stray> {
        let stray = |pid: i32| {
            // One without a command line has just gone.
            let command = Some(procs::command_line(pid)).filter(|line| !line.is_empty())?;
            Some(Stray { node: self.node_of(pid).unwrap_or("a node").to_owned(), pid, command })
        };
        self.stray_pids().into_iter().filter_map(stray).collect()
    }

    fn end_strays(&self) {
        wait::until(reset::RETURN, || {
            let pids = self.stray_pids();
            for pid in &pids {
                let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
            }
            pids.is_empty()
        });
    }

    fn restart_node(&self, node: &str) -> io::Result<()> {
        let daemon = format!("slurmd-{node}");
        self.order("stop", &daemon)?;
        self.order("start", &daemon).map(|_| ())
    }

    fn restart_controller(&self) -> io::Result<()> {
        self.order("stop", "slurmctld")?;
        self.order("start", "slurmctld").map(|_| ())
    }

    fn controller_lives(&self) -> bool {
        self.order("pid", "slurmctld").is_ok()
    }

    fn node_lives(&self, node: &str) -> bool {
        self.order("pid", &format!("slurmd-{node}")).is_ok()
    }

    fn sweep_spools(&self) -> Residue {
        let left: Vec<PathBuf> = self.spool_entries().filter(|path| !self.own_spool.contains(path)).collect();
        let mut residue = Residue::new();
        for path in left {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // The daemon's own credentials come and go.
            if name.starts_with("cred_state") {
                continue;
            }
            residue.push(format!("{} is left in the spool", path.display()));
            let removed = if path.is_dir() { remove::folder(&path) } else { fs::remove_file(&path) };
            if let Err(cause) = removed {
                residue.push(format!("{} cannot be removed: {cause}", path.display()));
            }
        }
        residue
    }
}

impl Reusable for Private {
    fn reset(&mut self) -> Result<Residue, Wreck> {
        let mut residue = reset::reset(self)?;
        let broken = |cause: io::Error| Wreck(format!("{}: {cause}", self.folder.dir.display()));
        self.set_oci_conf(None).map_err(broken)?;
        remove::folder(&self.shared).map_err(broken)?;
        self.folder.make_shared(&self.user).map_err(broken)?;
        for node in &self.names {
            let tmp = fs::read_dir(self.folder.dir.join("tmp").join(node)).into_iter().flatten().flatten();
            residue.extend(tmp.map(|entry| format!("{} is left in TmpFS", entry.path().display())));
        }
        for (_, path) in self.logs() {
            // The next case's evidence begins here.
            fs::File::options().write(true).open(&path).and_then(|file| file.set_len(0)).map_err(broken)?;
        }
        self.first_job =
            self.next_job().ok_or_else(|| Wreck("scontrol does not name the next job".to_owned()))?;
        Ok(residue)
    }
}

impl Cluster for Private {
    fn world(&self) -> &'static str {
        "slurm"
    }

    fn release(&self) -> Release {
        self.release
    }

    fn nodes(&self) -> &[String] {
        &self.names
    }

    fn user(&self) -> &User {
        &self.user
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        submit::prepare(&mut command, &self.user, &self.folder.slurm_conf());
        command
    }

    fn conf_dir(&self) -> &Path {
        &self.folder.dir
    }

    fn shared_dir(&self) -> &Path {
        &self.shared
    }

    fn set_oci_conf(&self, text: Option<&str>) -> io::Result<()> {
        submit::set_file(&self.folder.dir.join("oci.conf"), text)
    }

    fn spool_dir(&self, node: &str) -> PathBuf {
        self.folder.spool(node)
    }

    fn kill(&self, daemon: Daemon<'_>) -> io::Result<()> {
        match daemon {
            Daemon::Controller => self.order("stop", "slurmctld").map(|_| ()),
            Daemon::Node(node) => self.order("stop", &format!("slurmd-{node}")).map(|_| ()),
            Daemon::Step(node) => {
                let is_step =
                    |stray: &&Stray| stray.node == node && stray.command.starts_with("slurmstepd: [");
                let strays = self.strays();
                let found = strays.iter().find(is_step).ok_or_else(|| {
                    io::Error::new(io::ErrorKind::NotFound, format!("no step daemon runs on {node}"))
                })?;
                kill(Pid::from_raw(found.pid), Signal::SIGKILL).map_err(io::Error::from)
            }
        }
    }

    fn revive(&self, daemon: Daemon<'_>) -> io::Result<bool> {
        match daemon {
            Daemon::Controller => self.order("start", "slurmctld")?,
            Daemon::Node(node) => self.order("start", &format!("slurmd-{node}"))?,
            Daemon::Step(_) => return Ok(false),
        };
        reset::wait_answers(self).map(|()| true)
    }

    fn first_job(&self) -> u64 {
        self.first_job
    }

    fn wait_idle(&self, within: Duration) -> bool {
        reset::wait_quiet(self, within).is_ok()
    }

    fn logs(&self) -> Vec<(String, PathBuf)> {
        let entries = fs::read_dir(self.folder.log()).into_iter().flatten().flatten();
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
    }

    fn stop(mut self: Box<Self>) -> Residue {
        self.take_down()
    }
}
