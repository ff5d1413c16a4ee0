//! The mock cluster as whoever starts it holds it: a folder and the daemons that serve it.

mod ending;
mod folder;

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_launcher::Release;
use plimsoll_launcher::deviation::Deviation;
use plimsoll_launcher::step::User;
use plimsoll_pmi::fault::Fault;

use crate::client::TOOLS;
use crate::daemon::{READY, RESIDUE};
use crate::deviant::ClientDeviation;
use crate::proto::{Reply, Request};
use crate::setup::{DEFAULT_CPUS, Setup};
use crate::view::JobView;
use crate::world::{Cluster, Daemon, Disturbance, Residue};
use crate::{procs, submit, wait, wire};
use ending::read_to_end;
use folder::folder;

/// How long the processes of a cluster may take to end after they were told to.
const ENDING: Duration = Duration::from_secs(8);
/// How often a state that nobody announces is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// What mock is wanted.
#[derive(Clone, Debug)]
pub struct MockConfig {
    /// The plimsoll program, which is every daemon and client.
    pub program: PathBuf,
    /// Where the cluster's folder goes; paths of sockets are short, so this must be.
    pub parent: PathBuf,
    /// How many nodes: `n1`, `n2` …
    pub nodes: usize,
    /// CPUs of each; none for the usual number.
    pub cpus: Option<u32>,
    /// Whose behaviour is meant.
    pub release: Release,
    /// Who runs the client commands.
    pub user: User,
    /// Controller and nodes as processes of their own.
    pub separate: bool,
    /// Factor on every time that Slurm waits.
    pub time_scale: f64,
    /// Lines of `slurm.conf`.
    pub settings: Vec<(String, String)>,
}

/// What a mock does wrong on purpose; nothing, but where `plimsoll selftest` starts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wrong {
    /// In its launcher.
    pub launcher: Option<Deviation>,
    /// In its client commands.
    pub clients: Option<ClientDeviation>,
    /// In its scrun.
    pub scrun: Option<plimsoll_scrun::wrong::Wrong>,
    /// In its MPI servers.
    pub mpi: Option<Fault>,
}

/// Why a mock does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its folder cannot be filled.
    #[error("cannot make the mock cluster's folder {0}: {1}")]
    Folder(PathBuf, io::Error),
    /// A daemon does not start.
    #[error("cannot start the mock's daemon {0}: {1}")]
    Spawn(PathBuf, io::Error),
    /// A daemon ended before it was ready.
    #[error("the mock's daemon ended before it was ready; its log is at the end of {0}")]
    NotReady(String),
    /// The client commands' user cannot run the program.
    #[error("user {0} cannot run {1}, and no copy of it could be made: {2}")]
    Unreachable(String, PathBuf, io::Error),
}

/// One process of the mock.
#[derive(Debug)]
struct Process {
    /// `None` for everything or the controller, else a node's name.
    node: Option<String>,
    child: Child,
    output: BufReader<ChildStdout>,
}

/// A running mock cluster.
#[derive(Debug)]
pub struct Mock {
    setup: Setup,
    user: User,
    shared: PathBuf,
    processes: Mutex<Vec<Process>>,
    /// Whether the nodes run in a mount namespace of their own, since crun refuses the machine's cgroups.
    pub isolated: bool,
}

impl Mock {
    /// Starts a mock; it is ready when this returns.
    pub fn start(config: &MockConfig) -> Result<Self, StartError> {
        Self::start_wrong(config, Wrong::default())
    }

    /// Starts a mock that does something wrong on purpose.
    pub fn start_wrong(config: &MockConfig, wrong: Wrong) -> Result<Self, StartError> {
        let dir = folder(&config.parent).map_err(|error| StartError::Folder(config.parent.clone(), error))?;
        let setup = Setup {
            program: config.program.clone(),
            dir: dir.clone(),
            release: config.release,
            nodes: (1..=config.nodes.max(1)).map(|number| format!("n{number}")).collect(),
            cpus: config.cpus.unwrap_or(DEFAULT_CPUS),
            time_scale: config.time_scale,
            settings: config.settings.clone(),
            separate: config.separate,
            deviation: wrong.launcher,
            mpi_fault: wrong.mpi,
        };
        let mut mock = Self {
            shared: dir.join("shared"),
            setup,
            user: config.user.clone(),
            processes: Mutex::new(Vec::new()),
            isolated: false,
        };
        procs::adopt_orphans();
        // From here on the folder goes when `mock` does.
        mock.reachable()?;
        mock.fill(wrong).map_err(|error| StartError::Folder(dir, error))?;
        mock.spawn_all()?;
        Ok(mock)
    }

    /// The cluster's folder.
    pub fn dir(&self) -> &Path {
        &self.setup.dir
    }

    fn spawn_all(&mut self) -> Result<(), StartError> {
        if !self.setup.separate {
            let ready = self.spawn(None, &[])?;
            self.isolated = ready.contains("isolated=true");
            return Ok(());
        }
        self.spawn(None, &["--controller"])?;
        for node in self.setup.nodes.clone() {
            self.spawn(Some(&node), &["--node", &node])?;
        }
        // A node says that it is ready when it has sent its name; the controller reads it a moment later.
        let there = || {
            self.ask(&Request::Nodes).is_some_and(|reply| match reply {
                Reply::Nodes(nodes) => nodes.iter().all(|node| !node.not_responding),
                _ => false,
            })
        };
        if wait::until(ENDING, LOOK, there) { Ok(()) } else { Err(self.not_ready()) }
    }

    fn spawn(&self, node: Option<&str>, args: &[&str]) -> Result<String, StartError> {
        let program = &self.setup.program;
        let failed = |error| StartError::Spawn(program.clone(), error);
        let log = fs::File::create(self.setup.dir.join("log").join(match node {
            Some(node) => format!("stderr-{node}.log"),
            None => "stderr.log".to_owned(),
        }))
        .map_err(failed)?;
        let mut child = Command::new(program)
            .arg("mockd")
            .arg(&self.setup.dir)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let Some(stdout) = child.stdout.take() else { return Err(self.not_ready()) };
        let mut output = BufReader::new(stdout);
        let mut line = String::new();
        let read = output.read_line(&mut line);
        let process = Process { node: node.map(str::to_owned), child, output };
        self.lock().push(process);
        if read.is_ok() && line.starts_with(READY) { Ok(line) } else { Err(self.not_ready()) }
    }

    fn not_ready(&self) -> StartError {
        let words = fs::read_dir(self.setup.dir.join("log"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| fs::read_to_string(entry.path()).ok())
            .collect::<Vec<_>>()
            .join(" ");
        StartError::NotReady(words.trim().to_owned())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        self.processes.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn ask(&self, request: &Request) -> Option<Reply> {
        let mut stream = std::os::unix::net::UnixStream::connect(self.setup.socket()).ok()?;
        wire::write(&mut stream, request).ok()?;
        wire::read(&mut stream).ok().flatten()
    }

    /// The jobs, where there is a controller to tell.
    pub fn jobs(&self) -> Option<Vec<JobView>> {
        match self.ask(&Request::Jobs(Vec::new()))? {
            Reply::Jobs(jobs) => Some(jobs),
            _ => None,
        }
    }

    /// Processes of the cluster: they carry its folder in their environment or on their command line.
    fn processes(&self) -> Vec<i32> {
        if self.setup.separate {
            // Daemons that were killed leave step daemons that are still at work.
            return procs::of_cluster(&self.setup.dir);
        }
        procs::of_own_cluster(&self.setup.dir)
    }

    fn take_down(&mut self) -> Residue {
        let mut residue = Residue::new();
        let mut processes =
            std::mem::take(self.processes.get_mut().unwrap_or_else(|broken| broken.into_inner()));
        // Nodes first: what they report, the controller should still hear.
        processes.sort_by_key(|process| process.node.is_none());
        for process in &mut processes {
            drop(process.child.stdin.take());
            let child = &mut process.child;
            let Some(said) = read_to_end(&mut process.output, ENDING) else {
                residue.push(format!("the daemon with pid {} did not end and was killed", child.id()));
                let _ = child.kill();
                let _ = child.wait();
                continue;
            };
            let _ = child.wait();
            residue.extend(
                said.lines().filter_map(|line| line.strip_prefix(RESIDUE).map(|rest| rest.trim().to_owned())),
            );
        }
        if self.setup.separate {
            // A step daemon whose node was lost is still cleaning up.
            wait::until(ENDING, LOOK, || self.processes().is_empty());
            residue.extend(crate::daemon::residue(&self.setup.dir, self.setup.release));
        }
        // One that is killed may just have started another: looked for until nobody is left.
        let mut told = HashSet::new();
        wait::until(ENDING, LOOK, || {
            let left = self.processes();
            for pid in &left {
                if told.insert(*pid) {
                    residue.push(format!("process {pid} was left: {}", procs::command_line(*pid)));
                }
                let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
            }
            left.is_empty()
        });
        if self.setup.dir.exists()
            && crate::remove::folder(&self.setup.dir).is_err()
            && self.setup.dir.exists()
        {
            residue.push(format!("{} cannot be removed", self.setup.dir.display()));
        }
        residue
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // With the folder everything else has gone already.
        if self.setup.dir.exists() {
            // Nobody is left to hear of it.
            let _ = self.take_down();
        }
    }
}

impl Cluster for Mock {
    fn world(&self) -> &'static str {
        "mock"
    }

    fn release(&self) -> Release {
        self.setup.release
    }

    fn nodes(&self) -> &[String] {
        &self.setup.nodes
    }

    fn user(&self) -> &User {
        &self.user
    }

    fn command(&self, program: &str) -> Command {
        let own = self.setup.dir.join("bin").join(program);
        let mut command = if TOOLS.contains(&program) { Command::new(&own) } else { Command::new(program) };
        command.arg0(program);
        let mut path = self.setup.dir.join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()));
        submit::prepare(&mut command, &self.user, &self.setup.slurm_conf());
        command.env("PATH", path);
        command
    }

    fn conf_dir(&self) -> &Path {
        &self.setup.dir
    }

    fn shared_dir(&self) -> &Path {
        &self.shared
    }

    fn set_oci_conf(&self, text: Option<&str>) -> io::Result<()> {
        submit::set_file(&self.setup.dir.join("oci.conf"), text)
    }

    fn spool_dir(&self, node: &str) -> PathBuf {
        self.setup.spool_dir(node)
    }

    fn can_disturb(&self, how: Disturbance) -> bool {
        self.setup.separate && matches!(how, Disturbance::Pause | Disturbance::Resume | Disturbance::Kill)
    }

    fn disturb(&self, node: &str, how: Disturbance) -> io::Result<()> {
        let signal = match how {
            Disturbance::Pause | Disturbance::Kill => Signal::SIGSTOP,
            Disturbance::Resume => Signal::SIGCONT,
            other @ (Disturbance::Cut | Disturbance::Join) => {
                let words = format!("{other:?} is nothing that a node of the mock can be done");
                return Err(io::Error::new(io::ErrorKind::Unsupported, words));
            }
        };
        let mut processes = self.lock();
        let process = processes.iter_mut().find(|process| process.node.as_deref() == Some(node));
        let Some(process) = process else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "that node is no process of its own"));
        };
        let daemon = process.child.id().cast_signed();
        // The daemon first, which could start something meanwhile.
        kill(Pid::from_raw(daemon), signal)?;
        procs::signal_descendants(daemon, signal);
        if how == Disturbance::Kill {
            procs::signal_descendants(daemon, Signal::SIGKILL);
            kill(Pid::from_raw(daemon), Signal::SIGKILL)?;
            process.child.wait()?;
            // What it had no time to remove is nobody's fault.
            crate::remove::folder(&self.setup.spool_dir(node))?;
        }
        Ok(())
    }

    fn kill(&self, daemon: Daemon<'_>) -> io::Result<()> {
        let mut processes = self.lock();
        let wanted = match daemon {
            Daemon::Controller => None,
            Daemon::Node(node) => Some(node),
            Daemon::Step(node) => {
                let host = processes.iter().find(|process| process.node.as_deref() == Some(node));
                let host = host.or(processes.first()).map(|process| process.child.id().cast_signed());
                let is_stepd = |pid: &i32| procs::name(*pid).starts_with(crate::stepd::WITH_STEP);
                let found = host.and_then(|host| procs::descendants(host).into_iter().find(is_stepd));
                let Some(pid) = found else {
                    return Err(io::Error::new(
                        io::ErrorKind::NotFound,
                        format!("no step daemon runs on {node}"),
                    ));
                };
                return kill(Pid::from_raw(pid), Signal::SIGKILL).map_err(io::Error::from);
            }
        };
        let process = processes.iter_mut().find(|process| process.node.as_deref() == wanted);
        let Some(process) = process else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "that daemon is no process of its own"));
        };
        process.child.kill()?;
        process.child.wait().map(|_| ())
    }

    fn wait_idle(&self, within: Duration) -> bool {
        wait::until(within, LOOK, || {
            self.jobs().is_none_or(|jobs| jobs.iter().all(|job| job.state.is_over()))
        })
    }

    fn logs(&self) -> Vec<(String, PathBuf)> {
        let entries = fs::read_dir(self.setup.dir.join("log")).into_iter().flatten().flatten();
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
    }

    fn stop(mut self: Box<Self>) -> Residue {
        self.take_down()
    }
}
