//! A small cluster as the controller would tell of it, for the tests of squeue, scontrol and sinfo.

use std::ffi::OsString;
use std::path::PathBuf;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepId;

use crate::view::{
    ArrayTask, ConfigView, ExitCode, JobState, JobView, NodeState, NodeView, PartitionView, StepView,
    UnixTime,
};

/// When it is looked at.
pub(crate) const NOW: UnixTime = 1_795_515_000;

/// A bundle.
pub(crate) const BUNDLE: &str = "/bundles/busybox";

/// A waiting batch job of one task.
pub(crate) fn job(id: u32) -> JobView {
    JobView {
        submit_line: String::new(),
        id,
        array: None,
        name: "wrap".into(),
        user: "alice".into(),
        uid: 1001,
        group: "staff".into(),
        gid: 1002,
        account: None,
        state: JobState::Pending,
        reason: "Resources".into(),
        priority: 4_294_901_760 - id,
        restarts: 0,
        requeue: true,
        batch: true,
        submit_time: NOW - 100,
        eligible_time: NOW - 100,
        start_time: 0,
        end_time: 0,
        time_limit: None,
        num_nodes: 1,
        nodes: vec![],
        req_nodes: vec![],
        exc_nodes: vec![],
        num_cpus: 1,
        num_tasks: 1,
        cpus_per_task: 1,
        mem_per_node: None,
        exclusive: false,
        partition: "debug".into(),
        features: None,
        comment: None,
        dependency: None,
        command: None,
        work_dir: PathBuf::from("/home/alice"),
        stdin: Some(PathBuf::from("/dev/null")),
        stdout: Some(PathBuf::from(format!("/home/alice/slurm-{id}.out"))),
        stderr: Some(PathBuf::from(format!("/home/alice/slurm-{id}.out"))),
        exit_code: ExitCode::default(),
        derived_exit_code: ExitCode::default(),
        container: None,
        container_id: None,
        alloc_host: "login".into(),
        alloc_pid: 4321,
        batch_host: None,
        script: Some(b"#!/bin/sh\nsleep 300\n".to_vec()),
        steps: vec![],
    }
}

/// A step of a running job.
pub(crate) fn step(job: &JobView, id: StepId) -> StepView {
    StepView {
        job_id: job.id,
        array: job.array.clone(),
        id,
        name: if id == StepId::Batch { "batch".into() } else { job.name.clone() },
        user: job.user.clone(),
        uid: job.uid,
        state: JobState::Running,
        partition: job.partition.clone(),
        start_time: job.start_time,
        end_time: 0,
        time_limit: None,
        nodes: job.nodes.clone(),
        num_cpus: job.num_cpus,
        num_tasks: job.num_tasks,
        container: job.container.clone(),
        container_id: job.container_id.clone(),
        exit_code: ExitCode::default(),
        srun_host: "login".into(),
        srun_pid: 99,
    }
}

fn running(job: JobView, nodes: &[&str], id: StepId) -> JobView {
    let nodes: Vec<String> = nodes.iter().map(|node| (*node).to_owned()).collect();
    let mut job = JobView {
        state: JobState::Running,
        reason: "None".into(),
        start_time: NOW - 65,
        num_nodes: u32::try_from(nodes.len()).unwrap(),
        batch_host: nodes.first().cloned(),
        nodes,
        ..job
    };
    job.steps = vec![step(&job, id)];
    job
}

fn in_array(id: u32, task_id: u32) -> JobView {
    let array = Some(ArrayTask { job_id: 2, task_id, max_running: Some(2) });
    JobView { array, name: "arr".into(), reason: "JobArrayTaskLimit".into(), ..job(id) }
}

/// A batch job, an array, an srun in a container over two nodes, a held job and one that is over.
pub(crate) fn jobs() -> Vec<JobView> {
    let srun = JobView {
        name: "mystep".into(),
        batch: false,
        num_cpus: 4,
        num_tasks: 4,
        time_limit: Some(60),
        end_time: NOW - 65 + 3600,
        command: Some("sleep".into()),
        container: Some(OsString::from(BUNDLE)),
        container_id: Some("box".into()),
        stdin: None,
        stdout: None,
        stderr: None,
        ..job(8)
    };
    let held = JobView {
        name: "a-rather-long-name".into(),
        reason: "JobHeldUser".into(),
        priority: 0,
        partition: "long".into(),
        time_limit: Some(5),
        comment: Some("hi there".into()),
        dependency: Some("afterok:1(unfulfilled)".into()),
        command: Some("/home/alice/job.sh a b".into()),
        user: "root".into(),
        uid: 0,
        ..job(9)
    };
    let over = JobView {
        state: JobState::Failed,
        reason: "NonZeroExitCode".into(),
        start_time: NOW - 90,
        end_time: NOW - 80,
        nodes: vec!["n3".into()],
        batch_host: Some("n3".into()),
        exit_code: ExitCode::exited(7),
        derived_exit_code: ExitCode::signaled(9),
        container: Some(OsString::from(BUNDLE)),
        ..job(10)
    };
    let mut jobs = vec![running(job(1), &["n1"], StepId::Batch)];
    jobs.extend([
        running(in_array(2, 1), &["n1"], StepId::Batch),
        running(in_array(3, 2), &["n2"], StepId::Batch),
    ]);
    jobs.extend((4..8).map(|id| in_array(id, id - 1)));
    jobs.extend([running(srun, &["n1", "n2"], StepId::Number(0)), held, over]);
    jobs
}

/// A node of four CPUs.
pub(crate) fn node(name: &str, state: NodeState, alloc_cpus: u32) -> NodeView {
    NodeView {
        name: name.into(),
        hostname: "host".into(),
        address: "127.0.0.1".into(),
        state,
        drain: false,
        not_responding: false,
        reason: None,
        reason_user: None,
        reason_time: 0,
        cpus: 4,
        alloc_cpus,
        real_memory: 8000,
        alloc_memory: 0,
        features: vec![],
        partitions: vec!["debug".into()],
        spool_dir: PathBuf::from("/spool").join(name),
        slurmd_start_time: NOW - 1000,
        boot_time: NOW - 9000,
        os: "Linux 6.18.0".into(),
        arch: "x86_64".into(),
    }
}

/// One node in use, one that drains, one that is drained, one that is down and silent, and an idle one.
pub(crate) fn nodes() -> Vec<NodeView> {
    let reason = |node: NodeView, reason: &str| NodeView {
        reason: Some(reason.into()),
        reason_user: Some("root".into()),
        reason_time: NOW - 10,
        ..node
    };
    vec![
        NodeView { features: vec!["a".into(), "b".into()], ..node("n1", NodeState::Allocated, 4) },
        NodeView { drain: true, ..reason(node("n2", NodeState::Mixed, 1), "bad disk") },
        NodeView { drain: true, ..reason(node("n3", NodeState::Idle, 0), "bad disk") },
        NodeView {
            not_responding: true,
            partitions: vec!["debug".into(), "long".into()],
            ..reason(node("n4", NodeState::Down, 0), "Not responding")
        },
        NodeView { partitions: vec!["debug".into(), "long".into()], ..node("n5", NodeState::Idle, 0) },
    ]
}

/// The default partition of all nodes, and one of two of them with a limit.
pub(crate) fn partitions() -> Vec<PartitionView> {
    let debug = PartitionView {
        name: "debug".into(),
        default: true,
        up: true,
        max_time: None,
        default_time: None,
        nodes: (1..6).map(|index| format!("n{index}")).collect(),
        total_cpus: 20,
    };
    let long = PartitionView {
        name: "long".into(),
        default: false,
        up: false,
        max_time: Some(60),
        default_time: Some(10),
        nodes: vec!["n4".into(), "n5".into()],
        total_cpus: 8,
    };
    vec![debug, long]
}

/// The controller.
pub(crate) fn config(release: Release) -> ConfigView {
    ConfigView {
        release,
        cluster_name: "plimsoll".into(),
        control_host: "host".into(),
        slurm_conf: PathBuf::from("/c/slurm.conf"),
        boot_time: NOW - 1000,
        next_job_id: 11,
        use_interactive_step: true,
        max_array_size: 1001,
        settings: vec![("KillWait".into(), "30 sec".into()), ("AuthType".into(), "auth/peercred".into())],
    }
}
