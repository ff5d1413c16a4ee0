//! What this crate's tests share.

use crate::Release;
use crate::step::{StepId, StepSpec, TaskSpec, User};

/// A step of so many tasks.
pub fn spec(tasks: u32) -> StepSpec {
    let task = |id| TaskSpec { local_id: id, global_id: id, argv: vec!["true".into()], env: Vec::new() };
    StepSpec {
        release: Release::Guide,
        conf_dir: "/etc/slurm".into(),
        spool_dir: "/spool".into(),
        node_name: "n1".into(),
        job_id: 7,
        step: StepId::Number(0),
        user: User { name: "ada".into(), uid: 1000, gid: 1000, groups: vec![1000], home: "/home/ada".into() },
        container: Some("/bundle".into()),
        container_id: None,
        work_dir: "/work".into(),
        env: Vec::new(),
        daemon_env: Vec::new(),
        pty: false,
        tasks: (0..tasks).map(task).collect(),
        batch: None,
        deviation: None,
    }
}
