//! The input variables: `SCRUN_X` does for scrun's job what `SLURM_Y` does for srun's (scrun(1), JOB INPUT ENVIRONMENT
//! VARIABLES). Pure.

use std::ffi::OsString;

/// Each variable of scrun, and the one of srun that it stands for.
pub const TABLE: &[(&str, &str)] = &[
    ("SCRUN_ACCOUNT", "SLURM_ACCOUNT"),
    ("SCRUN_ACCTG_FREQ", "SLURM_ACCTG_FREQ"),
    ("SCRUN_BURST_BUFFER", "SLURM_BURST_BUFFER"),
    ("SCRUN_CLUSTER_CONSTRAINT", "SLURM_CLUSTER_CONSTRAINT"),
    ("SCRUN_CLUSTERS", "SLURM_CLUSTERS"),
    ("SCRUN_CONSTRAINT", "SLURM_CONSTRAINT"),
    ("SLURM_CORE_SPEC", "SLURM_CORE_SPEC"),
    ("SCRUN_CPU_BIND", "SLURM_CPU_BIND"),
    ("SCRUN_CPU_FREQ_REQ", "SLURM_CPU_FREQ_REQ"),
    ("SCRUN_CPUS_PER_GPU", "SLURM_CPUS_PER_GPU"),
    ("SCRUN_CPUS_PER_TASK", "SRUN_CPUS_PER_TASK"),
    ("SCRUN_DELAY_BOOT", "SLURM_DELAY_BOOT"),
    ("SCRUN_DEPENDENCY", "SLURM_DEPENDENCY"),
    ("SCRUN_DISTRIBUTION", "SLURM_DISTRIBUTION"),
    ("SCRUN_EPILOG", "SLURM_EPILOG"),
    ("SCRUN_EXACT", "SLURM_EXACT"),
    ("SCRUN_EXCLUSIVE", "SLURM_EXCLUSIVE"),
    ("SCRUN_GPU_BIND", "SLURM_GPU_BIND"),
    ("SCRUN_GPU_FREQ", "SLURM_GPU_FREQ"),
    ("SCRUN_GPUS", "SLURM_GPUS"),
    ("SCRUN_GPUS_PER_NODE", "SLURM_GPUS_PER_NODE"),
    ("SCRUN_GPUS_PER_SOCKET", "SLURM_GPUS_PER_SOCKET"),
    ("SCRUN_GPUS_PER_TASK", "SLURM_GPUS_PER_TASK"),
    ("SCRUN_GRES_FLAGS", "SLURM_GRES_FLAGS"),
    ("SCRUN_GRES", "SLURM_GRES"),
    ("SCRUN_HINT", "SLURM_HINT"),
    ("SCRUN_JOB_NAME", "SLURM_JOB_NAME"),
    ("SCRUN_JOB_NODELIST", "SLURM_JOB_NODELIST"),
    ("SCRUN_JOB_NUM_NODES", "SLURM_JOB_NUM_NODES"),
    ("SCRUN_LABELIO", "SLURM_LABELIO"),
    ("SCRUN_MEM_BIND", "SLURM_MEM_BIND"),
    ("SCRUN_MEM_PER_CPU", "SLURM_MEM_PER_CPU"),
    ("SCRUN_MEM_PER_GPU", "SLURM_MEM_PER_GPU"),
    ("SCRUN_MEM_PER_NODE", "SLURM_MEM_PER_NODE"),
    ("SCRUN_MPI_TYPE", "SLURM_MPI_TYPE"),
    ("SCRUN_NCORES_PER_SOCKET", "SLURM_NCORES_PER_SOCKET"),
    ("SCRUN_NETWORK", "SLURM_NETWORK"),
    ("SCRUN_NSOCKETS_PER_NODE", "SLURM_NSOCKETS_PER_NODE"),
    ("SCRUN_NTASKS", "SLURM_NTASKS"),
    ("SCRUN_NTASKS_PER_CORE", "SLURM_NTASKS_PER_CORE"),
    ("SCRUN_NTASKS_PER_GPU", "SLURM_NTASKS_PER_GPU"),
    ("SCRUN_NTASKS_PER_NODE", "SLURM_NTASKS_PER_NODE"),
    ("SCRUN_NTASKS_PER_TRES", "SLURM_NTASKS_PER_TRES"),
    ("SCRUN_OPEN_MODE", "SLURM_OPEN_MODE"),
    ("SCRUN_OVERCOMMIT", "SLURM_OVERCOMMIT"),
    ("SCRUN_OVERLAP", "SLURM_OVERLAP"),
    ("SCRUN_PARTITION", "SLURM_PARTITION"),
    ("SCRUN_POWER", "SLURM_POWER"),
    ("SCRUN_PROFILE", "SLURM_PROFILE"),
    ("SCRUN_PROLOG", "SLURM_PROLOG"),
    ("SCRUN_QOS", "SLURM_QOS"),
    ("SCRUN_REMOTE_CWD", "SLURM_REMOTE_CWD"),
    ("SCRUN_REQ_SWITCH", "SLURM_REQ_SWITCH"),
    ("SCRUN_RESERVATION", "SLURM_RESERVATION"),
    ("SCRUN_SIGNAL", "SLURM_SIGNAL"),
    ("SCRUN_SLURMD_DEBUG", "SLURMD_DEBUG"),
    ("SCRUN_SPREAD_JOB", "SLURM_SPREAD_JOB"),
    ("SCRUN_TASK_EPILOG", "SLURM_TASK_EPILOG"),
    ("SCRUN_TASK_PROLOG", "SLURM_TASK_PROLOG"),
    ("SCRUN_THREAD_SPEC", "SLURM_THREAD_SPEC"),
    ("SCRUN_THREADS_PER_CORE", "SLURM_THREADS_PER_CORE"),
    ("SCRUN_THREADS", "SLURM_THREADS"),
    ("SCRUN_TIMELIMIT", "SLURM_TIMELIMIT"),
    ("SCRUN_TRES_BIND", "SLURM_TRES_BIND"),
    ("SCRUN_TRES_PER_TASK", "SLURM_TRES_PER_TASK"),
    ("SCRUN_UNBUFFEREDIO", "SLURM_UNBUFFEREDIO"),
    ("SCRUN_USE_MIN_NODES", "SLURM_USE_MIN_NODES"),
    ("SCRUN_WAIT4SWITCH", "SLURM_WAIT4SWITCH"),
    ("SCRUN_WCKEY", "SLURM_WCKEY"),
    // The manual names a variable that srun lacks; what it means is the directory of the job.
    ("SCRUN_WORKING_DIR", "SLURM_REMOTE_CWD"),
];

/// Variables of a job that a container was given: an existing allocation is used when one of them is set.
const JOB: [&str; 2] = ["SLURM_JOB_ID", "SLURM_JOBID"];

/// What is asked of the job, as srun's variables: from scrun's own environment, and over it from the container's, which is
/// where `docker run -e` and `podman run -e` put it.
pub fn of_job(
    own: &dyn Fn(&str) -> Option<OsString>,
    container: &[(String, String)],
) -> Vec<(String, OsString)> {
    let found = |name: &str| last(container, name).map(OsString::from).or_else(|| own(name));
    let mut asked: Vec<(String, OsString)> = Vec::new();
    for (name, meaning) in TABLE {
        if let Some(value) = found(name).filter(|value| !value.is_empty()) {
            asked.push(((*meaning).to_owned(), value));
        }
    }
    asked
}

/// The allocation to run in, where one is named: as written, since it may be no number.
pub fn existing_job(
    own: &dyn Fn(&str) -> Option<OsString>,
    container: &[(String, String)],
) -> Option<String> {
    let own = |name: &str| own(name).map(|value| value.to_string_lossy().into_owned());
    let found = |name: &&str| last(container, name).map(str::to_owned).or_else(|| own(name));
    JOB.iter().find_map(found).filter(|value| !value.is_empty())
}

/// Of a name that is there twice the last one counts.
fn last<'a>(env: &'a [(String, String)], name: &str) -> Option<&'a str> {
    env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_container_asks_over_scruns_own_environment() {
        let own = |name: &str| match name {
            "SCRUN_JOB_NUM_NODES" => Some(OsString::from("2")),
            "SCRUN_PARTITION" => Some(OsString::from("long")),
            "SLURM_JOB_NUM_NODES" => Some(OsString::from("7")),
            _ => None,
        };
        let container = [pair("SCRUN_JOB_NUM_NODES", "10"), pair("SCRUN_ACCOUNT", "")];
        let asked = of_job(&own, &container);
        let expected = [("SLURM_JOB_NUM_NODES", "10"), ("SLURM_PARTITION", "long")];
        assert_eq!(asked, expected.map(|(name, value)| (name.to_owned(), OsString::from(value))));
    }

    #[test]
    fn a_job_that_is_named_is_used() {
        let none = |_: &str| None;
        assert_eq!(existing_job(&none, &[pair("SLURM_JOB_ID", "12")]).as_deref(), Some("12"));
        assert_eq!(existing_job(&none, &[pair("SLURM_JOB_ID", "")]), None);
        assert_eq!(
            existing_job(&|name| (name == "SLURM_JOB_ID").then(|| "7".into()), &[]).as_deref(),
            Some("7")
        );
    }

    #[test]
    fn no_variable_stands_twice_in_the_table() {
        let mut names: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
    }
}
