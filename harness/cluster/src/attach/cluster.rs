//! A live cluster in a case's hands: a folder of the case's own, commands that carry the run's limits, and no job left.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::unistd::geteuid;
use plimsoll_launcher::Release;
use plimsoll_launcher::step::User;

use super::site::Site;
use crate::real::control::{Control, Job};
use crate::real::wait;
use crate::world::{Cluster, Daemon, Residue};
use crate::{leftover, remove, submit};

/// How long a cancelled job may take to be gone: KillWait (30 s where nobody changed it), and as long again.
const ENDING: Duration = Duration::from_secs(60);

/// What a run may use of a live cluster.
#[derive(Clone, Debug)]
pub struct Options {
    /// A folder that every node sees; bundles and output files go into a folder of the run's own in it.
    pub shared: PathBuf,
    /// The partition; none for the default one.
    pub partition: Option<String>,
    /// The account; none for the user's own.
    pub account: Option<String>,
    /// The most minutes that a job may take.
    pub minutes: u32,
    /// The most nodes of a job.
    pub nodes: usize,
    /// Words that every srun gets first.
    pub srun_args: Vec<String>,
}

/// A live cluster, as one case has it.
#[derive(Debug)]
pub struct Attached {
    options: Options,
    site: Site,
    release: Release,
    user: User,
    dir: PathBuf,
    /// The name of all its jobs, which is the folder's.
    name: String,
    first_job: u64,
}

impl Attached {
    /// Makes a folder on the cluster for a case.
    pub fn new(options: &Options, site: &Site, release: Release, user: &User) -> io::Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix(leftover::PREFIX)
            .rand_bytes(8)
            .tempdir_in(&options.shared)?
            .keep();
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (options, site, user) = (options.clone(), site.clone(), user.clone());
        // From here on the folder goes when this does.
        let mut cluster = Self { options, site, release, user, dir, name, first_job: 0 };
        leftover::mark(&cluster.dir, "attach")?;
        fs::set_permissions(&cluster.dir, Permissions::from_mode(0o755))?;
        if geteuid().is_root() {
            chown(&cluster.dir, Some(cluster.user.uid), Some(cluster.user.gid))?;
        }
        cluster.first_job =
            cluster.next_job().ok_or_else(|| io::Error::other("scontrol does not name the next job"))?;
        Ok(cluster)
    }

    fn next_job(&self) -> Option<u64> {
        let command = |program: &str| self.command(program);
        Control::new(&command).next_job()
    }

    /// The jobs of this case that are not over.
    fn jobs(&self) -> Result<Vec<Job>, String> {
        let command = |program: &str| self.plain(program);
        Control::new(&command).jobs_of(&self.user.name, &self.name)
    }

    /// Cancels every job of the case, and says which are still there when the time is up.
    fn end_jobs(&self) -> Residue {
        let command = |program: &str| self.plain(program);
        let mut last = Ok(Vec::new());
        wait::until(ENDING, || {
            last = self.jobs();
            match &last {
                Ok(jobs) if jobs.is_empty() => return true,
                Ok(jobs) if jobs.iter().any(|job| !job.is_completing()) => {
                    Control::new(&command).cancel(jobs);
                }
                _ => {}
            }
            false
        });
        match last {
            Ok(jobs) => jobs.iter().map(|job| format!("job {} is still {}", job.id, job.state)).collect(),
            Err(cause) => vec![format!("whether a job was left cannot be told: {cause}")],
        }
    }

    /// A command as the user runs it, without the run's limits.
    fn plain(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        submit::without_foreign(&mut command);
        if let Some(conf) = std::env::var_os("SLURM_CONF") {
            command.env("SLURM_CONF", conf);
        }
        submit::become_user(&mut command, &self.user);
        command
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        if self.dir.exists() {
            // Nobody is left to hear of it.
            let _ = self.end_jobs();
            let _ = remove::folder(&self.dir);
        }
    }
}

impl Cluster for Attached {
    fn world(&self) -> &'static str {
        "attach"
    }

    fn release(&self) -> Release {
        self.release
    }

    fn nodes(&self) -> &[String] {
        &self.site.nodes
    }

    fn user(&self) -> &User {
        &self.user
    }

    /// Limits go into variables as well as options, so that they hold for commands inside scripts.
    fn command(&self, program: &str) -> Command {
        let mut command = self.plain(program);
        let Options { partition, account, minutes, srun_args, .. } = &self.options;
        let minutes = minutes.to_string();
        let values = [
            ("PARTITION", partition.as_ref()),
            ("ACCOUNT", account.as_ref()),
            ("TIMELIMIT", Some(&minutes)),
            ("JOB_NAME", Some(&self.name)),
        ];
        for (name, value) in values.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
            for prefix in ["SLURM", "SBATCH", "SALLOC"] {
                command.env(format!("{prefix}_{name}"), value);
            }
        }
        let job_name = format!("--job-name={}", self.name);
        match program {
            "srun" => command.arg(job_name).args(srun_args),
            "sbatch" | "salloc" => command.arg(job_name),
            // Whatever number a case names: nobody else's job is touched.
            "scancel" => command.arg(format!("--name={}", self.name)),
            _ => &mut command,
        };
        command
    }

    fn conf_dir(&self) -> &Path {
        &self.dir
    }

    fn shared_dir(&self) -> &Path {
        &self.dir
    }

    fn fixed(&self) -> Option<&'static str> {
        Some("oci.conf of a live cluster is its administrator's, and is not changed")
    }

    fn set_oci_conf(&self, _text: Option<&str>) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, self.fixed().unwrap_or_default()))
    }

    fn spool_dir(&self, node: &str) -> PathBuf {
        self.site.spool_dir(node)
    }

    fn kill(&self, _daemon: Daemon<'_>) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "the daemons of a live cluster are not killed"))
    }

    fn first_job(&self) -> u64 {
        self.first_job
    }

    fn wait_idle(&self, within: Duration) -> bool {
        wait::until(within, || self.jobs().is_ok_and(|jobs| jobs.is_empty()))
    }

    fn logs(&self) -> Vec<(String, PathBuf)> {
        Vec::new()
    }

    fn stop(self: Box<Self>) -> Residue {
        let mut residue = self.end_jobs();
        if let Err(cause) = remove::folder(&self.dir) {
            residue.push(format!("{} cannot be removed: {cause}", self.dir.display()));
        }
        residue
    }
}
