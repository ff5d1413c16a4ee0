//! How jobs end, are put back, and what the loss of their nodes does.

use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepId;

use crate::controller::testing::{cpus, play, play_with};
use crate::proto::control::{JobRequest, Refusal, StepRequest, Target, Update};
use crate::proto::node::{StepOrder, StepReport};
use crate::view::{ExitCode, JobState, NodeState};

#[test]
fn a_job_is_completing_until_nothing_is_left() {
    play(1, async |play| {
        let job = play.sbatch(&cpus(1));
        let step = play.srun(job, StepRequest { overlap: true, ..StepRequest::default() }).unwrap();
        play.ends("n1", job, StepId::Batch, 3);
        assert_eq!(play.stands(job).0, JobState::Completing);
        assert_eq!(play.controller.node_views()[0].state, NodeState::Completing);
        play.ends("n1", job, step, 0);
        assert_eq!(play.stands(job), (JobState::Failed, "NonZeroExitCode".into()));
        assert_eq!(play.job(job).exit_code, ExitCode::exited(3));
        assert_eq!(play.controller.node_views()[0].state, NodeState::Idle);
    });
}

#[test]
fn the_derived_exit_code_is_the_highest_of_the_steps() {
    play(1, async |play| {
        let job = play.sbatch(&cpus(1));
        for code in [2, 5, 1] {
            let step = play.srun(job, StepRequest::default()).unwrap();
            play.ends("n1", job, step, code);
        }
        play.ends("n1", job, StepId::Batch, 0);
        assert_eq!(play.stands(job).0, JobState::Completed);
        assert_eq!(play.job(job).derived_exit_code, ExitCode::exited(5));
    });
}

#[test]
fn a_waiting_job_is_taken_from_the_queue() {
    play(1, async |mut play| {
        let job = play.sbatch(&JobRequest { hold: true, ..cpus(1) });
        play.controller.signal(&Target::Job(job), None, false, false, 0).unwrap();
        assert_eq!(play.stands(job).0, JobState::Cancelled);
        assert!(play.orders().is_empty());
        let again = play.controller.signal(&Target::Job(job), None, false, false, 0);
        assert_eq!(again, Err(Refusal::AlreadyDone));
    });
}

#[test]
fn others_may_not_touch_a_job() {
    play(1, async |play| {
        let job = play.sbatch(&cpus(1));
        let signal = play.controller.signal(&Target::Job(job), None, false, false, 12345);
        assert_eq!(signal, Err(Refusal::Denied));
        assert_eq!(play.controller.update(Update::Hold(job), 12345), Err(Refusal::Denied));
        assert!(play.controller.job_views(&[job], 12345)[0].script.is_none());
    });
}

#[test]
fn a_finished_job_can_be_requeued() {
    play(1, async |mut play| {
        let job = play.sbatch(&cpus(1));
        play.ends("n1", job, StepId::Batch, 1);
        assert_eq!(play.stands(job).0, JobState::Failed);
        play.orders();
        play.update(Update::Requeue(job, false));
        assert_eq!(play.stands(job), (JobState::Running, "None".into()));
        assert_eq!((play.job(job).restarts, play.job(job).exit_code), (1, ExitCode::default()));
        assert!(matches!(play.order().await.order, StepOrder::Launch(_)));
    });
}

#[test]
fn a_running_job_is_requeued_when_its_steps_are_gone() {
    play(1, async |mut play| {
        let job = play.sbatch(&cpus(1));
        play.update(Update::Requeue(job, true));
        assert_eq!(play.terminated().await.1, "DUE TO JOB REQUEUE");
        assert_eq!(play.stands(job).0, JobState::Completing);
        play.ends("n1", job, StepId::Batch, 0);
        assert_eq!(play.stands(job).0, JobState::RequeueHold);
        play.update(Update::Release(job));
        assert_eq!(play.stands(job).0, JobState::Running);
    });
}

#[test]
fn an_allocation_cannot_be_requeued() {
    play(1, async |play| {
        let job = play.salloc(&cpus(1));
        assert!(matches!(play.controller.update(Update::Requeue(job, false), 0), Err(Refusal::Other(_))));
    });
}

#[test]
fn a_script_that_cannot_be_launched_fails_as_the_guide_promises() {
    let message = "no bundle at /nope";
    let failed = StepReport::LaunchFailed { errno: libc::ENOENT, message: message.into() };
    play(1, async |play| {
        let job = play.sbatch(&cpus(1));
        play.says("n1", job, StepId::Batch, failed.clone());
        play.ends("n1", job, StepId::Batch, 1);
        assert_eq!(play.stands(job), (JobState::Failed, message.into()));
    });
    // R-OPEN-12
    play_with(1, Release::V24_11, &[], async |play| {
        let job = play.sbatch(&cpus(1));
        play.says("n1", job, StepId::Batch, failed.clone());
        play.ends("n1", job, StepId::Batch, 1);
        assert_eq!(play.stands(job), (JobState::RequeueHold, "launch failed requeued held".into()));
    });
}

#[test]
fn the_loss_of_a_node_ends_its_jobs_and_no_others() {
    play(2, async |mut play| {
        let wide = play.sbatch(&JobRequest { nodes: Some((2, 2)), ..cpus(1) });
        let other = play.sbatch(&JobRequest { nodelist: vec!["n1".into()], ..cpus(1) });
        let step = play.srun(wide, StepRequest { overlap: true, ..StepRequest::default() }).unwrap();
        play.orders();
        play.controller.node_lost("n2");
        assert_eq!(play.terminated().await.1, "DUE TO NODE FAILURE");
        let view = play.controller.node_views().remove(1);
        assert_eq!((view.state, view.not_responding), (NodeState::Down, true));
        assert_eq!(play.stands(wide).0, JobState::Completing);
        play.ends("n1", wide, StepId::Batch, 0);
        play.ends("n1", wide, step, 0);
        assert_eq!(play.stands(wide), (JobState::NodeFail, "NodeDown".into()));
        assert_eq!(play.stands(other).0, JobState::Running);
    });
}

#[test]
fn a_lost_step_daemon_ends_its_step_alone() {
    play(1, async |play| {
        let job = play.salloc(&cpus(2));
        let step = play.srun(job, StepRequest::default()).unwrap();
        play.says("n1", job, step, StepReport::Gone { lost: true });
        assert_eq!(play.job(job).steps[0].state, JobState::NodeFail);
        assert_eq!(play.stands(job).0, JobState::Running);
        let batch = play.sbatch(&cpus(1));
        play.says("n1", batch, StepId::Batch, StepReport::Gone { lost: true });
        assert_eq!(play.stands(batch).0, JobState::NodeFail);
    });
}
