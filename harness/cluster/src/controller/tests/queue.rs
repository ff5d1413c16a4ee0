//! Who runs, who waits, and why.

use plimsoll_launcher::step::StepId;
use rstest::rstest;

use crate::array;
use crate::controller::testing::{Play, cpus, play};
use crate::proto::control::{BatchRequest, JobRequest, Refusal, Target, Update};
use crate::view::{JobState, NodeState};

fn after(dependency: &str) -> JobRequest {
    JobRequest { dependency: Some(dependency.into()), ..cpus(1) }
}

fn node(play: &Play, names: &[&str], state: &str) {
    let names = names.iter().map(|&name| name.into()).collect();
    play.update(Update::Node { names, state: state.into(), reason: Some("test".into()) });
}

#[test]
fn first_come_first_served() {
    play(1, async |play| {
        let [first, second, third] = [cpus(3), cpus(2), cpus(1)].map(|request| play.sbatch(&request));
        assert_eq!(play.stands(first), (JobState::Running, "None".into()));
        assert_eq!(play.stands(second), (JobState::Pending, "Resources".into()));
        // There is a CPU for it, which the job before it may need.
        assert_eq!(play.stands(third), (JobState::Pending, "Priority".into()));
        play.ends("n1", first, StepId::Batch, 0);
        assert_eq!(play.stands(first).0, JobState::Completed);
        assert_eq!(play.stands(second).0, JobState::Running);
        assert_eq!(play.stands(third).0, JobState::Running);
    });
}

#[test]
fn a_held_job_waits_for_its_release() {
    play(1, async |play| {
        let job = play.sbatch(&JobRequest { hold: true, ..cpus(1) });
        assert_eq!(play.stands(job), (JobState::Pending, "JobHeldUser".into()));
        assert_eq!(play.job(job).priority, 0);
        play.update(Update::Release(job));
        assert_eq!(play.stands(job).0, JobState::Running);
    });
}

#[test]
fn an_array_runs_as_many_as_it_may() {
    play(1, async |play| {
        let array = Some(array::parse("0-2%1", 1001).unwrap());
        let id = play.sbatch_with(&cpus(1), BatchRequest { array, ..BatchRequest::default() });
        let states = |play: &Play| {
            let jobs = play.controller.job_views(&[id], 0);
            jobs.into_iter().map(|job| (job.state, job.reason)).collect::<Vec<_>>()
        };
        let full = (JobState::Pending, "JobArrayTaskLimit".to_owned());
        assert_eq!(states(&play), [(JobState::Running, "None".into()), full.clone(), full.clone()]);
        play.ends("n1", id, StepId::Batch, 0);
        assert_eq!(states(&play)[1..], [(JobState::Running, "None".into()), full]);
        play.controller.signal(&Target::ArrayTask(id, 2), None, false, false, 0).unwrap();
        assert_eq!(states(&play)[2].0, JobState::Cancelled);
        play.controller.signal(&Target::Job(id), None, false, false, 0).unwrap();
        play.ends("n1", id + 1, StepId::Batch, 0);
        let ended = states(&play).into_iter().map(|(state, _)| state).collect::<Vec<_>>();
        assert_eq!(ended, [JobState::Completed, JobState::Cancelled, JobState::Cancelled]);
    });
}

#[rstest]
#[case("afterok", 0, Some(true))]
#[case("afterok", 1, None)]
#[case("afternotok", 1, Some(true))]
#[case("afternotok", 0, None)]
#[case("afterany", 0, Some(true))]
#[case("afterany", 1, Some(true))]
fn dependencies_look_at_the_end(#[case] kind: &str, #[case] code: u8, #[case] runs: Option<bool>) {
    play(1, async |play| {
        let first = play.sbatch(&cpus(1));
        let second = play.sbatch(&after(&format!("{kind}:{first}")));
        assert_eq!(play.stands(second), (JobState::Pending, "Dependency".into()));
        play.ends("n1", first, StepId::Batch, code);
        match runs {
            Some(_) => assert_eq!(play.stands(second).0, JobState::Running),
            None => {
                assert_eq!(play.stands(second), (JobState::Pending, "DependencyNeverSatisfied".into()));
            }
        }
    });
}

#[test]
fn after_looks_at_the_start_and_singleton_at_the_name() {
    play(1, async |play| {
        let first = play.sbatch(&JobRequest { hold: true, ..cpus(1) });
        let second = play.sbatch(&after(&format!("after:{first}")));
        let third = play.sbatch(&after("singleton"));
        assert_eq!(play.stands(second).1, "Dependency");
        play.update(Update::Release(first));
        assert_eq!(play.stands(second).0, JobState::Running);
        assert_eq!(play.stands(third).1, "Dependency");
        play.ends("n1", first, StepId::Batch, 0);
        play.ends("n1", second, StepId::Batch, 0);
        assert_eq!(play.stands(third).0, JobState::Running);
    });
}

#[test]
fn a_job_for_nodes_that_are_gone_waits_alone() {
    play(2, async |play| {
        node(&play, &["n2"], "DRAIN");
        let named = play.sbatch(&JobRequest { nodelist: vec!["n2".into()], ..cpus(1) });
        let both = play.sbatch(&JobRequest { nodes: Some((2, 2)), ..cpus(1) });
        let other = play.sbatch(&cpus(1));
        assert_eq!(play.stands(named).1, "ReqNodeNotAvail, UnavailableNodes:n2");
        let words =
            "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions";
        assert_eq!(play.stands(both).1, words);
        assert_eq!(play.stands(other).0, JobState::Running);
        node(&play, &["n2"], "RESUME");
        assert_eq!(play.stands(named).0, JobState::Running);
        assert_eq!(play.stands(both).0, JobState::Running);
    });
}

#[test]
fn a_draining_node_keeps_its_jobs() {
    play(1, async |play| {
        let first = play.sbatch(&cpus(1));
        node(&play, &["n1"], "DRAIN");
        let second = play.sbatch(&cpus(1));
        let view = play.controller.node_views().remove(0);
        assert_eq!((view.state, view.drain, view.reason.as_deref()), (NodeState::Mixed, true, Some("test")));
        assert_eq!(play.stands(first).0, JobState::Running);
        assert!(play.stands(second).0.is_pending());
    });
}

#[test]
fn what_the_cluster_can_never_run_is_refused() {
    play(2, async |play| {
        let refused = |request: JobRequest| play.controller.submit(&request, None, (0, 0)).unwrap_err();
        assert_eq!(refused(cpus(5)), Refusal::Unsatisfiable);
        assert_eq!(refused(JobRequest { nodes: Some((3, 3)), ..cpus(1) }), Refusal::Unsatisfiable);
        assert_eq!(refused(JobRequest { nodelist: vec!["n9".into()], ..cpus(1) }), Refusal::InvalidNode);
        assert_eq!(refused(JobRequest { partition: Some("x".into()), ..cpus(1) }), Refusal::InvalidPartition);
        assert!(matches!(refused(after("before:1")), Refusal::Other(_)));
    });
}

#[test]
fn an_exclusive_job_has_its_nodes_alone() {
    play(1, async |play| {
        let alone = play.sbatch(&JobRequest { exclusive: true, ..cpus(1) });
        let other = play.sbatch(&cpus(1));
        assert_eq!(play.job(alone).num_cpus, 4);
        assert_eq!(play.stands(other).1, "Resources");
    });
}
