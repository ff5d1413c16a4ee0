//! What clients get to see.

use plimsoll_launcher::step::StepId;

use super::jobs::PARTITION;
use super::state::{Controller, Job, Node, State, Step, holds_nodes};
use crate::setup::NODE_MEMORY;
use crate::view::{ConfigView, ExitCode, JobState, JobView, NodeState, NodeView, PartitionView, StepView};

impl Controller {
    /// The controller itself.
    pub fn config_view(&self) -> ConfigView {
        let mut settings = vec![
            ("AuthType".to_owned(), "auth/none".to_owned()),
            ("KillWait".to_owned(), format!("{} sec", self.setup.setting("KillWait").unwrap_or("30"))),
            ("MinJobAge".to_owned(), format!("{} sec", self.setup.setting("MinJobAge").unwrap_or("300"))),
            ("MpiDefault".to_owned(), "none".to_owned()),
            ("SlurmdSpoolDir".to_owned(), self.setup.spool_dir("%n").display().to_string()),
        ];
        settings.extend(
            self.setup.settings.iter().filter(|(key, _)| key != "KillWait" && key != "MinJobAge").cloned(),
        );
        ConfigView {
            release: self.setup.release,
            cluster_name: self.cluster_name().to_owned(),
            control_host: host_name(),
            slurm_conf: self.setup.slurm_conf(),
            boot_time: self.boot,
            next_job_id: self.state.borrow().next_id,
            use_interactive_step: self.setup.interactive_step(),
            max_array_size: self.setup.max_array_size(),
            settings,
        }
    }

    /// The jobs with these ids, or all; a script is for its owner and root.
    pub fn job_views(&self, ids: &[u32], uid: u32) -> Vec<JobView> {
        self.forget(&mut self.state.borrow_mut());
        let state = self.state.borrow();
        let wanted = |job: &&Job| {
            ids.is_empty()
                || ids.contains(&job.id)
                || job.array.as_ref().is_some_and(|array| ids.contains(&array.job_id))
        };
        state.jobs.values().filter(wanted).map(|job| self.job_view(job, &state, uid)).collect()
    }

    fn job_view(&self, job: &Job, state: &State, uid: u32) -> JobView {
        let request = &job.request;
        let nodes = super::facts::node_names(job, state);
        let files = job
            .batch
            .as_ref()
            .map(|batch| self.batch_files(job, batch, nodes.first().map_or("", String::as_str)));
        let limit_end = job.time_limit.map_or(0, |minutes| job.started + i64::from(minutes) * 60);
        let tasks: u32 = job.nodes.iter().map(|share| share.tasks).sum();
        let asked = request.nodes.map_or(1, |(least, _)| least);
        let (num_nodes, num_tasks, num_cpus) = if job.nodes.is_empty() {
            let tasks = request.ntasks.unwrap_or(asked * request.ntasks_per_node.unwrap_or(1));
            (asked, tasks, tasks * request.cpus_per_task.unwrap_or(1))
        } else {
            (u32::try_from(nodes.len()).unwrap_or(0), tasks, job.nodes.iter().map(|share| share.cpus).sum())
        };
        JobView {
            id: job.id,
            array: job.array.clone(),
            name: request.name.clone(),
            user: job.user.name.clone(),
            uid: job.user.uid,
            group: job.group.clone(),
            gid: job.user.gid,
            account: request.account.clone(),
            state: job.state,
            reason: job.reason.clone(),
            priority: if job.held { 0 } else { u32::MAX - job.id },
            restarts: job.restarts,
            requeue: request.requeue.unwrap_or(true),
            batch: job.batch.is_some(),
            submit_time: job.submitted,
            eligible_time: request.begin.unwrap_or(job.submitted),
            start_time: job.started,
            end_time: if job.ended > 0 {
                job.ended
            } else if job.started > 0 {
                limit_end
            } else {
                0
            },
            time_limit: job.time_limit,
            num_nodes,
            batch_host: nodes.first().cloned().filter(|_| job.batch.is_some()),
            nodes,
            req_nodes: request.nodelist.clone(),
            exc_nodes: request.exclude.clone(),
            num_cpus,
            num_tasks,
            cpus_per_task: request.cpus_per_task.unwrap_or(1),
            mem_per_node: request.mem_per_node,
            exclusive: request.exclusive,
            partition: request.partition.clone().unwrap_or_else(|| PARTITION.to_owned()),
            features: request.features.clone(),
            comment: request.comment.clone(),
            dependency: request.dependency.clone().filter(|_| job.state.is_pending()),
            command: request.command.clone(),
            submit_line: request.submit_line.clone(),
            work_dir: request.work_dir.clone(),
            stdin: files.as_ref().map(|files| files.stdin.clone()),
            stdout: files.as_ref().map(|files| files.stdout.clone()),
            stderr: files.as_ref().map(|files| files.stderr.clone()),
            exit_code: job.exit_code,
            derived_exit_code: job.derived,
            container: request.container.clone(),
            container_id: request.container_id.clone(),
            alloc_host: request.submit_host.clone(),
            alloc_pid: request.client_pid,
            script: job
                .batch
                .as_ref()
                .filter(|_| uid == 0 || uid == job.user.uid)
                .map(|batch| batch.script.clone()),
            steps: job.steps.iter().map(|step| step_view(step, job, state)).collect(),
        }
    }

    /// The nodes.
    pub fn node_views(&self) -> Vec<NodeView> {
        let state = self.state.borrow();
        let system = nix::sys::utsname::uname();
        let (os, arch) = system.map_or_else(
            |_| (String::new(), String::new()),
            |name| {
                let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
                (format!("{} {}", text(name.sysname()), text(name.release())), text(name.machine()))
            },
        );
        let view = |(index, node): (usize, &Node)| {
            let jobs = || state.jobs.values().filter(|job| holds_nodes(job.state));
            let share =
                |job: &Job| job.nodes.iter().find(|share| share.node == index).map(|share| share.cpus);
            let alloc_cpus: u32 = jobs().filter_map(share).sum();
            let completing = jobs().any(|job| job.state == JobState::Completing && share(job).is_some());
            NodeView {
                name: node.name.clone(),
                hostname: host_name(),
                address: "127.0.0.1".to_owned(),
                state: match alloc_cpus {
                    _ if node.down => NodeState::Down,
                    _ if completing => NodeState::Completing,
                    0 => NodeState::Idle,
                    all if all >= node.cpus => NodeState::Allocated,
                    _ => NodeState::Mixed,
                },
                drain: node.drain,
                not_responding: node.lost,
                reason: node.reason.as_ref().map(|(why, ..)| why.clone()),
                reason_user: node.reason.as_ref().map(|(_, who, _)| who.clone()),
                reason_time: node.reason.as_ref().map_or(0, |(_, _, when)| *when),
                cpus: node.cpus,
                alloc_cpus,
                real_memory: NODE_MEMORY,
                alloc_memory: 0,
                features: Vec::new(),
                partitions: vec![PARTITION.to_owned()],
                spool_dir: self.setup.spool_dir(&node.name),
                slurmd_start_time: self.boot,
                boot_time: self.boot,
                os: os.clone(),
                arch: arch.clone(),
            }
        };
        state.nodes.iter().enumerate().map(view).collect()
    }

    /// The partition.
    pub fn partition_views(&self) -> Vec<PartitionView> {
        let state = self.state.borrow();
        vec![PartitionView {
            name: PARTITION.to_owned(),
            default: true,
            up: true,
            max_time: None,
            default_time: None,
            nodes: state.nodes.iter().map(|node| node.name.clone()).collect(),
            total_cpus: state.nodes.iter().map(|node| node.cpus).sum(),
        }]
    }
}

fn step_view(step: &Step, job: &Job, state: &State) -> StepView {
    let finished = step.ending.unwrap_or(match step.exit_code {
        ExitCode { code: 0, signal: 0 } => JobState::Completed,
        _ => JobState::Failed,
    });
    StepView {
        job_id: job.id,
        array: job.array.clone(),
        id: step.id,
        name: step.name.clone(),
        user: job.user.name.clone(),
        uid: job.user.uid,
        state: match (step.ended, step.alive()) {
            (0, _) => JobState::Running,
            (_, true) => JobState::Completing,
            (_, false) => finished,
        },
        partition: PARTITION.to_owned(),
        start_time: step.started,
        end_time: step.ended,
        time_limit: step.time_limit,
        nodes: step.layout.iter().map(|(node, ..)| state.nodes[*node].name.clone()).collect(),
        num_cpus: step.layout.iter().map(|(.., cpus)| *cpus).sum(),
        num_tasks: step.layout.iter().map(|(_, ranks, _)| u32::try_from(ranks.len()).unwrap_or(0)).sum(),
        container: step.container.clone(),
        container_id: step.container_id.clone(),
        exit_code: step.exit_code,
        srun_host: if step.id == StepId::Batch { String::new() } else { step.srun_host.clone() },
        srun_pid: step.srun_pid,
    }
}

fn host_name() -> String {
    nix::unistd::gethostname()
        .map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}
