//! The `SLURM_*` variables of jobs, steps and tasks, as the manual pages of sbatch, salloc and srun document them.
//!
//! Pure: facts in, variables out, in a fixed order. The layers go over each other with [`lay_over`]: the user's exported
//! environment, then the job's variables, then the step's, then a task's.

pub mod first;
pub mod later;

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::PathBuf;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepId;

/// Variables in order, each name once; and a layer laid over another.
pub use plimsoll_launcher::env::{Env, lay_over};

/// What a job's variables are made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFacts {
    /// Whose behaviour is meant.
    pub release: Option<Release>,
    /// Job id.
    pub job_id: u32,
    /// Job name.
    pub name: String,
    /// Login name.
    pub user: String,
    /// Numeric user id.
    pub uid: u32,
    /// Numeric group id.
    pub gid: u32,
    /// Name of the primary group.
    pub group: String,
    /// Account, where one was asked for.
    pub account: Option<String>,
    /// Quality of service, where one was asked for.
    pub qos: Option<String>,
    /// Partition.
    pub partition: String,
    /// Allocated nodes as a hostlist (`n[1-3]`).
    pub nodelist: String,
    /// CPUs allocated on each node, in the order of the nodes.
    pub cpus_per_node: Vec<u32>,
    /// Tasks that the allocation was made for, node by node.
    pub tasks_per_node: Vec<u32>,
    /// `ClusterName`.
    pub cluster: String,
    /// Directory of submission.
    pub submit_dir: PathBuf,
    /// Host of submission.
    pub submit_host: String,
    /// Start, seconds since 1970.
    pub start: Option<u64>,
    /// End by time limit, seconds since 1970; none for a job without limit.
    pub end: Option<u64>,
    /// The cluster's `slurm.conf`.
    pub conf: PathBuf,
    /// `--ntasks`, where given.
    pub ntasks: Option<u32>,
    /// `--ntasks-per-node`, where given.
    pub ntasks_per_node: Option<u32>,
    /// `--cpus-per-task`, where given.
    pub cpus_per_task: Option<u32>,
    /// `--mem` in MiB, where given.
    pub mem_per_node: Option<u64>,
    /// `--distribution`, where given.
    pub distribution: Option<String>,
    /// `--container` as it was asked for, for the job itself.
    pub container: Option<OsString>,
    /// `--container-id` as it was asked for, for the job itself.
    pub container_id: Option<String>,
    /// Present for a task of a job array.
    pub array: Option<ArrayFacts>,
    /// Whether srun made the job for its only step.
    pub for_srun: bool,
    /// Whether it has a batch script.
    pub is_batch: bool,
}

/// A task of a job array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayFacts {
    /// The array's own job id.
    pub job_id: u32,
    /// This task's index.
    pub task_id: u32,
    /// How many tasks the array has.
    pub count: u32,
    /// Lowest index.
    pub min: u32,
    /// Highest index.
    pub max: u32,
    /// Distance of the indices.
    pub step: u32,
}

/// What a step's variables are made from, beside its job's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFacts {
    /// Which step.
    pub step: StepId,
    /// The step's nodes as a hostlist.
    pub nodelist: String,
    /// The step's tasks, node by node.
    pub tasks_per_node: Vec<u32>,
    /// `--cpus-per-task`, where given.
    pub cpus_per_task: Option<u32>,
    /// Address of the host where srun runs.
    pub srun_address: String,
    /// `--cpu-bind` as asked for; none means that nothing is bound.
    pub cpu_bind: Option<String>,
    /// `--distribution` as asked for.
    pub distribution: Option<String>,
    /// `--mpi` as asked for.
    pub mpi: Option<String>,
    /// Whether output lines are labelled.
    pub label: bool,
    /// `--kill-on-bad-exit`, where given.
    pub kill_on_bad_exit: Option<bool>,
    /// Columns and rows of the terminal, with `--pty`.
    pub window: Option<(u16, u16)>,
    /// srun's umask.
    pub umask: u32,
    /// `--container` as it was asked for, for this step.
    pub container: Option<OsString>,
    /// `--container-id` as it was asked for, for this step.
    pub container_id: Option<String>,
    /// Of 22.05: what it says otherwise.
    pub first: Option<first::FirstFacts>,
    /// Of the releases behind it: what they say otherwise.
    pub later: Option<later::LaterFacts>,
}

/// What a task's variables are made from, beside its step's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFacts {
    /// Rank in the step.
    pub global_id: u32,
    /// Index on the node.
    pub local_id: u32,
    /// Index of the node in the step.
    pub node_index: u32,
    /// The node's name.
    pub node_name: String,
    /// Ranks of all of the step's tasks on this node.
    pub node_tasks: Vec<u32>,
    /// CPUs of the job on this node.
    pub cpus_on_node: u32,
    /// The task's process id, once it is known.
    pub pid: Option<u32>,
}

/// The variables of a job: what a batch script, a command of salloc and every step get.
pub fn job(facts: &JobFacts) -> Env {
    let release = facts.release.unwrap_or(Release::Guide);
    let mut env = Builder::default();
    env.set("SLURM_JOB_ID", facts.job_id);
    env.set("SLURM_JOBID", facts.job_id);
    env.set("SLURM_JOB_NAME", &facts.name);
    env.set("SLURM_JOB_NODELIST", &facts.nodelist);
    env.set("SLURM_NODELIST", &facts.nodelist);
    env.set("SLURM_JOB_NUM_NODES", facts.cpus_per_node.len());
    env.set("SLURM_NNODES", facts.cpus_per_node.len());
    env.set("SLURM_JOB_CPUS_PER_NODE", repeats(&facts.cpus_per_node));
    env.set("SLURM_TASKS_PER_NODE", repeats(&facts.tasks_per_node));
    let own = first::own_of_task(facts);
    if release.at_least(Release::V23_02) {
        env.0.extend(own);
    } else if !facts.is_batch {
        // srun and salloc say so themselves; the rest their tasks are told by their daemon.
        env.0.extend(own.into_iter().filter(|(name, _)| name != "SLURM_JOB_GID"));
    }
    if release.at_least(Release::V23_02) && !facts.group.is_empty() && (facts.for_srun || !release.is_later())
    {
        env.set("SLURM_JOB_GROUP", &facts.group);
    }
    if release.has_open_defects() && !facts.for_srun && !facts.is_batch {
        if !release.is_later() {
            env.set("SLURM_NODE_ALIASES", "(null)");
        }
        // Whatever the job is called.
        env.set("SLURM_JOB_NAME", "interactive");
    }
    env.set("SLURM_JOB_PARTITION", &facts.partition);
    env.set_some("SLURM_JOB_ACCOUNT", facts.account.as_ref());
    env.set_some("SLURM_JOB_QOS", facts.qos.as_ref());
    env.set("SLURM_CLUSTER_NAME", &facts.cluster);
    env.set_os("SLURM_SUBMIT_DIR", facts.submit_dir.as_os_str());
    env.set("SLURM_SUBMIT_HOST", &facts.submit_host);
    if release.at_least(Release::V23_02) {
        env.set_some("SLURM_JOB_START_TIME", facts.start);
        let endless = facts.start.filter(|_| release.is_later()).map(|start| start + later::YEAR);
        env.set_some("SLURM_JOB_END_TIME", facts.end.or(endless));
        if release.at_least(Release::V26_05) {
            env.set("SLURM_JOB_SLUID", format_args!("s{:013X}", facts.job_id));
        }
    }
    env.set_os("SLURM_CONF", facts.conf.as_os_str());
    env.set_some("SLURM_NTASKS", facts.ntasks);
    env.set_some("SLURM_NPROCS", facts.ntasks);
    env.set_some("SLURM_NTASKS_PER_NODE", facts.ntasks_per_node);
    env.set_some("SLURM_CPUS_PER_TASK", facts.cpus_per_task);
    env.set_some("SLURM_MEM_PER_NODE", facts.mem_per_node);
    env.set_some("SLURM_DISTRIBUTION", facts.distribution.as_ref());
    env.set("SLURM_PRIO_PROCESS", 0);
    if let Some(array) = facts.array {
        env.set("SLURM_ARRAY_JOB_ID", array.job_id);
        env.set("SLURM_ARRAY_TASK_ID", array.task_id);
        env.set("SLURM_ARRAY_TASK_COUNT", array.count);
        env.set("SLURM_ARRAY_TASK_MIN", array.min);
        env.set("SLURM_ARRAY_TASK_MAX", array.max);
        env.set("SLURM_ARRAY_TASK_STEP", array.step);
    }
    if let Some(container) = &facts.container {
        env.set_os("SLURM_CONTAINER", container);
    }
    env.set_some("SLURM_CONTAINER_ID", facts.container_id.as_ref());
    env.0
}

/// What a batch script gets beside its job's variables: it is task 0 on the first node, and knows no step.
pub fn batch(node_name: &str) -> Env {
    let mut env = Builder::default();
    env.set("ENVIRONMENT", "BATCH");
    env.set("HOSTNAME", node_name);
    env.0
}

/// The variables of a batch script's only task.
pub fn batch_task(node_name: &str, cpus_on_node: u32) -> Env {
    task(&TaskFacts {
        global_id: 0,
        local_id: 0,
        node_index: 0,
        node_name: node_name.to_owned(),
        node_tasks: vec![0],
        cpus_on_node,
        pid: None,
    })
}

/// The variables of a step that srun made, or of salloc's interactive step; they go over the job's.
pub fn step(facts: &StepFacts) -> Env {
    let tasks: u32 = facts.tasks_per_node.iter().sum();
    let mut env = Builder::default();
    env.set("SLURM_STEP_ID", facts.step.number());
    env.set("SLURM_STEPID", facts.step.number());
    env.set("SLURM_STEP_NODELIST", &facts.nodelist);
    env.set("SLURM_STEP_NUM_NODES", facts.tasks_per_node.len());
    env.set("SLURM_STEP_NUM_TASKS", tasks);
    env.set("SLURM_STEP_TASKS_PER_NODE", repeats(&facts.tasks_per_node));
    env.set("SLURM_NTASKS", tasks);
    env.set("SLURM_NPROCS", tasks);
    env.set("SLURM_NNODES", facts.tasks_per_node.len());
    env.set("SLURM_NODELIST", &facts.nodelist);
    env.set("SLURM_TASKS_PER_NODE", repeats(&facts.tasks_per_node));
    env.set_some("SLURM_CPUS_PER_TASK", facts.cpus_per_task);
    env.set("SLURM_SRUN_COMM_HOST", &facts.srun_address);
    match (&facts.first, facts.later) {
        (Some(first), _) => env.0.extend(first::of_step(facts, first)),
        (None, Some(own)) => env.0.extend(later::of_step(facts, own)),
        (None, None) => env.0.extend(bound(facts)),
    }
    env.set_some("SLURM_MPI_TYPE", facts.mpi.as_ref());
    if facts.label {
        env.set("SLURM_LABELIO", 1);
    }
    env.set_some("SLURM_KILL_BAD_EXIT", facts.kill_on_bad_exit.map(u8::from));
    let port = facts.first.as_ref().map(|first| first.port).or(facts.later.map(|own| own.port));
    env.set_some("SLURM_PTY_PORT", port.filter(|_| facts.window.is_some()));
    // Releases say nothing of a terminal that has no size.
    if let Some((columns, rows)) = facts.window.filter(|size| port.is_none() || *size != (0, 0)) {
        env.set("SLURM_PTY_WIN_COL", columns);
        env.set("SLURM_PTY_WIN_ROW", rows);
    }
    env.set("SLURM_UMASK", format_args!("{:04o}", facts.umask));
    if let Some(container) = &facts.container {
        env.set_os("SLURM_CONTAINER", container);
    }
    env.set_some("SLURM_CONTAINER_ID", facts.container_id.as_ref());
    env.0
}

fn bound(facts: &StepFacts) -> Env {
    let mut env = Builder::default();
    env.set("SLURM_LAUNCH_NODE_IPADDR", &facts.srun_address);
    env.0.extend(binding(facts.cpu_bind.as_deref().unwrap_or("none")));
    env.set("SLURM_DISTRIBUTION", facts.distribution.as_deref().unwrap_or("block"));
    env.0
}

fn binding(kind: &str) -> Env {
    let mut env = Builder::default();
    env.set("SLURM_CPU_BIND", format_args!("quiet,{kind}"));
    env.set("SLURM_CPU_BIND_LIST", "");
    env.set("SLURM_CPU_BIND_TYPE", kind);
    env.set("SLURM_CPU_BIND_VERBOSE", "quiet");
    env.0
}

/// Variables that a step does not take over from its surroundings: its own layers set them anew or leave them out, and a
/// job's container is not its steps' (rule L-REQ-2).
pub const NOT_INHERITED: [&str; 8] = [
    "SLURM_CONTAINER",
    "SLURM_CONTAINER_ID",
    "SLURM_LABELIO",
    "SLURM_PTY_WIN_COL",
    "SLURM_PTY_WIN_ROW",
    "SLURM_CPUS_ON_NODE",
    "SLURM_MPI_TYPE",
    "ENVIRONMENT",
];

/// The variables of one task; they go over the step's. 22.05 lacks them inside containers, which is the launcher's rule.
pub fn task(facts: &TaskFacts) -> Env {
    let mut env = Builder::default();
    env.set("SLURM_PROCID", facts.global_id);
    env.set("SLURM_LOCALID", facts.local_id);
    env.set("SLURM_NODEID", facts.node_index);
    env.set("SLURMD_NODENAME", &facts.node_name);
    env.set("SLURM_GTIDS", joined(&facts.node_tasks));
    env.set("SLURM_CPUS_ON_NODE", facts.cpus_on_node);
    env.set_some("SLURM_TASK_PID", facts.pid);
    env.set("SLURM_TOPOLOGY_ADDR", &facts.node_name);
    env.set("SLURM_TOPOLOGY_ADDR_PATTERN", "node");
    env.0
}

/// Slurm's short form of a list of counts: `4(x3),2`.
pub fn repeats(counts: &[u32]) -> String {
    let mut text = String::new();
    for run in counts.chunk_by(|a, b| a == b) {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = match run.len() {
            1 => write!(text, "{comma}{}", run[0]),
            more => write!(text, "{comma}{}(x{more})", run[0]),
        };
    }
    text
}

fn joined(ids: &[u32]) -> String {
    ids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// Collects variables in order.
#[derive(Default)]
struct Builder(Env);

impl Builder {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass numbers, references and format arguments alike"
    )]
    fn set(&mut self, name: &str, value: impl ToString) {
        self.0.push((name.into(), value.to_string().into()));
    }

    fn set_some(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    fn set_os(&mut self, name: &str, value: &OsStr) {
        self.0.push((name.into(), value.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(env: &Env) -> String {
        env.iter().fold(String::new(), |text, (name, value)| {
            text + &format!("{}={}\n", name.to_string_lossy(), value.to_string_lossy())
        })
    }

    fn some_job() -> JobFacts {
        JobFacts {
            job_id: 7,
            name: "wrap".into(),
            user: "ada".into(),
            uid: 1000,
            gid: 1000,
            group: "ada".into(),
            partition: "main".into(),
            nodelist: "n[1-3]".into(),
            cpus_per_node: vec![4, 4, 2],
            tasks_per_node: vec![2, 2, 1],
            cluster: "plimsoll".into(),
            submit_dir: "/home/ada".into(),
            submit_host: "login".into(),
            start: Some(1_700_000_000),
            conf: "/run/c/slurm.conf".into(),
            ntasks: Some(5),
            ..JobFacts::default()
        }
    }

    #[test]
    fn a_jobs_variables() {
        insta::assert_snapshot!(shown(&job(&some_job())));
    }

    #[test]
    fn an_array_task_in_a_container_says_so() {
        let array = ArrayFacts { job_id: 6, task_id: 3, count: 4, min: 1, max: 7, step: 2 };
        let facts = JobFacts { array: Some(array), container: Some("/b".into()), ..some_job() };
        let text = shown(&job(&facts));
        let own: Vec<&str> =
            text.lines().filter(|line| line.contains("ARRAY") || line.contains("CONTAINER")).collect();
        insta::assert_snapshot!(own.join("\n"));
    }

    #[test]
    fn a_steps_variables() {
        let facts = StepFacts {
            step: StepId::Number(0),
            nodelist: "n[1-2]".into(),
            tasks_per_node: vec![2, 2],
            cpus_per_task: None,
            srun_address: "127.0.0.1".into(),
            cpu_bind: None,
            distribution: None,
            mpi: Some("none".into()),
            label: true,
            kill_on_bad_exit: Some(true),
            window: Some((80, 24)),
            umask: 0o22,
            container: Some("/b".into()),
            container_id: None,
            first: None,
            later: None,
        };
        insta::assert_snapshot!(shown(&step(&facts)));
    }

    #[test]
    fn a_batch_script_is_task_zero() {
        let mut env = batch("n1");
        env.extend(batch_task("n1", 4));
        insta::assert_snapshot!(shown(&env));
    }

    #[test]
    fn counts_are_shortened() {
        assert_eq!(repeats(&[2, 2, 1, 3, 3, 3]), "2(x2),1,3(x3)");
        assert_eq!(repeats(&[]), "");
    }

    #[test]
    fn layers_replace_in_place() {
        let mut env: Env = vec![("A".into(), "1".into()), ("B".into(), "2".into())];
        lay_over(&mut env, vec![("A".into(), "3".into()), ("C".into(), "4".into())]);
        assert_eq!(shown(&env), "A=3\nB=2\nC=4\n");
    }
}
