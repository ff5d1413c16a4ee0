//! Starting a private cluster: what is wanted, its files, its keeper, and the wait until every node is idle.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::unistd::{User as Account, geteuid};
use plimsoll_launcher::step::User;

use super::cluster::Private;
use super::folder::Folder;
use super::keeper::READY;
use super::plan::{DaemonPlan, Plan, Ready};
use super::ports::Ports;
use crate::real::conf::{Conf, NodeLine, Places};
use crate::real::reset;
use crate::real::version::{Version, VersionError};
use crate::setup::DEFAULT_CPUS;

/// How long nodes may take to be idle: one takes a tenth of a second on an idle machine.
const IDLE: Duration = Duration::from_secs(20);
/// How often a cluster is tried: somebody else may take a port between our look and the daemon's.
const TRIES: usize = 3;
/// Where daemons look for programs, as a service manager has it.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What private cluster is wanted.
#[derive(Clone, Debug)]
pub struct PrivateConfig {
    /// The plimsoll program, which keeps the daemons.
    pub program: PathBuf,
    /// Where the cluster's folder goes; paths of sockets are short, so this must be.
    pub parent: PathBuf,
    /// The Slurm that is installed here.
    pub version: Version,
    /// How many nodes: `n1`, `n2` …
    pub nodes: usize,
    /// CPUs of each; none for the usual number.
    pub cpus: Option<u32>,
    /// Who runs the client commands.
    pub user: User,
    /// Lines of `slurm.conf`.
    pub settings: Vec<(String, String)>,
}

/// Why a private cluster does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its folder cannot be filled.
    #[error("cannot make the cluster's folder in {0}: {1}")]
    Folder(PathBuf, io::Error),
    /// There are no ports left.
    #[error("no ports are free for the cluster's daemons; end other clusters (`plimsoll doctor --clean`)")]
    Ports,
    /// The own user has no name to write into slurm.conf.
    #[error("user id {0} has no entry in the password database; run this as a user who has one")]
    Nameless(u32),
    /// The keeper does not start.
    #[error("cannot start {0}, which keeps the cluster's daemons: {1}")]
    Keeper(PathBuf, io::Error),
    /// A daemon did not come up.
    #[error("the cluster's daemons do not start: {0}")]
    Daemon(String),
    /// A node did not become idle.
    #[error("the cluster is not ready: {0}")]
    NotReady(String),
    /// Slurm itself.
    #[error(transparent)]
    Version(#[from] VersionError),
}

impl Private {
    /// Starts a cluster; its nodes are idle when this returns.
    pub fn start(config: &PrivateConfig) -> Result<Self, StartError> {
        let mut last = Err(StartError::Ports);
        for _ in 0..TRIES {
            last = try_start(config);
            if !matches!(last, Err(StartError::Daemon(_))) {
                break;
            }
        }
        last
    }
}

fn try_start(config: &PrivateConfig) -> Result<Private, StartError> {
    let release = config.version.release()?;
    let names: Vec<String> = (1..=config.nodes.max(1)).map(|number| format!("n{number}")).collect();
    let broken = |cause| StartError::Folder(config.parent.clone(), cause);
    crate::procs::adopt_orphans();
    let folder = Folder::create(&config.parent, &names, &config.user).map_err(broken)?;
    let count = u16::try_from(names.len() + 1).map_err(|_| StartError::Ports)?;
    let mut cluster = Private::new(config, release, names, folder);
    // From here on the folder goes when `cluster` does.
    let ports = Ports::take(count).ok_or(StartError::Ports)?;
    let plan = plan(config, &cluster, &ports)?;
    plan.write(&cluster.folder.dir).map_err(broken)?;
    cluster.ports = Some(ports);
    spawn(config, &mut cluster)?;
    reset::wait_quiet(&cluster, IDLE).map_err(StartError::NotReady)?;
    cluster.note_spools();
    Ok(cluster)
}

/// Writes the configuration, and says which daemons follow from it.
fn plan(config: &PrivateConfig, cluster: &Private, ports: &Ports) -> Result<Plan, StartError> {
    let uid = geteuid();
    let account = Account::from_uid(uid).ok().flatten().ok_or(StartError::Nameless(uid.as_raw()))?;
    let folder = &cluster.folder;
    let lines: Vec<NodeLine> = (cluster.names.iter().zip(ports.first + 1..))
        .map(|(name, port)| NodeLine {
            name: name.clone(),
            host: "localhost".to_owned(),
            address: Some("127.0.0.1".to_owned()),
            port,
        })
        .collect();
    let (state, spool, tmp) = (folder.state(), folder.spool("%n"), folder.dir.join("tmp/%n"));
    let (run, log, munge) = (folder.dir.join("run"), folder.log(), folder.munge("socket"));
    let conf = Conf {
        version: config.version,
        controller: "localhost(127.0.0.1)",
        port: ports.first,
        user: &account.name,
        places: Places { state: &state, spool: &spool, run: &run, log: &log, tmp: &tmp, munge: &munge },
        nodes: &lines,
        cpus: config.cpus.unwrap_or(DEFAULT_CPUS),
        settings: &crate::real::conf::whole_seconds(&config.settings),
    };
    let write = |name: &str, text: &str| {
        fs::write(folder.dir.join(name), text).map_err(|cause| StartError::Folder(folder.dir.clone(), cause))
    };
    write("slurm.conf", &conf.slurm_conf())?;
    if let Some(text) = conf.cgroup_conf() {
        write("cgroup.conf", text)?;
    }
    let slurm_conf = folder.slurm_conf().display().to_string();
    let env = vec![
        ("PATH".to_owned(), PATH.to_owned()),
        ("HOME".to_owned(), account.dir.display().to_string()),
        ("SLURM_CONF".to_owned(), slurm_conf.clone()),
    ];
    let daemon = |name: &str, cwd: PathBuf, argv: Vec<String>, ready| DaemonPlan {
        name: name.to_owned(),
        argv,
        cwd,
        env: env.clone(),
        output: log.join(format!("{name}.out")),
        isolated: false,
        ready,
    };
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<String>>();
    let mut munged = words(&["munged", "--foreground", "--force", "--num-threads=2"]);
    munged.extend(
        [
            ("key-file", "key"),
            ("socket", "socket"),
            ("pid-file", "pid"),
            ("seed-file", "seed"),
            ("log-file", "log"),
        ]
        .map(|(option, name)| format!("--{option}={}", folder.munge(name).display())),
    );
    let dir = folder.dir.clone();
    let mut daemons = vec![
        daemon("munged", dir.clone(), munged, Some(Ready::Socket(munge.clone()))),
        daemon(
            "slurmctld",
            dir,
            words(&["slurmctld", "-D", "-f", &slurm_conf]),
            Some(Ready::Port(ports.first)),
        ),
    ];
    daemons.extend(cluster.names.iter().map(|node| {
        let argv = words(&["slurmd", "-D", "-N", node, "-f", &slurm_conf]);
        // What a step daemon and its children inherit says on which node they are.
        let plan = daemon(&format!("slurmd-{node}"), folder.spool(node), argv, None);
        DaemonPlan { isolated: true, ..plan }
    }));
    Ok(Plan { program: config.program.clone(), daemons })
}

fn spawn(config: &PrivateConfig, cluster: &mut Private) -> Result<(), StartError> {
    let failed = |cause| StartError::Keeper(config.program.clone(), cause);
    let dir: &Path = &cluster.folder.dir;
    let log = fs::File::create(cluster.folder.log().join("keeper.log")).map_err(failed)?;
    let mut command = Command::new(&config.program);
    crate::submit::without_foreign(&mut command);
    let mut child = command
        .arg("keeper")
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        // Ctrl-C on the terminal is not for it.
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let (orders, answers) = (child.stdin.take(), child.stdout.take());
    let mut answers = answers.map(BufReader::new);
    let mut line = String::new();
    let read = answers.as_mut().map_or(Ok(0), |answers| answers.read_line(&mut line));
    cluster.keep(child, orders, answers);
    match read {
        Ok(_) if line.trim() == READY => Ok(()),
        _ => Err(StartError::Daemon(line.trim().trim_start_matches("error ").to_owned())),
    }
}
