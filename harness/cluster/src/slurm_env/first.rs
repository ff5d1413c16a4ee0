//! What 22.05 says otherwise in its `SLURM_*` variables, as it was seen with nothing bound: tasks are told whose job it is,
//! steps are told a port, and what srun passes on for its daemons' eyes stays in a container's environment.

use super::{Builder, Env, JobFacts, StepFacts, repeats};

/// What a step of 22.05 has otherwise: nothing is bound, a port is named, and srun says where it found its allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstFacts {
    /// `ClusterName`.
    pub cluster: String,
    /// A port of srun's.
    pub port: u16,
    /// CPUs of the job's nodes, where the allocation was there before srun.
    pub found: Option<Vec<u32>>,
}

/// Whose a job is: 22.05 tells its tasks rather than its job.
pub fn own_of_task(facts: &JobFacts) -> Env {
    let mut env = Builder::default();
    env.set("SLURM_JOB_USER", &facts.user);
    env.set("SLURM_JOB_UID", facts.uid);
    env.set("SLURM_JOB_GID", facts.gid);
    env.0
}

/// How a client of the release reaches its cluster: name, host, port, protocol and plugin.
pub fn working_cluster(cluster: &str) -> String {
    format!("{cluster}:localhost:6817:9728:109")
}

/// Beside what every release says of a step.
pub(super) fn of_step(facts: &StepFacts, first: &FirstFacts) -> Env {
    let mut env = Builder::default();
    env.set("SLURM_SRUN_COMM_PORT", first.port);
    env.set("SLURM_STEP_LAUNCHER_PORT", first.port);
    env.set("SLURM_WORKING_CLUSTER", working_cluster(&first.cluster));
    let found = first.found.as_ref();
    env.set_some("SLURM_JOB_CPUS_PER_NODE_PACK_GROUP_0", found.map(|cpus| repeats(cpus)));
    env.set_some("SLURM_DISTRIBUTION", facts.distribution.as_deref().or(found.map(|_| "cyclic")));
    // On the host the plugin takes it away again.
    env.set_some("SLURM_MPI_TYPE", facts.container.as_ref().map(|_| facts.mpi.as_deref().unwrap_or("none")));
    env.0
}

/// Variables of 22.05's tasks that others have of their steps.
pub fn task(facts: &JobFacts, address: &str, batch: bool) -> Env {
    let mut env = Builder(own_of_task(facts));
    if batch {
        env.set("SLURM_WORKING_CLUSTER", working_cluster(&facts.cluster));
    } else {
        env.set("SLURM_LAUNCH_NODE_IPADDR", address);
    }
    env.set("TMPDIR", "/tmp");
    env.0
}

/// Variables that a step of 22.05 does not take over from its surroundings.
pub const NOT_INHERITED: [&str; 4] =
    ["SLURM_LABELIO", "SLURM_PTY_WIN_COL", "SLURM_PTY_WIN_ROW", "SLURM_MPI_TYPE"];

/// What a batch step in a container has beside: on the host it is taken away again, but for the aliases.
pub fn batch(umask: u32, contained: bool) -> Env {
    let mut env = Builder::default();
    env.set("SLURM_NODE_ALIASES", "(null)");
    if contained {
        env.set("SLURM_UMASK", format_args!("{umask:04o}"));
    }
    env.0
}

/// What a client passes on for its daemons' eyes: its resource limits. They are set in a step's tasks and then taken away,
/// which a container's configuration is too early for.
pub const LIMITS: &str = "SLURM_RLIMIT_";
