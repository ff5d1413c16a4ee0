//! From jobs and steps to their variables and to what the launcher is told.

use std::ffi::OsString;
use std::path::PathBuf;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::{BatchFiles, StepId, StepSpec, TaskSpec};

use super::state::{Controller, Job, State, Step};
use crate::filename::FileNames;
use crate::hostlist;
use crate::proto::control::{BatchRequest, StepRequest};
use crate::slurm_env::first::FirstFacts;
use crate::slurm_env::later::LaterFacts;
use crate::slurm_env::{self, Env, JobFacts, StepFacts, TaskFacts, lay_over};

/// Variables of the daemon's own environment that its steps' runtime commands do not get: they would point at whoever
/// started the cluster from inside another one.
const NOT_THE_DAEMONS: [&str; 2] = ["SLURM_", "SRUN_"];

/// The daemon's environment as step daemons and runtime commands get it.
pub fn daemon_env() -> Env {
    std::env::vars_os()
        .filter(|(name, _)| {
            !NOT_THE_DAEMONS.iter().any(|prefix| name.as_encoded_bytes().starts_with(prefix.as_bytes()))
        })
        .collect()
}

/// Where sruns are.
const SRUN_ADDRESS: &str = "127.0.0.1";
/// What srun tells its tasks of its own verbosity.
const SRUN_DEBUG: &str = "SRUN_DEBUG";

/// The names of a job's nodes.
pub fn node_names(job: &Job, state: &State) -> Vec<String> {
    job.nodes.iter().map(|share| state.nodes[share.node].name.clone()).collect()
}

impl Controller {
    /// A job's variables; those of its container are for the job's own steps (batch, interactive) alone.
    pub fn job_env(&self, job: &Job, state: &State, with_container: bool) -> Env {
        slurm_env::job(&self.job_facts(job, state, with_container))
    }

    fn job_facts(&self, job: &Job, state: &State, with_container: bool) -> JobFacts {
        let request = &job.request;
        JobFacts {
            release: Some(self.setup.release),
            job_id: job.id,
            name: request.name.clone(),
            user: job.user.name.clone(),
            uid: job.user.uid,
            gid: job.user.gid,
            group: job.group.clone(),
            account: request.account.clone(),
            qos: request.qos.clone(),
            partition: request.partition.clone().unwrap_or_else(|| super::jobs::PARTITION.to_owned()),
            nodelist: hostlist::compress(&node_names(job, state)),
            cpus_per_node: job.nodes.iter().map(|share| share.cpus).collect(),
            tasks_per_node: job.nodes.iter().map(|share| share.tasks).collect(),
            cluster: self.cluster_name().to_owned(),
            submit_dir: request.submit_dir.clone(),
            submit_host: request.submit_host.clone(),
            start: u64::try_from(job.started).ok(),
            end: job
                .time_limit
                .and_then(|limit| u64::try_from(job.started).ok().map(|at| at + u64::from(limit) * 60)),
            conf: self.setup.slurm_conf(),
            ntasks: request.ntasks,
            ntasks_per_node: request.ntasks_per_node,
            cpus_per_task: request.cpus_per_task,
            mem_per_node: request.mem_per_node,
            distribution: request.distribution.clone(),
            container: request.container.clone().filter(|_| with_container),
            container_id: request.container_id.clone().filter(|_| with_container),
            array: job.array_facts,
            for_srun: request.for_srun,
            is_batch: job.batch.is_some(),
        }
    }

    /// Whether the release is the first one, which tells its variables otherwise.
    fn is_first(&self) -> bool {
        !self.setup.release.at_least(Release::V23_02)
    }

    /// What the daemons of a release have in their environment: the node's name, the configuration, and srun's choice of
    /// an MPI plugin.
    fn daemon_env(&self, node: &str, mpi: Option<&str>) -> Env {
        let mut env = daemon_env();
        if self.setup.release.has_open_defects() {
            env.push(("SLURM_CONF".into(), self.setup.slurm_conf().into()));
            env.push(("SLURMD_NODENAME".into(), node.into()));
            let mpi = mpi.filter(|_| self.is_first());
            env.extend(mpi.map(|mpi| ("SLURM_MPI_TYPE".into(), mpi.into())));
        }
        env
    }

    /// ClusterName.
    pub fn cluster_name(&self) -> &str {
        self.setup.setting("ClusterName").unwrap_or("plimsoll")
    }

    fn spec(&self, job: &Job, node: &str, step: StepId) -> StepSpec {
        StepSpec {
            release: self.setup.release,
            conf_dir: self.setup.dir.clone(),
            spool_dir: self.setup.spool_dir(node),
            node_name: node.to_owned(),
            job_id: job.id,
            step,
            user: job.user.clone(),
            container: None,
            container_id: None,
            work_dir: job.request.work_dir.clone(),
            env: Vec::new(),
            daemon_env: self.daemon_env(node, None),
            pty: false,
            tasks: Vec::new(),
            batch: None,
            deviation: self.setup.deviation,
        }
    }

    /// What the launcher is told of srun's step on each of its nodes.
    pub fn step_specs(
        &self,
        job: &Job,
        step: &Step,
        request: &StepRequest,
        state: &State,
    ) -> Vec<(String, StepSpec)> {
        let names: Vec<String> =
            step.layout.iter().map(|(node, ..)| state.nodes[*node].name.clone()).collect();
        let own = request.interactive;
        let mut env = request.env.clone();
        let not: &[&str] = match self.setup.release {
            Release::Guide => &slurm_env::NOT_INHERITED,
            release if release.is_later() => &slurm_env::later::NOT_INHERITED,
            _ => &slurm_env::first::NOT_INHERITED,
        };
        env.retain(|(name, _)| !not.iter().any(|not| name == not));
        lay_over(&mut env, self.job_env(job, state, own));
        let container = if own {
            request.container.clone().or_else(|| job.request.container.clone())
        } else {
            request.container.clone()
        };
        self.keep_passed_on(&mut env, container.is_some());
        let found = !job.request.for_srun || request.inside.is_some();
        let port = 0x8000 | u16::from(request.cookie[0]) << 4 | u16::from(request.cookie[1] & 15);
        let first = self.is_first().then(|| FirstFacts {
            cluster: self.cluster_name().to_owned(),
            port,
            found: found.then(|| job.nodes.iter().map(|share| share.cpus).collect()),
        });
        lay_over(
            &mut env,
            slurm_env::step(&StepFacts {
                first,
                later: self.setup.release.is_later().then_some(LaterFacts { port, found }),
                step: step.id,
                nodelist: hostlist::compress(&names),
                tasks_per_node: step
                    .layout
                    .iter()
                    .map(|(_, ranks, _)| u32::try_from(ranks.len()).unwrap_or(0))
                    .collect(),
                cpus_per_task: request.cpus_per_task,
                srun_address: SRUN_ADDRESS.to_owned(),
                cpu_bind: request.cpu_bind.clone(),
                distribution: request.distribution.clone(),
                mpi: self.mpi_name(request).map(str::to_owned),
                label: request.label,
                kill_on_bad_exit: request.kill_on_bad_exit,
                window: request.pty,
                umask: request.umask,
                container: container.clone(),
                container_id: request.container_id.clone(),
            }),
        );
        let specs = step.layout.iter().enumerate().map(|(index, (node, ranks, cpus))| {
            let name = &state.nodes[*node].name;
            let tasks = ranks.iter().zip(0..).map(|(&global_id, local_id)| TaskSpec {
                local_id,
                global_id,
                argv: request.argv.clone(),
                env: self.task_env(
                    job,
                    state,
                    &TaskFacts {
                        global_id,
                        local_id,
                        node_index: u32::try_from(index).unwrap_or(0),
                        node_name: name.clone(),
                        node_tasks: ranks.clone(),
                        cpus_on_node: *cpus,
                        pid: None,
                    },
                ),
            });
            let spec = StepSpec {
                container: container.clone(),
                container_id: request.container_id.clone(),
                work_dir: request.work_dir.clone(),
                env: env.clone(),
                pty: request.pty.is_some(),
                tasks: tasks.collect(),
                daemon_env: self.daemon_env(name, Some(self.mpi_name(request).unwrap_or("none"))),
                ..self.spec(job, name, step.id)
            };
            (name.clone(), spec)
        });
        specs.collect()
    }

    /// What the launcher is told of a job's batch script.
    pub fn batch_spec(&self, job: &Job, batch: &BatchRequest, state: &State) -> Option<(String, StepSpec)> {
        let share = job.nodes.first()?;
        let node = &state.nodes[share.node].name;
        let files = self.batch_files(job, batch, node);
        let mut env = job.request.env.clone();
        lay_over(&mut env, self.job_env(job, state, true));
        let contained = job.request.container.is_some();
        self.keep_passed_on(&mut env, contained);
        let mut own = slurm_env::batch(node);
        let mut of_task = slurm_env::batch_task(node, share.cpus);
        if self.is_first() {
            own.extend(slurm_env::first::batch(batch.umask, contained));
            of_task.extend(slurm_env::first::task(&self.job_facts(job, state, true), SRUN_ADDRESS, true));
        }
        if self.setup.release.is_later() {
            own.extend(slurm_env::later::batch(self.setup.release));
        }
        if job.restarts > 0 {
            own.push(("SLURM_RESTART_COUNT".into(), job.restarts.to_string().into()));
        }
        lay_over(&mut env, own);
        let script: OsString = files.script.clone().into();
        let task = TaskSpec {
            local_id: 0,
            global_id: 0,
            argv: std::iter::once(script).chain(batch.args.iter().cloned()).collect(),
            env: of_task,
        };
        let spec = StepSpec {
            container: job.request.container.clone(),
            container_id: job.request.container_id.clone(),
            env,
            tasks: vec![task],
            batch: Some(files),
            ..self.spec(job, node, StepId::Batch)
        };
        Some((node.clone(), spec))
    }

    /// A task's variables.
    fn task_env(&self, job: &Job, state: &State, facts: &TaskFacts) -> Env {
        let mut env = slurm_env::task(facts);
        if self.is_first() {
            env.extend(slurm_env::first::task(&self.job_facts(job, state, false), SRUN_ADDRESS, false));
        }
        if self.setup.release.is_later() {
            env.extend(slurm_env::later::task(facts.local_id == 0));
            if self.setup.release.at_least(Release::V26_05) {
                env.push(("SLURM_JOB_GROUP".into(), job.group.clone().into()));
            }
        }
        env
    }

    /// Takes away what clients pass on for their daemons' eyes, where it does not stay.
    fn keep_passed_on(&self, env: &mut Env, contained: bool) {
        let (first, later) = (self.is_first(), self.setup.release.is_later());
        env.retain(|(name, _)| {
            let limit = name.as_encoded_bytes().starts_with(slurm_env::first::LIMITS.as_bytes());
            let starters = || slurm_env::later::STARTERS.iter().any(|(starter, _)| name == starter);
            (!limit || first && contained) && (name != SRUN_DEBUG || first || later) && (later || !starters())
        });
    }

    /// The files of a batch step, patterns expanded.
    pub fn batch_files(&self, job: &Job, batch: &BatchRequest, node: &str) -> BatchFiles {
        let names = FileNames {
            job_id: job.id,
            array: job.array.clone(),
            step: StepId::Batch,
            node_name: node.to_owned(),
            node_index: 0,
            task_id: 0,
            user: job.user.name.clone(),
            job_name: job.request.name.clone(),
        };
        let absolute = |pattern: &str| -> PathBuf { job.request.work_dir.join(names.expand(pattern)) };
        let usual = if job.array.is_some() { "slurm-%A_%a.out" } else { "slurm-%j.out" };
        let stdout = absolute(batch.stdout.as_deref().unwrap_or(usual));
        BatchFiles {
            script: self.setup.spool_dir(node).join(format!("job{:05}", job.id)).join("slurm_script"),
            stdin: batch.stdin.as_deref().map_or_else(|| "/dev/null".into(), absolute),
            stderr: batch.stderr.as_deref().map_or_else(|| stdout.clone(), absolute),
            stdout,
        }
    }
}
