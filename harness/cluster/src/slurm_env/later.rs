//! What the releases behind the first one say in their `SLURM_*` variables beside the manual pages, as 24.11 and 26.05 were seen
//! to with nothing bound: srun's ports, what starters of MPI programs are told, and what the daemon adds to its tasks.

use plimsoll_launcher::Release;

use super::{Builder, Env, StepFacts};

/// What clients tell the starters of MPI programs, unless `--export` keeps it back.
pub const STARTERS: [(&str, &str); 6] = [
    ("HYDRA_BOOTSTRAP", "slurm"),
    ("I_MPI_HYDRA_BOOTSTRAP", "slurm"),
    ("HYDRA_LAUNCHER_EXTRA_ARGS", EXTERNAL),
    ("I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS", EXTERNAL),
    ("OMPI_MCA_plm_slurm_args", EXTERNAL),
    ("PRTE_MCA_plm_slurm_args", EXTERNAL),
];

const EXTERNAL: &str = "--external-launcher";

/// A job without a limit ends in a year.
pub const YEAR: u64 = 365 * 24 * 60 * 60;

/// What a step of theirs has otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaterFacts {
    /// A port of srun's.
    pub port: u16,
    /// Whether the allocation was there before srun.
    pub found: bool,
}

/// Beside what every release says of a step.
pub(super) fn of_step(facts: &StepFacts, later: LaterFacts) -> Env {
    let port = later.port;
    let mut env = Builder::default();
    env.set("SLURM_LAUNCH_NODE_IPADDR", &facts.srun_address);
    env.set("SLURM_SRUN_COMM_PORT", port);
    env.set("SLURM_STEP_LAUNCHER_PORT", port);
    env.set("SLURM_OOM_KILL_STEP", 0);
    env.set_some("SLURM_DISTRIBUTION", facts.distribution.as_deref().or(later.found.then_some("cyclic")));
    if let Some(bind) = &facts.cpu_bind {
        env.0.extend(super::binding(bind));
    }
    env.0
}

/// What a daemon adds to the variables of its tasks: some of it to the first one on a node alone.
pub fn task(is_first: bool) -> Env {
    let mut env = Builder::default();
    env.set("SLURMD_DEBUG", 2);
    env.set_some("TMPDIR", is_first.then_some("/tmp"));
    env.0
}

/// What a batch step has beside.
pub fn batch(release: Release) -> Env {
    let mut env = Builder::default();
    for (name, value) in STARTERS {
        env.set(name, value);
    }
    env.set("SLURM_OOM_KILL_STEP", 0);
    env.set("TMPDIR", "/tmp");
    if release.at_least(Release::V26_05) {
        env.set("SLURM_JOB_EXCLUSIVE", "NO");
        env.set("SLURM_JOB_OVERSUBSCRIBE", "NO");
        env.set("SLURM_STEPID", -5);
        env.set("SLURM_STEP_ID", -5);
    }
    env.0
}

/// Variables that a step does not take over from its surroundings.
pub const NOT_INHERITED: [&str; 5] =
    ["SLURM_LABELIO", "SLURM_PTY_WIN_COL", "SLURM_PTY_WIN_ROW", "SLURM_CPUS_ON_NODE", "SLURM_MPI_TYPE"];
