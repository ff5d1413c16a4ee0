//! Create/start mode: a task's process steps the state machine with a real runtime.

use nix::sys::signal::{SigSet, Signal};

use super::ending::kill_and_delete;
use super::operate::{DEADLINE, Done, Operator, Output};
use super::task::{Expanded, Report};
use super::watch::Watch;
use crate::Release;
use crate::conf::Operation;
use crate::env::Env;
use crate::machine::{Action, CreateStart, Seen, start_code};
use crate::step::StepSpec;

/// What a release's launcher does not hear in create/start mode.
const SHIELDED: [Signal; 9] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGTSTP,
    Signal::SIGQUIT,
    Signal::SIGPIPE,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGHUP,
];

/// The exit code of a task whose launcher failed.
const FAILED: i32 = 1;

/// Runs a container from create to delete; gives the task's exit code.
pub(super) fn run(spec: &StepSpec, expanded: &Expanded, env: &Env, report: &mut Report) -> i32 {
    let promised = !spec.release.has_open_defects();
    let mut watch = None;
    if promised {
        // The container's process becomes a child of this one when create has ended, so that its end can be waited for.
        let _ = nix::sys::prctl::set_child_subreaper(true);
        match Watch::new() {
            Ok(new) => watch = Some(new),
            Err(error) => {
                report.say(&format!("cannot watch for signals: {error}"));
                return FAILED;
            }
        }
    }
    if !promised {
        // Releases let their launcher go on whatever it is sent, SIGKILL excepted; what it starts is not shielded.
        if let Err(error) = shield() {
            report.say(&format!("cannot block signals: {error}"));
            return FAILED;
        }
    }
    let operator = Operator {
        env,
        dir: None,
        user: None,
        groups: None,
        errors_count: !promised,
        deadline: promised.then_some(DEADLINE),
    };
    let release = spec.release;
    let mut status = None;
    let mut machine = CreateStart::new(promised);
    let mut container = None;
    let mut seen = Seen::Nothing;
    loop {
        seen = match machine.next(&seen) {
            Action::Run(Operation::Query) => {
                let done = operator.run(expanded.command(Operation::Query), &Output::Keep);
                container = container.or_else(|| pid_of(&done, release));
                if let Some(line) = done.complaint(release) {
                    report.say(&line);
                }
                status = done.status(release);
                Seen::Answer(status.clone())
            }
            // The container gets the task's own streams from create, which it must not wait for the end of. Real
            // releases read create's output to its end, and so wait for the container that holds it: R-OPEN-7.
            Action::Run(operation @ (Operation::Create | Operation::Start)) => {
                let output = if !promised {
                    Output::Keep
                } else if spec.pty {
                    // Behind a terminal only its own group may read.
                    Output::Inherit
                } else {
                    Output::InheritApart
                };
                let done = operator.run(expanded.command(operation), &output);
                Seen::Ended(match operation {
                    Operation::Start => start_code(done.code, done.wait_status, spec.release),
                    _ => done.code,
                })
            }
            Action::Run(operation) => {
                Seen::Ended(operator.run(expanded.command(operation), &Output::Keep).code)
            }
            Action::Sleep(time) => {
                match &watch {
                    Some(watch) if machine.started() => watch.pause(time, container),
                    // Signals wait until there is a container to hand them to; on releases they end this process.
                    _ => std::thread::sleep(time),
                }
                Seen::Nothing
            }
            Action::AwaitContainer => {
                let code = watch.as_ref().zip(container).and_then(|(watch, pid)| watch.container(pid));
                if code.is_none() {
                    report.say(
                        "the container's process is no child of the task's, or the runtime's state names no pid: \
                         the container is asked for until it has ended, and its exit code cannot be seen",
                    );
                }
                code.map_or(Seen::Nothing, Seen::Ended)
            }
            Action::Exit(code) => return code,
            Action::Fatal(why) => {
                match &status {
                    Some(status) if !promised => {
                        report.fatal(&format!("_create_start: {why}: {status}"));
                    }
                    _ => report.fatal(why),
                }
                if promised {
                    // Releases leave what create may have made to the clean-up, which asks for another container.
                    kill_and_delete(&operator, expanded, release, &mut |line| report.say(line));
                }
                return FAILED;
            }
        };
    }
}

/// Blocks what could end this process on its way.
fn shield() -> nix::Result<()> {
    let mut set = SigSet::empty();
    for signal in SHIELDED {
        set.add(signal);
    }
    set.thread_block()
}

fn pid_of(done: &Done, release: Release) -> Option<i32> {
    let pid = done.state(release)?.get("pid")?.as_i64()?;
    i32::try_from(pid).ok().filter(|pid| *pid > 1)
}
