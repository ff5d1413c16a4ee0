//! One step from its request to its end: the socket, the request, the streams and the terminal. srun and salloc's
//! interactive step share it.

use std::ffi::OsString;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use plimsoll_launcher::Release;

use super::input;
use super::launch::{self, LaunchError};
use super::output::{OutputOptions, Outputs};
use super::rendezvous::Rendezvous;
use super::step::{Outcome, Step, StepOptions};
use super::target::{StepNames, Target};
use super::terminal;
use crate::client::connect::{Controller, slurm_conf};
use crate::client::say::{Voice, errno_text};
use crate::client::signals::Signals;
use crate::proto::control::{Refusal, StepRequest};
use crate::proto::stream::InputFor;

/// KillWait where slurm.conf says nothing (slurm.conf(5)), seconds.
const DEFAULT_KILL_WAIT: Duration = Duration::from_secs(30);

/// The signals that srun reads rather than dies of. Not SIGPIPE: it is ignored, and would be read each time that a reader
/// of srun's output has left.
pub const HELD: [Signal; 10] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGCONT,
    Signal::SIGTSTP,
    Signal::SIGWINCH,
];

/// Streams of a step as they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamOptions {
    /// `--input`, `--output`, `--error` as written.
    pub targets: [Option<OsString>; 3],
    /// `--open-mode=append`
    pub append: bool,
    /// `--label`
    pub label: bool,
    /// `--pty`
    pub pty: bool,
}

/// A step that is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is asked of the controller; what concerns streams and the socket is filled in here.
    pub request: StepRequest,
    /// How many tasks were asked for, as far as that is known: it decides whether `--output=3` is a rank.
    pub tasks: u32,
    /// Streams.
    pub streams: StreamOptions,
    /// `--kill-on-bad-exit`
    pub kill_on_bad_exit: bool,
    /// `--wait`
    pub wait: Option<u32>,
    /// What relative names of files are relative to.
    pub dir: PathBuf,
}

/// Runs a step to its end, on the connection that is given. `Err` is an exit code; what there was to say was said.
pub fn run(
    voice: Voice,
    controller: &mut Controller,
    signals: &mut Signals,
    mut plan: Plan,
) -> Result<Outcome, i32> {
    let failed = |error: &dyn std::fmt::Display| {
        voice.error(error);
        1
    };
    let conf = slurm_conf().map_err(|error| failed(&error))?;
    let rendezvous = Rendezvous::new(&conf).map_err(|error| failed(&error))?;
    prepare_terminal(voice, &mut plan);
    let [input, output, error] = targets(&plan);
    let request = &mut plan.request;
    request.socket = rendezvous.path().into();
    request.cookie = rendezvous.cookie();
    request.input = if plan.streams.pty { InputFor::Task(0) } else { input::input_for(&input) };
    request.label = plan.streams.label;
    let job_name = request.name.clone();
    let job_id = request.job_id;
    let grant = launch::create(voice, controller, signals, plan.request)
        .map_err(|error| no_step(voice, job_id, &error))?;
    let names = StepNames {
        job_id: grant.job_id,
        step: grant.step,
        job_name,
        user: if [&input, &output, &error].iter().any(|target| target.names_user()) {
            user_name()
        } else {
            String::new()
        },
        layout: grant.layout.clone(),
        dir: plan.dir,
    };
    // R-OPEN-21.
    let shares = grant.release.is_later() && grant.release.at_least(Release::V26_05);
    let error = match (&output, error) {
        (Target::File(pattern), Target::File(_)) if shares => Target::File(pattern.clone()),
        (_, error) => error,
    };
    let how = OutputOptions { output, error, append: plan.streams.append, label: plan.streams.label };
    // Should one of these fail, the end of the connection ends the step.
    let sources = input::open(&input, &names).map_err(|error| failed(&error))?;
    let outputs = Outputs::open(&how, &names).map_err(|error| failed(&error))?;
    let options = StepOptions {
        kill_on_bad_exit: plan.kill_on_bad_exit,
        wait: plan.wait,
        pty: plan.streams.pty,
        kill_wait: kill_wait(&conf),
    };
    Ok(Step::new(voice, (controller, signals, rendezvous), grant, options, outputs, sources).run())
}

/// Asks the terminal for its size, or does without one.
fn prepare_terminal(voice: Voice, plan: &mut Plan) {
    if !plan.streams.pty {
        return;
    }
    match terminal::window(std::io::stdin().as_fd()) {
        Ok(window) => {
            plan.request.pty = Some(window);
            plan.streams.label = false;
        }
        Err(error) => {
            let text = errno_text(error.raw_os_error().unwrap_or(libc::EIO));
            voice.error(format_args!("ioctl(TIOCGWINSZ): {text}"));
            voice.error("Not using a pseudo-terminal, disregarding --pty option");
            plan.streams.pty = false;
        }
    }
}

/// Where input comes from, output goes and errors go. Errors follow the output unless told otherwise.
fn targets(plan: &Plan) -> [Target; 3] {
    let parse = |value: &OsString| Target::parse(value, plan.tasks);
    if plan.streams.pty {
        return [Target::Task(0), Target::Task(0), Target::Task(0)];
    }
    let [input, output, error] = &plan.streams.targets;
    let output = output.as_ref().map_or(Target::All, parse);
    let error = error.as_ref().map_or_else(|| output.clone(), parse);
    [input.as_ref().map_or(Target::All, parse), output, error]
}

/// Says why there is no step, and gives the exit code.
fn no_step(voice: Voice, job_id: u32, error: &LaunchError) -> i32 {
    match error {
        LaunchError::Connect(error) => voice.error(error),
        LaunchError::Refused(Refusal::InvalidJobId) => {
            voice.error(format_args!(
                "Unable to confirm allocation for job {job_id}: Invalid job id specified"
            ));
            voice.info(format_args!(
                "Check SLURM_JOB_ID environment variable. Expired or invalid job {job_id}"
            ));
        }
        LaunchError::Interrupted(signal) => {
            voice.info(format_args!("Cancelled pending job step with signal {signal}"));
            voice.error(format_args!(
                "Unable to create step for job {job_id}: Job/step already completing or completed"
            ));
        }
        LaunchError::Refused(refusal) => voice.error(crate::client::allocate::refusal(
            &format!("Unable to create step for job {job_id}"),
            refusal,
        )),
        LaunchError::JobOver => {
            voice.error(format_args!("Unable to create step for job {job_id}: {error}"));
        }
    }
    1
}

/// Login name of the user.
fn user_name() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
    user.map_or_else(|| nix::unistd::getuid().to_string(), |user| user.name)
}

/// KillWait as slurm.conf says it; fractions are a mock's, whose time may run faster.
fn kill_wait(conf: &Path) -> Duration {
    let text = std::fs::read_to_string(conf).unwrap_or_default();
    let said = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        key.trim().eq_ignore_ascii_case("KillWait").then(|| value.trim().parse().ok())?
    });
    said.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(DEFAULT_KILL_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kill_wait_is_read_from_slurm_conf() {
        let dir = tempfile::tempdir().unwrap();
        let conf = dir.path().join("slurm.conf");
        assert_eq!(kill_wait(&conf), DEFAULT_KILL_WAIT);
        std::fs::write(&conf, "ClusterName=x\nkillwait = 2.5\n").unwrap();
        assert_eq!(kill_wait(&conf), Duration::from_millis(2500));
    }

    #[test]
    fn errors_follow_the_output() {
        let targets_of = |output: Option<&str>, error: Option<&str>| {
            let streams = StreamOptions {
                targets: [None, output.map(OsString::from), error.map(OsString::from)],
                ..StreamOptions::default()
            };
            let plan = Plan {
                request: StepRequest::default(),
                tasks: 2,
                streams,
                kill_on_bad_exit: false,
                wait: None,
                dir: "/".into(),
            };
            let [_, output, error] = targets(&plan);
            (output, error)
        };
        assert_eq!(targets_of(None, None), (Target::All, Target::All));
        assert_eq!(targets_of(Some("none"), None), (Target::None, Target::None));
        assert_eq!(targets_of(Some("1"), Some("all")), (Target::Task(1), Target::All));
    }
}
