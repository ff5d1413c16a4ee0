//! From an image to a cluster that is ready: a folder, a network, a container for the controller and one for each node,
//! and Slurm's daemons in them.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::geteuid;
use plimsoll_launcher::Release;
use plimsoll_launcher::step::User;

use super::account::Account;
use super::conf::{self, CONTROLLER};
use super::docker::{DockerError, docker, engine};
use super::label::{Label, WORLD};
use super::node::{Container, START};
use super::order::As;
use super::recipe::Recipe;
use super::{agent, options, remote};
use crate::real::wait;

/// How long Slurm's daemons may take from their start until every node is idle; a second here.
const DAEMONS_START: Duration = Duration::from_secs(30);
/// Length of a munge key in bytes, as its own tool makes them.
const KEY_LENGTH: usize = 128;

/// What cluster is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The plimsoll program, where the user can run it; it is seen at the same path inside.
    pub program: PathBuf,
    /// Where the cluster's folder goes; paths of sockets are short, so this must be.
    pub parent: PathBuf,
    /// How many nodes: `n1`, `n2` …
    pub nodes: usize,
    /// CPUs of each, as Slurm counts them.
    pub cpus: u32,
    /// The release; there must be an image of it.
    pub release: Release,
    /// Who runs the client commands.
    pub user: User,
    /// Lines of `slurm.conf`.
    pub settings: Vec<(String, String)>,
}

/// Why a cluster of containers does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The engine said no.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// There is no image.
    #[error("{0}")]
    Image(String),
    /// No options let containers run inside containers.
    #[error("{0}")]
    Options(String),
    /// Its folder cannot be filled.
    #[error("cannot make the folder of a cluster of containers in {0}: {1}")]
    Folder(PathBuf, io::Error),
    /// A container has no agent.
    #[error("the container of {node} was not ready within {} s: {words}", START.as_secs())]
    Agent {
        /// Its host name.
        node: String,
        /// What it said.
        words: String,
    },
    /// Slurm does not come up.
    #[error("Slurm in the containers was not ready within {} s: {words}", DAEMONS_START.as_secs())]
    Daemons {
        /// What it says of itself.
        words: String,
    },
}

/// A cluster on its way up or down: what has to go with it.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) dir: PathBuf,
    pub(super) network: String,
    pub(super) controller: Container,
    pub(super) nodes: Vec<Container>,
}

impl Parts {
    /// Makes everything but the daemons.
    pub(super) fn make(wanted: &Wanted) -> Result<Self, StartError> {
        engine()?;
        let recipe = Recipe::of(wanted.release).ok_or_else(|| {
            let known: Vec<&str> = Recipe::all().map(|recipe| recipe.release.name()).collect();
            StartError::Image(format!(
                "there is no image of release {}, only of {}",
                wanted.release,
                known.join(", ")
            ))
        })?;
        recipe.built().map_err(StartError::Image)?;
        let image = recipe.tag();
        let options = options::options(&image).map_err(StartError::Options)?;
        let dir = folder(&wanted.parent).map_err(|error| StartError::Folder(wanted.parent.clone(), error))?;
        let names: Vec<String> = (1..=wanted.nodes.max(1)).map(|number| format!("n{number}")).collect();
        let label = Label::this(&dir);
        let network = label.name("net");
        let container = |name: &str| Container::new(&label, &network, name, agent::socket(&dir, name));
        // From here on everything goes when this does.
        let parts = Self {
            network: network.clone(),
            controller: container(CONTROLLER),
            nodes: names.iter().map(|name| container(name)).collect(),
            dir,
        };
        fill(&parts.dir, wanted, &names).map_err(|error| StartError::Folder(parts.dir.clone(), error))?;
        docker(["network", "create"].map(str::to_owned).into_iter().chain(label.labels()).chain([network]))?;
        let account = Account::of(&wanted.user, recipe.value("subids")).word();
        let mut args = options;
        args.extend(label.labels());
        let (at, program) = (parts.dir.display(), wanted.program.display());
        args.push(format!("--volume={at}:{at}"));
        args.push(format!("--volume={at}/conf:/etc/slurm"));
        args.push(format!("--volume={program}:{program}:ro"));
        let command = |name: &str| {
            let own = [&image, "node"].map(str::to_owned);
            let entry = format!("--entrypoint={program}");
            let words = [at.to_string(), name.to_owned(), geteuid().to_string(), account.clone()];
            [entry].into_iter().chain(own).chain(words).collect::<Vec<_>>()
        };
        // The engine starts them side by side, which is most of the time that a start takes.
        std::thread::scope(|scope| {
            let running: Vec<_> = parts
                .all()
                .map(|container| {
                    let (args, command) = (&args, command(&container.name));
                    scope.spawn(move || container.run(args, &command))
                })
                .collect();
            running.into_iter().try_for_each(|thread| {
                thread.join().unwrap_or_else(|_| Err(StartError::Options("a thread panicked".to_owned())))
            })
        })?;
        parts.name_hosts()?;
        Ok(parts)
    }

    /// Tells every container the addresses of all, as a site's own host table does: the engine's name service forgets a node
    /// that is off the network, which would have daemons ask for its name for seconds where they should call in vain.
    pub(super) fn name_hosts(&self) -> Result<(), StartError> {
        let format = "{{.Config.Hostname}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        let ids = self.all().map(|container| container.id.as_str());
        let found = docker(["inspect", "--format", format].into_iter().chain(ids))?;
        let mut hosts = "127.0.0.1 localhost\n".to_owned();
        for (name, address) in found.lines().filter_map(|line| line.split_once(' ')) {
            // One that is off the network has none.
            if !address.is_empty() {
                hosts.extend([address, " ", name, "\n"]);
            }
        }
        let path = self.dir.join("hosts");
        fs::write(&path, hosts).map_err(|error| StartError::Folder(path.clone(), error))?;
        // The file is the engine's, mounted, so that it is written and not replaced.
        let script = format!("cat {} > /etc/hosts", path.display());
        for container in self.all() {
            // One that is paused or gone is told when it is back.
            if let Err(error) = container.shell(&script) {
                log::debug!("{} was not told the hosts: {error}", container.name);
            }
        }
        Ok(())
    }

    /// Starts Slurm's daemons, and waits until every node is idle.
    pub(super) fn start_daemons(&self) -> Result<(), StartError> {
        let failed = |error: io::Error| StartError::Daemons { words: error.to_string() };
        for container in self.all() {
            self.start_daemon(container).map_err(failed)?;
        }
        if self.wait_up(DAEMONS_START) {
            return Ok(());
        }
        Err(StartError::Daemons { words: self.words() })
    }

    /// Starts a container's daemon.
    pub(super) fn start_daemon(&self, container: &Container) -> io::Result<()> {
        let name = container.name.as_str();
        if name == CONTROLLER {
            return container.start_daemon(&self.dir, &["slurmctld", "-D"]);
        }
        container.start_daemon(&self.dir, &["slurmd", "-D", "-N", name])
    }

    /// Waits until every node is idle.
    pub(super) fn wait_up(&self, within: Duration) -> bool {
        let idle = || {
            let states = self.controller.ask(&["sinfo", "-h", "-N", "-o", "%T"], As::Root);
            states.is_ok_and(|said| {
                said.status.success()
                    && said.output.lines().filter(|state| *state == "idle").count() == self.nodes.len()
            })
        };
        wait::until(within, idle)
    }

    /// What the daemons say of themselves, the last lines of each.
    pub(super) fn words(&self) -> String {
        let mut words = String::new();
        for (name, path) in self.logs() {
            let text = fs::read_to_string(path).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            words.extend(
                lines.iter().skip(lines.len().saturating_sub(3)).map(|line| format!("{name}: {line}; ")),
            );
        }
        words
    }

    /// The daemons' logs.
    pub(super) fn logs(&self) -> Vec<(String, PathBuf)> {
        let entries = fs::read_dir(self.dir.join("log")).into_iter().flatten().flatten();
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Container> {
        std::iter::once(&self.controller).chain(&self.nodes)
    }

    pub(super) fn node(&self, name: &str) -> io::Result<&Container> {
        self.nodes.iter().find(|node| node.name == name).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("there is no node {name} in this cluster"))
        })
    }
}

/// A new folder for a cluster that everybody may enter.
fn folder(parent: &Path) -> io::Result<PathBuf> {
    let dir =
        tempfile::Builder::new().prefix(crate::leftover::PREFIX).rand_bytes(8).tempdir_in(parent)?.keep();
    fs::set_permissions(&dir, Permissions::from_mode(0o755))?;
    crate::leftover::mark(&dir, WORLD)?;
    Ok(dir)
}

fn fill(dir: &Path, wanted: &Wanted, nodes: &[String]) -> io::Result<()> {
    for name in ["conf", "log", "spool", "state", "agents"] {
        DirBuilder::new().mode(0o755).create(dir.join(name))?;
    }
    for node in nodes {
        fs::create_dir(dir.join("spool").join(node))?;
    }
    let shared = dir.join("shared");
    fs::create_dir(&shared)?;
    if geteuid().is_root() {
        chown(&shared, Some(wanted.user.uid), Some(wanted.user.gid))?;
    }
    for (name, text) in conf::files(wanted, dir, nodes) {
        fs::write(dir.join("conf").join(name), text)?;
    }
    let mut key = vec![0; KEY_LENGTH];
    getrandom::fill(&mut key)?;
    let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(dir.join(agent::KEY))?;
    io::Write::write_all(&mut file, &key)
}

impl Drop for Parts {
    fn drop(&mut self) {
        // Nobody is left to hear of it.
        let _ = super::end::take_down(self);
    }
}

/// Whether a cluster of this release can be started here, without starting one: an engine that answers, an image.
pub fn ready(release: Release) -> Result<String, String> {
    let version = engine().map_err(|error| error.to_string())?;
    let known = || Recipe::all().map(|recipe| recipe.release.name()).collect::<Vec<_>>().join(", ");
    let recipe = Recipe::of(release)
        .ok_or_else(|| format!("there is no image of release {release}, only of {}", known()))?;
    recipe.built()?;
    Ok(format!("Docker {version} answers, and {} is there", recipe.tag()))
}

/// Where programs are on a node.
pub const NODE_PATH: &str = remote::PATH;
