//! The command itself: targets in, one request for each.

use std::ffi::OsString;
use std::io::Write as _;

use super::options::{self, ScancelOptions};
use super::target::Named;
use crate::client::ask;
use crate::client::connect::Controller;
use crate::client::options::process_env;
use crate::client::say::Voice;
use crate::proto::control::{Refusal, Target};
use crate::proto::{Reply, Request};
use crate::view::JobView;

/// Runs `scancel` with the arguments behind its name; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let options = match options::read(args, &process_env) {
        Ok(options) => options,
        Err(error) => return error.report(Voice::new("scancel")),
    };
    if let Some(what) = options.show {
        return show(what);
    }
    let voice = Voice { tool: "scancel", quiet: options.quiet, verbose: options.verbose };
    if options.named.is_empty() && options.filter.is_empty() {
        voice.error("No job identification provided");
        return 1;
    }
    let targets = match targets(&options) {
        Ok(targets) => targets,
        Err(error) => {
            voice.error(error);
            return 1;
        }
    };
    // Every target is tried, whatever became of those before it.
    targets.into_iter().map(|(name, target)| cancel(voice, &options, &name, target)).max().unwrap_or(0)
}

fn show(what: &str) -> i32 {
    if what == "version" {
        return ask::print_version("scancel");
    }
    i32::from(std::io::stdout().write_all(options::help_text(what == "usage").as_bytes()).is_err())
}

/// What is to be signalled, each with the name that it has for the user.
fn targets(options: &ScancelOptions) -> Result<Vec<(String, Target)>, ask::AskError> {
    let needs_jobs = !options.filter.is_empty()
        || options.named.iter().any(|named| named.task_id.is_some() && named.step.is_some());
    let jobs = if needs_jobs { ask::jobs(Vec::new())? } else { Vec::new() };
    if options.named.is_empty() {
        let chosen = jobs.iter().filter(|job| options.filter.lets(job));
        return Ok(chosen.map(|job| (job.display_id(), Target::Job(job.id))).collect());
    }
    let mut targets = Vec::new();
    for named in &options.named {
        if options.filter.is_empty() {
            targets.push((named.to_string(), plain_target(*named, &jobs)));
            continue;
        }
        for job in jobs.iter().filter(|job| is_named(*named, job) && options.filter.lets(job)) {
            targets.push(match named.step {
                Some(step) => (named.to_string(), Target::Step(job.id, step)),
                None => (job.display_id(), Target::Job(job.id)),
            });
        }
    }
    Ok(targets)
}

fn plain_target(named: Named, jobs: &[JobView]) -> Target {
    match named {
        Named { job_id, task_id: None, step: None } => Target::Job(job_id),
        Named { job_id, task_id: Some(task_id), step: None } => Target::ArrayTask(job_id, task_id),
        Named { job_id, step: Some(step), .. } => {
            // A step belongs to the job of the array that has its own id; one that is not known is refused by it.
            let job = jobs.iter().find(|job| named.task_id.is_some() && is_named(named, job));
            Target::Step(job.map_or(job_id, |job| job.id), step)
        }
    }
}

fn is_named(named: Named, job: &JobView) -> bool {
    match (&job.array, named.task_id) {
        (Some(array), Some(task_id)) => array.job_id == named.job_id && array.task_id == task_id,
        (Some(array), None) => array.job_id == named.job_id || job.id == named.job_id,
        (None, None) => job.id == named.job_id,
        (None, Some(_)) => false,
    }
}

fn cancel(voice: Voice, options: &ScancelOptions, name: &str, target: Target) -> i32 {
    let noun = if matches!(target, Target::Step(..)) { "step" } else { "job" };
    match options.signal {
        Some(signal) => voice.debug(format_args!("Signal {signal} to {noun} {name}")),
        None => voice.debug(format_args!("Terminating {noun} {name}")),
    }
    let request =
        Request::Signal { target, signal: options.signal, batch: options.batch, full: options.full };
    let reply = Controller::connect().and_then(|mut controller| controller.ask(&request));
    let (error, code) = match reply {
        Ok(Reply::Done) => return 0,
        // What is to end has ended: that is no failure, and no news.
        Ok(Reply::Error(Refusal::AlreadyDone)) if noun == "job" => {
            if voice.verbose == 0 {
                return 0;
            }
            (Refusal::AlreadyDone.to_string(), 0)
        }
        Ok(Reply::Error(refusal)) => (refusal.to_string(), 1),
        Ok(other) => (format!("unexpected answer {other:?}"), 1),
        Err(error) => (error.to_string(), 1),
    };
    if !voice.quiet {
        let what = if noun == "step" { "job step id" } else { "job id" };
        voice.error(format_args!("Kill job error on {what} {name}: {error}"));
    }
    code
}

#[cfg(test)]
mod tests {
    use plimsoll_launcher::step::StepId;

    use super::*;
    use crate::client::sample;

    #[test]
    fn a_step_of_an_array_is_found_by_the_job_s_own_id() {
        let named = Named { job_id: 12, task_id: Some(3), step: Some(StepId::Number(0)) };
        assert_eq!(plain_target(named, &[]), Target::Step(12, StepId::Number(0)));
        let jobs = sample::jobs();
        let in_array = jobs.iter().find(|job| job.array.is_some());
        if let Some((job, array)) = in_array.and_then(|job| Some((job, job.array.as_ref()?))) {
            let named = Named { job_id: array.job_id, task_id: Some(array.task_id), ..named };
            assert_eq!(plain_target(named, &jobs), Target::Step(job.id, StepId::Number(0)));
        }
    }
}
