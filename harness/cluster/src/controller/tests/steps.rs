//! The CPUs of steps, where their tasks go, and what signals reach.

use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepId;

use crate::controller::testing::{cpus, play, play_with};
use crate::proto::control::{JobRequest, Refusal, StepRequest, Target};
use crate::proto::node::{NodeOrder, StepOrder};

fn tasks(count: u32) -> StepRequest {
    StepRequest { ntasks: Some(count), ..StepRequest::default() }
}

fn nested() -> StepRequest {
    StepRequest { inside: Some(0), ..tasks(2) }
}

#[test]
fn a_step_waits_for_cpus_of_its_job() {
    play(1, async |play| {
        let job = play.salloc(&JobRequest { ntasks: Some(2), ..cpus(1) });
        let first = play.srun(job, tasks(2)).unwrap();
        assert_eq!(play.srun(job, tasks(1)), None);
        assert_eq!(play.srun(job, StepRequest { overlap: true, ..tasks(1) }), Some(StepId::Number(1)));
        play.ends("n1", job, first, 0);
        assert_eq!(play.srun(job, tasks(1)), Some(StepId::Number(2)));
        let refused = play.controller.try_step(&StepRequest { job_id: job, ..tasks(3) }, 0);
        assert!(matches!(refused, Err(Refusal::TooMany)));
    });
}

#[test]
fn a_step_asked_for_inside_another_one_runs_on_the_guides_terms_only() {
    play(1, async |play| {
        let job = play.salloc(&JobRequest { ntasks: Some(2), ..cpus(1) });
        play.srun(job, tasks(2)).unwrap();
        assert_eq!(play.srun(job, nested()), Some(StepId::Number(1)));
    });
    // R-OPEN-6
    play_with(1, Release::V24_11, &[], async |play| {
        let job = play.salloc(&JobRequest { ntasks: Some(2), ..cpus(1) });
        play.srun(job, tasks(2)).unwrap();
        assert_eq!(play.srun(job, nested()), None);
    });
}

#[test]
fn ranks_go_to_nodes_by_distribution() {
    play(2, async |mut play| {
        let job = play.salloc(&JobRequest { nodes: Some((2, 2)), ntasks: Some(4), ..cpus(1) });
        let mut layout = |distribution: Option<&str>| {
            let distribution = distribution.map(str::to_owned);
            let step = play.srun(job, StepRequest { distribution, overlap: true, ..tasks(4) });
            assert!(step.is_some());
            let ranks = |order: NodeOrder| match order.order {
                StepOrder::Launch(launch) => {
                    launch.spec.tasks.iter().map(|task| task.global_id).collect::<Vec<_>>()
                }
                _ => Vec::new(),
            };
            play.orders().into_iter().map(ranks).collect::<Vec<_>>()
        };
        assert_eq!(layout(None), [[0, 1], [2, 3]]);
        assert_eq!(layout(Some("cyclic")), [[0, 2], [1, 3]]);
    });
}

#[test]
fn a_signal_reaches_the_steps_and_the_script_only_when_asked() {
    play(1, async |mut play| {
        let job = play.sbatch(&cpus(1));
        let step = play.srun(job, StepRequest::default()).unwrap();
        let mut reached = |batch: bool, full: bool| {
            play.orders();
            play.controller.signal(&Target::Job(job), Some(libc::SIGUSR1), batch, full, 0).unwrap();
            play.orders().into_iter().map(|order| order.key.step).collect::<Vec<_>>()
        };
        assert_eq!(reached(false, false), [step]);
        assert_eq!(reached(true, false), [StepId::Batch]);
        assert_eq!(reached(false, true), [StepId::Batch, step]);
    });
}

#[test]
fn a_jobs_container_is_its_own_steps_alone() {
    play(1, async |mut play| {
        let job = play.sbatch(&JobRequest { container: Some("/bundle".into()), ..cpus(1) });
        play.srun(job, StepRequest::default()).unwrap();
        let containers = play.orders().into_iter().map(|order| match order.order {
            StepOrder::Launch(launch) => launch.spec.container,
            _ => None,
        });
        // G-REQ-7
        assert_eq!(containers.collect::<Vec<_>>(), [Some("/bundle".into()), None]);
    });
}
