//! Create/start mode: a task's process steps the state machine with a real runtime.

use std::time::Duration;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::operate::{DEADLINE, Done, Operator, Output};
use super::task::{Expanded, Report};
use crate::Release;
use crate::conf::Operation;
use crate::env::Env;
use crate::machine::{Action, CreateStart, Seen};
use crate::step::StepSpec;

/// Signals that a task hands on to its container, on the guide's terms.
const FORWARDED: [Signal; 9] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGCONT,
    Signal::SIGTSTP,
    Signal::SIGWINCH,
];

/// Runs a container from create to delete; gives the task's exit code.
pub(super) fn run(spec: &StepSpec, expanded: &Expanded, env: &Env, report: &mut Report) -> i32 {
    let promised = !spec.release.has_open_defects();
    if promised {
        // The container's process becomes a child of this one when create has ended, so that its end can be waited for.
        let _ = nix::sys::prctl::set_child_subreaper(true);
    }
    let operator = Operator {
        env,
        dir: None,
        user: None,
        errors_count: !promised,
        deadline: promised.then_some(DEADLINE),
    };
    let code_counts = spec.release.at_least(Release::V23_02);
    let mut machine = CreateStart::new(promised);
    let mut container = None;
    let mut seen = Seen::Nothing;
    let signals = promised.then(Signals::new);
    loop {
        seen = match machine.next(&seen) {
            Action::Run(Operation::Query) => {
                let done = operator.run(expanded.command(Operation::Query), &Output::Keep);
                container = container.or_else(|| pid_of(&done, code_counts));
                Seen::Answer(done.status(code_counts))
            }
            // The container gets the task's own streams from create, which it must not wait for the end of. Real
            // releases read create's output to its end, and so wait for the container that holds it: R-OPEN-7.
            Action::Run(operation @ (Operation::Create | Operation::Start)) => {
                let output = match promised {
                    false => Output::Keep,
                    // Behind a terminal only its own group may read.
                    true if spec.pty => Output::Inherit,
                    true => Output::InheritApart,
                };
                Seen::Ended(operator.run(expanded.command(operation), &output).code)
            }
            Action::Run(operation) => {
                Seen::Ended(operator.run(expanded.command(operation), &Output::Keep).code)
            }
            Action::Sleep(time) => {
                pause(time);
                Seen::Nothing
            }
            Action::AwaitContainer => {
                if let Some(pid) = container {
                    Seen::Ended(await_container(pid, signals.as_ref()))
                } else {
                    report
                        .say("the runtime's state names no pid, so that the container's end cannot be seen");
                    Seen::Ended(1)
                }
            }
            Action::Exit(code) => return code,
            Action::Fatal(why) => {
                report.say(why);
                return 1;
            }
        };
    }
}

/// The pauses of the rules, between two questions to a runtime that announces nothing.
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn pid_of(done: &Done, code_counts: bool) -> Option<i32> {
    let pid = done.state(code_counts)?.get("pid")?.as_i64()?;
    i32::try_from(pid).ok().filter(|pid| *pid > 1)
}

/// Signals that wait to be taken, while the container runs. Commands are started with nothing blocked all the same.
struct Signals(SigSet);

impl Signals {
    fn new() -> Self {
        let mut set = SigSet::empty();
        for signal in FORWARDED {
            set.add(signal);
        }
        set.add(Signal::SIGCHLD);
        let _ = set.thread_block();
        Self(set)
    }
}

/// Waits for the container's process and hands signals on to it; gives its exit code, 128 and the signal where one ended
/// it, as a runtime's own run does.
fn await_container(pid: i32, signals: Option<&Signals>) -> i32 {
    let container = Pid::from_raw(pid);
    loop {
        match waitpid(container, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(_, code)) => return code,
            Ok(WaitStatus::Signaled(_, signal, _)) => return 128 + signal as i32,
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            // No child of ours: the runtime keeps a process of its own between us and the container.
            Err(_) => return 1,
        }
        let taken = signals.map(|signals| signals.0.wait());
        if let Some(Ok(signal)) = taken
            && signal != Signal::SIGCHLD
        {
            // One that has just ended needs none.
            let _ = kill(container, signal);
        }
    }
}
