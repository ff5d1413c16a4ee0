//! The command itself: an allocation where there is none, a step, and the end of both.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use plimsoll_launcher::Release;

use super::mpi;
use super::options::{self, SrunOptions};
use super::session::{self, HELD, Plan, StreamOptions};
use super::step::Outcome;
use crate::client::allocate::{self, AllocateError};
use crate::client::connect::Controller;
use crate::client::environment;
use crate::client::options::process_env;
use crate::client::place::Place;
use crate::client::say::Voice;
use crate::client::signals::Signals;
use crate::proto::control::StepRequest;
use crate::proto::{Reply, Request};
use crate::slurm_env::lay_over;

/// The controller notes the end of a job at once; one that does not is busy with its own end.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);
/// Clean-up of containers takes a few calls of the runtime; a step whose clean-up takes longer goes on without srun.
const CLEANUP_WITHIN: Duration = Duration::from_secs(60);
/// Steps with this number or a higher one are the batch script's, salloc's and the like: their tasks hold no CPUs of their
/// own (source: oci-conf.md, patterns).
const FIRST_SPECIAL_STEP: u32 = 4_294_967_280;

/// Runs `srun` with the arguments behind its name; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let options = match options::read(args, &process_env) {
        Ok(options) => options,
        Err(error) => return error.report(Voice::new("srun")),
    };
    let voice = options.shared.voice("srun");
    if let Some(what) = options.shared.show {
        return show(what);
    }
    if options.mpi.as_deref() == Some("list") {
        return print(&mpi::list());
    }
    if options.command.is_empty() {
        voice.fatal("No command given to execute.");
        return 1;
    }
    if let Some(Err(why)) = options.mpi.as_deref().map(plimsoll_pmi::kind::find) {
        voice.error(why);
        return 1;
    }
    if options.shared.job.container_id.is_some() && !release().at_least(Release::V23_02) {
        eprintln!("srun: unrecognized option '--container-id'\nTry \"srun --help\" for more information");
        return NO_OPTION;
    }
    match launch(voice, options) {
        Ok(outcome) => outcome.code,
        Err(code) => code,
    }
}

/// What srun exits with for an option that it does not know.
const NO_OPTION: i32 = 255;

fn show(what: &str) -> i32 {
    if what != "version" {
        return print(&options::help_text(what == "usage"));
    }
    print(&format!("slurm {}\n", release().version()))
}

/// The release whose behaviour is meant; the guide's without a cluster.
fn release() -> Release {
    match Controller::connect().and_then(|mut controller| controller.ask(&Request::Config)) {
        Ok(Reply::Config(config)) => config.release,
        _ => Release::Guide,
    }
}

fn print(text: &str) -> i32 {
    i32::from(std::io::stdout().write_all(text.as_bytes()).is_err())
}

fn launch(voice: Voice, mut options: SrunOptions) -> Result<Outcome, i32> {
    let failed = |error: &dyn std::fmt::Display| {
        voice.error(error);
        1
    };
    let mut signals = Signals::hold(&HELD).map_err(|error| failed(&error))?;
    let place = Place::here();
    let mut own = environment::capture();
    // How loud srun is: its tasks' sruns go by it, unless it is not exported.
    lay_over(&mut own, vec![("SRUN_DEBUG".into(), "3".into())]);
    lay_over(&mut own, environment::starters());
    let mut env = environment::export(options.shared.export.as_deref(), own);
    lay_over(&mut env, environment::limits());
    fit_nodes(voice, &mut options);
    let name = name(&options);
    let connect = Controller::connect();
    let mut controller =
        connect.map_err(|error| failed(&format_args!("Unable to allocate resources: {error}")))?;
    let mut step = step_request(&options, name.clone(), env.clone(), &place);
    let own_job = options.job_id.is_none();
    if own_job {
        let command = options.command.first().map(|word| word.to_string_lossy().into_owned());
        let mut job = options.shared.clone().into_request(name, command, env, &place);
        job.for_srun = true;
        let allocation = allocate::allocate(voice, &mut controller, &mut signals, job)
            .map_err(|error| no_allocation(voice, &error))?;
        step.job_id = allocation.job_id;
    }
    let job_id = step.job_id;
    let plan = Plan {
        tasks: options.shared.job.ntasks.or(step.nodes.map(|(min, _)| min)).unwrap_or(1),
        request: step,
        streams: StreamOptions {
            targets: options.shared.streams.clone(),
            append: options.shared.append,
            label: options.label,
            pty: options.pty,
        },
        kill_on_bad_exit: options.kill_on_bad_exit.unwrap_or(false),
        wait: options.wait,
        dir: place.dir.clone(),
    };
    let outcome = session::run(voice, &mut controller, &mut signals, plan)?;
    if own_job {
        complete(&mut controller, job_id, outcome);
    } else {
        // The job's next step finds the CPUs of this one free.
        await_reply(&mut controller, CLEANUP_WITHIN, |reply| {
            matches!(reply, Reply::StepOver | Reply::Ended { .. })
        });
    }
    Ok(outcome)
}

/// Fewer tasks than nodes need fewer nodes.
fn fit_nodes(voice: Voice, options: &mut SrunOptions) {
    let job = &mut options.shared.job;
    if let (Some(tasks), Some((min, _))) = (job.ntasks, job.nodes)
        && tasks < min
    {
        voice.info(format_args!(
            "Warning: can't run {tasks} processes on {min} nodes, setting nnodes to {tasks}"
        ));
        job.nodes = Some((tasks, tasks));
    }
}

/// `--job-name`, which a job's variable is not, or the command's own name.
fn name(options: &SrunOptions) -> String {
    match &options.shared.name {
        Some((name, from_command_line)) if *from_command_line || options.job_id.is_none() => name.clone(),
        _ => {
            let command = options.command.first().map(std::path::Path::new);
            let base = command.and_then(std::path::Path::file_name).unwrap_or_default();
            base.to_string_lossy().into_owned()
        }
    }
}

fn step_request(
    options: &SrunOptions,
    name: String,
    env: crate::slurm_env::Env,
    place: &Place,
) -> StepRequest {
    let job = &options.shared.job;
    StepRequest {
        job_id: options.job_id.unwrap_or_default(),
        argv: options.command.clone(),
        env,
        work_dir: place.work_dir(options.shared.chdir.as_deref()),
        name,
        nodes: job.nodes,
        ntasks: job.ntasks,
        ntasks_per_node: job.ntasks_per_node,
        cpus_per_task: job.cpus_per_task,
        nodelist: job.nodelist.clone(),
        exclude: job.exclude.clone(),
        distribution: job.distribution.clone(),
        // The daemons of another launcher share the job's CPUs with what they start.
        overlap: options.overlap || options.external_launcher,
        exclusive: job.exclusive,
        immediate: job.immediate,
        inside: options.job_id.and_then(|_| inside(process_env("SLURM_STEP_ID"))),
        time_limit: job.time_limit,
        container: job.container.clone(),
        container_id: job.container_id.clone(),
        mpi: options.mpi.clone(),
        kill_on_bad_exit: options.kill_on_bad_exit,
        cpu_bind: options.cpu_bind.clone(),
        umask: umask(),
        warn: options.shared.warn.map(|warn| (warn.signal, warn.seconds)),
        srun_host: place.host.clone(),
        srun_pid: place.pid,
        ..StepRequest::default()
    }
}

/// The step in whose task srun runs.
fn inside(step_id: Option<OsString>) -> Option<u32> {
    step_id?.to_str()?.parse().ok().filter(|step| *step < FIRST_SPECIAL_STEP)
}

/// This process's umask. It can only be asked for by setting it; nothing else runs here yet that could notice.
pub fn umask() -> u32 {
    let mask = nix::sys::stat::umask(nix::sys::stat::Mode::empty());
    nix::sys::stat::umask(mask);
    mask.bits()
}

fn no_allocation(voice: Voice, error: &AllocateError) -> i32 {
    let text = match error {
        AllocateError::Refused(refusal) => allocate::refusal("Unable to allocate resources", refusal),
        AllocateError::Cancelled(_) => {
            voice.info("Job has been cancelled");
            "Unable to allocate resources: Job/step already completing or completed".to_owned()
        }
        AllocateError::Interrupted(Some(job_id)) => {
            voice.info(format_args!("Job allocation {job_id} has been revoked"));
            voice.info(format_args!("Force Terminated JobId={job_id}"));
            return 1;
        }
        AllocateError::Connect(_) | AllocateError::Interrupted(None) => {
            format!("Unable to allocate resources: {error}")
        }
    };
    voice.error(text);
    1
}

/// Ends the job that srun made.
fn complete(controller: &mut Controller, job_id: u32, outcome: Outcome) {
    let exit_code = (!outcome.given_up).then_some(outcome.worst);
    if controller.send(&Request::Complete { job_id, exit_code }).is_ok() {
        await_reply(controller, GOODBYE_WITHIN, |reply| matches!(reply, Reply::Done | Reply::Ended { .. }));
    }
}

/// Waits until the controller says what is wanted, is gone, or time is up.
pub fn await_reply(
    controller: &mut Controller,
    within: Duration,
    wanted: impl Fn(&Reply) -> bool,
) -> Option<Reply> {
    let deadline = Instant::now() + within;
    loop {
        while let Ok(Some(reply)) = controller.pending() {
            if wanted(&reply) {
                return Some(reply);
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left.as_millis()).unwrap_or(PollTimeout::MAX);
        let ready = poll(&mut [PollFd::new(controller.as_fd(), PollFlags::POLLIN)], timeout);
        if !matches!(ready, Ok(1..)) || controller.fill().is_err() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(Some("0"), Some(0))]
    #[case(Some("4294967290"), None)]
    #[case(Some("batch"), None)]
    #[case(None, None)]
    fn only_steps_of_srun_are_inside(#[case] step: Option<&str>, #[case] inside_of: Option<u32>) {
        assert_eq!(inside(step.map(OsString::from)), inside_of);
    }

    #[test]
    fn a_jobs_name_is_not_its_steps() {
        let shared = |name: Option<(&str, bool)>| crate::client::request::JobOptions {
            name: name.map(|(name, own)| (name.to_owned(), own)),
            ..Default::default()
        };
        let options = |job_id, shared| SrunOptions {
            job_id,
            shared,
            command: vec!["/bin/true".into()],
            ..SrunOptions::default()
        };
        assert_eq!(name(&options(Some(5), shared(Some(("wrap", false))))), "true");
        assert_eq!(name(&options(None, shared(Some(("wrap", false))))), "wrap");
        assert_eq!(name(&options(Some(5), shared(Some(("mine", true))))), "mine");
    }
}
