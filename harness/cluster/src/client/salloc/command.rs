//! The command itself: an allocation, what runs in it, and its end.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::local::Local;
use super::options::{self, SallocOptions};
use crate::client::allocate::{self, AllocateError};
use crate::client::ask;
use crate::client::connect::Controller;
use crate::client::environment;
use crate::client::options::process_env;
use crate::client::place::Place;
use crate::client::say::Voice;
use crate::client::signals::Signals;
use crate::client::srun::session::{self, HELD, Plan, StreamOptions};
use crate::client::srun::{await_reply, umask};
use crate::proto::control::{Allocation, StepRequest};
use crate::proto::{Reply, Request};
use crate::slurm_env::{Env, lay_over};
use crate::view::ExitCode;

/// The controller notes the end of a job at once; one that does not is busy with its own end.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);
/// The shell of users who have set none.
const DEFAULT_SHELL: &str = "/bin/sh";

/// What runs in the allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Runs {
    /// Nothing (`--no-shell`).
    Nothing,
    /// A command where salloc runs.
    Here(Vec<OsString>),
    /// A command as the job's interactive step, with a terminal or without.
    Inside(Vec<OsString>, bool),
}

/// What ended.
struct End {
    code: i32,
    exit_code: ExitCode,
    revoked: bool,
}

/// Runs `salloc` with the arguments behind its name; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let options = match options::read(args, &process_env) {
        Ok(options) => options,
        Err(error) => return error.report(Voice::new("salloc")),
    };
    if let Some(what) = options.shared.show {
        return show(what);
    }
    let voice = options.shared.voice("salloc");
    allocate(voice, &options).unwrap_or_else(|code| code)
}

fn show(what: &str) -> i32 {
    if what == "version" {
        return ask::print_version("salloc");
    }
    i32::from(std::io::stdout().write_all(options::help_text(what == "usage").as_bytes()).is_err())
}

fn allocate(voice: Voice, options: &SallocOptions) -> Result<i32, i32> {
    let failed = |error: &dyn std::fmt::Display| {
        voice.error(error);
        1
    };
    let runs = what_runs(voice, options)?;
    let held = HELD.into_iter().chain([Signal::SIGCHLD]).collect::<Vec<_>>();
    let mut signals = Signals::hold(&held).map_err(|error| failed(&error))?;
    let mut controller = Controller::connect()
        .map_err(|error| failed(&format_args!("Job submit/allocate failed: {error}")))?;
    let place = Place::here();
    let env = environment::for_new_job(environment::capture());
    let command = options.command.first().map(|word| word.to_string_lossy().into_owned());
    let mut job = options.shared.clone().into_request(name(options), command, env.clone(), &place);
    job.detached = runs == Runs::Nothing;
    let allocation = allocate::allocate(voice, &mut controller, &mut signals, job)
        .map_err(|error| no_allocation(voice, &error))?;
    let job_id = allocation.job_id;
    voice.info(format_args!("Granted job allocation {job_id}"));
    if allocation.release.is_later() {
        voice.info(format_args!("Nodes {} are ready for job", crate::hostlist::compress(&allocation.nodes)));
    }
    let end = match runs {
        Runs::Nothing => return Ok(0),
        Runs::Here(argv) => {
            here(voice, options, &argv, env, &allocation, &place, (&mut controller, &mut signals))
        }
        Runs::Inside(argv, pty) => {
            let plan = plan(options, argv, pty, env, &allocation, &place);
            inside(voice, plan, &mut controller, &mut signals)
        }
    };
    if !end.revoked {
        relinquish(voice, &mut controller, job_id, end.exit_code);
    }
    Ok(end.code)
}

/// Gives the allocation back, which may have ended a moment before.
fn relinquish(voice: Voice, controller: &mut Controller, job_id: u32, exit_code: ExitCode) {
    let told = controller.send(&Request::Complete { job_id, exit_code: Some(exit_code) });
    let wanted = |reply: &Reply| matches!(reply, Reply::Done | Reply::Ended { .. });
    let reply = told.ok().and_then(|()| await_reply(controller, GOODBYE_WITHIN, wanted));
    if matches!(reply, Some(Reply::Ended { .. })) {
        voice.info(format_args!("Job allocation {job_id} has been revoked."));
    } else {
        voice.info(format_args!("Relinquishing job allocation {job_id}"));
    }
}

/// Decides what runs, and where (rules L-REQ-3 and G-REQ-3).
fn what_runs(voice: Voice, options: &SallocOptions) -> Result<Runs, i32> {
    let has_container = options.shared.job.container.is_some();
    let has_command = !options.command.is_empty();
    if options.no_shell && !has_container {
        return Ok(Runs::Nothing);
    }
    if has_command && !has_container {
        return Ok(Runs::Here(options.command.clone()));
    }
    let config = ask::config().map_err(|error| {
        voice.error(format_args!("Job submit/allocate failed: {error}"));
        1
    })?;
    if has_container && !config.use_interactive_step {
        voice.error("--container requires LaunchParameters=use_interactive_step");
        return Err(1);
    }
    if options.no_shell {
        return Ok(Runs::Nothing);
    }
    if !has_command {
        let shell = vec![process_env("SHELL").unwrap_or_else(|| DEFAULT_SHELL.into())];
        return Ok(if config.use_interactive_step { Runs::Inside(shell, true) } else { Runs::Here(shell) });
    }
    // The releases run an explicit command on the submit host; the guide says that it runs in the container.
    if config.release.has_open_defects() {
        return Ok(Runs::Here(options.command.clone()));
    }
    let pty = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    Ok(Runs::Inside(options.command.clone(), pty))
}

/// `--job-name`, or the command's own name.
fn name(options: &SallocOptions) -> String {
    if let Some((name, _)) = &options.shared.name {
        return name.clone();
    }
    match options.command.first() {
        Some(command) => {
            std::path::Path::new(command).file_name().unwrap_or_default().to_string_lossy().into_owned()
        }
        None => "interactive".to_owned(),
    }
}

fn here(
    voice: Voice,
    options: &SallocOptions,
    argv: &[OsString],
    mut env: Env,
    allocation: &Allocation,
    place: &Place,
    (controller, signals): (&mut Controller, &mut Signals),
) -> End {
    lay_over(&mut env, allocation.env.clone());
    let local = Local {
        argv,
        env,
        dir: place.work_dir(options.shared.chdir.as_deref()),
        job_id: allocation.job_id,
        kill_command: options.kill_command,
    };
    match local.run(voice, controller, signals) {
        Ok(end) => End { code: end.exit_code.shell_code(), exit_code: end.exit_code, revoked: end.revoked },
        Err(error) => {
            let command = argv.first().map(|word| word.to_string_lossy()).unwrap_or_default();
            match error.kind() {
                std::io::ErrorKind::NotFound => {
                    voice.error(format_args!("Unable to find command \"{command}\""));
                }
                _ => voice.error(format_args!("Unable to run command \"{command}\": {error}")),
            }
            End { code: 1, exit_code: ExitCode::exited(1), revoked: false }
        }
    }
}

fn plan(
    options: &SallocOptions,
    argv: Vec<OsString>,
    pty: bool,
    mut env: Env,
    allocation: &Allocation,
    place: &Place,
) -> Plan {
    lay_over(&mut env, allocation.env.clone());
    let request = StepRequest {
        job_id: allocation.job_id,
        interactive: true,
        argv,
        env,
        work_dir: place.work_dir(options.shared.chdir.as_deref()),
        name: "interactive".to_owned(),
        nodes: Some((1, 1)),
        ntasks: Some(1),
        // The shell holds no CPUs that the job's steps could want.
        overlap: true,
        container: options.shared.job.container.clone(),
        container_id: options.shared.job.container_id.clone(),
        umask: umask(),
        srun_host: place.host.clone(),
        srun_pid: place.pid,
        ..StepRequest::default()
    };
    let streams = StreamOptions { pty, ..StreamOptions::default() };
    Plan { request, tasks: 1, streams, kill_on_bad_exit: false, wait: None, dir: place.dir.clone() }
}

/// Runs the interactive step, which is an srun's in Slurm and speaks as one.
fn inside(voice: Voice, plan: Plan, controller: &mut Controller, signals: &mut Signals) -> End {
    let job_id = plan.request.job_id;
    match session::run(Voice { tool: "srun", ..voice }, controller, signals, plan) {
        Ok(outcome) => {
            if outcome.revoked {
                voice.info(format_args!("Job allocation {job_id} has been revoked."));
            }
            End { code: outcome.code, exit_code: outcome.worst, revoked: outcome.revoked }
        }
        Err(code) => End { code, exit_code: ExitCode::exited(1), revoked: false },
    }
}

fn no_allocation(voice: Voice, error: &AllocateError) -> i32 {
    let text = match error {
        AllocateError::Refused(refusal) => allocate::refusal("Job submit/allocate failed", refusal),
        AllocateError::Cancelled(job_id) => {
            voice.info(format_args!("Job allocation {job_id} has been revoked."));
            voice.info("Job has been cancelled");
            "Job submit/allocate failed: Job/step already completing or completed".to_owned()
        }
        AllocateError::Interrupted(job_id) => {
            if let Some(job_id) = job_id {
                voice.info(format_args!("Job allocation {job_id} has been revoked."));
            }
            voice.info("Job aborted due to signal");
            return 1;
        }
        AllocateError::Connect(_) => format!("Job submit/allocate failed: {error}"),
    };
    voice.error(text);
    1
}
