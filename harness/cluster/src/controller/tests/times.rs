//! Limits, warnings, times to begin, and what is forgotten. A minute takes 60 ms here.

use std::time::Duration;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepId;
use tokio::time::Instant;

use crate::controller::testing::{TIME_SCALE, cpus, play, play_with};
use crate::proto::control::{BatchRequest, JobRequest, StepRequest, Update};
use crate::proto::node::{StepKey, StepOrder};
use crate::time;
use crate::view::JobState;

fn minutes(count: f64) -> Duration {
    Duration::from_secs_f64(count * 60.0 * TIME_SCALE)
}

fn limit(count: u32) -> JobRequest {
    JobRequest { time_limit: Some(Some(count)), ..cpus(1) }
}

#[test]
fn a_job_ends_at_its_limit() {
    play(1, async |mut play| {
        let (job, began) = (play.sbatch(&limit(1)), Instant::now());
        let key = StepKey { job_id: job, step: StepId::Batch };
        assert_eq!(play.terminated().await, (key, "DUE TO TIME LIMIT".into()));
        assert!(began.elapsed() >= minutes(1.0), "after {:?}", began.elapsed());
        assert_eq!(play.stands(job).0, JobState::Completing);
        play.ends("n1", job, StepId::Batch, 0);
        assert_eq!(play.stands(job), (JobState::Timeout, "TimeLimit".into()));
    });
}

#[test]
fn a_limit_that_is_raised_counts_from_the_start() {
    play(1, async |mut play| {
        let (job, began) = (play.sbatch(&limit(3)), Instant::now());
        tokio::time::sleep(minutes(2.5)).await;
        play.update(Update::TimeLimit(job, Some(4)));
        play.terminated().await;
        let took = began.elapsed();
        // From the change on it would be 6.5 minutes.
        assert!(took >= minutes(4.0) && took < minutes(6.5), "{took:?}");
    });
}

#[test]
fn a_limit_may_come_later_and_go_again() {
    play(1, async |mut play| {
        let job = play.sbatch(&cpus(1));
        play.update(Update::TimeLimit(job, Some(1)));
        play.update(Update::TimeLimit(job, None));
        tokio::time::sleep(minutes(2.0)).await;
        assert_eq!(play.stands(job).0, JobState::Running);
        play.update(Update::TimeLimit(job, Some(1)));
        assert_eq!(play.terminated().await.1, "DUE TO TIME LIMIT");
    });
}

#[test]
fn time_does_not_pass_for_a_suspended_job() {
    play(1, async |mut play| {
        let (job, began) = (play.sbatch(&limit(1)), Instant::now());
        play.update(Update::Suspend(job));
        assert_eq!(play.stands(job).0, JobState::Suspended);
        tokio::time::sleep(minutes(2.0)).await;
        assert_eq!(play.stands(job).0, JobState::Suspended);
        play.update(Update::Resume(job));
        play.terminated().await;
        assert!(began.elapsed() >= minutes(2.9), "{:?}", began.elapsed());
    });
}

#[test]
fn a_warning_comes_before_the_limit() {
    play(1, async |mut play| {
        let batch = BatchRequest { warn: Some((libc::SIGUSR1, 30, true)), ..BatchRequest::default() };
        let (job, began) = (play.sbatch_with(&limit(1), batch), Instant::now());
        assert!(matches!(play.order().await.order, StepOrder::Launch(_)));
        let warning = play.order().await;
        assert_eq!(warning.order, StepOrder::Signal { signal: libc::SIGUSR1, full: false });
        assert_eq!(warning.key, StepKey { job_id: job, step: StepId::Batch });
        assert!(began.elapsed() >= minutes(0.5), "{:?}", began.elapsed());
        assert_eq!(play.terminated().await.1, "DUE TO TIME LIMIT");
    });
}

#[test]
fn a_step_has_a_limit_of_its_own() {
    play(1, async |mut play| {
        let job = play.salloc(&cpus(2));
        let request = StepRequest { time_limit: Some(Some(1)), ..StepRequest::default() };
        let step = play.srun(job, request).unwrap();
        assert_eq!(play.terminated().await, (StepKey { job_id: job, step }, "DUE TO TIME LIMIT".into()));
        assert_eq!(play.stands(job).0, JobState::Running);
        play.ends("n1", job, step, 0);
        assert_eq!(play.job(job).steps[0].state, JobState::Timeout);
    });
}

#[test]
fn a_job_begins_when_its_scaled_time_has_come() {
    play(1, async |play| {
        // A minute away by the clock, and the test would not wait for that.
        let job = play.sbatch(&JobRequest { begin: Some(time::now() + 60), ..cpus(1) });
        assert_eq!(play.stands(job), (JobState::Pending, "BeginTime".into()));
        play.until(job, JobState::Running).await;
    });
}

#[test]
fn finished_jobs_are_forgotten_but_not_those_that_matter() {
    play_with(1, Release::Guide, &[("MinJobAge", "0.05")], async |play| {
        let [first, second] = [cpus(1), cpus(1)].map(|request| play.sbatch(&request));
        let dependency = Some(format!("afterok:{first}"));
        let waits = play.sbatch(&JobRequest { dependency, ..cpus(1) });
        play.ends("n1", first, StepId::Batch, 1);
        play.ends("n1", second, StepId::Batch, 0);
        assert_eq!(play.stands(second).0, JobState::Completed);
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert!(play.controller.job_views(&[second], 0).is_empty());
        assert_eq!(play.stands(first).0, JobState::Failed);
        assert_eq!(play.stands(waits).1, "DependencyNeverSatisfied");
    });
}
