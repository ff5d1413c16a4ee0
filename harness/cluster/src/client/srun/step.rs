//! A running step as srun sees it: everything that is known about it, and what each message, signal and deadline changes.
//! The waiting is in [`super::pump`].

mod hear;

use std::time::{Duration, Instant};

use super::input::{Goes, Source};
use super::interrupt::{Interrupts, Wish};
use super::output::Outputs;
use super::peers::Peer;
use super::rendezvous::Rendezvous;
use super::tasks::Tasks;
use super::terminal::{self, Raw};
use crate::client::connect::Controller;
use crate::client::say::{Voice, errno_text};
use crate::client::signals::Signals;
use crate::proto::ToStep;
use crate::proto::control::StepGrant;
use crate::view::ExitCode;

/// Step daemons that have not said hello by then never will: it covers a thousand of them on a busy machine.
const LAUNCH_WITHIN: Duration = Duration::from_secs(60);
/// Ends of tasks that come within this are told in one line, as those of a node are in Slurm.
const GATHER: Duration = Duration::from_millis(50);
/// When a node or the controller is lost, the others get this long: srun then leaves within two seconds.
const LOSS_GRACE: Duration = Duration::from_millis(1500);
/// What srun waits beyond KillWait for a step that was told to end (as `Waiting up to 32 seconds` says).
const BEYOND_KILL_WAIT: Duration = Duration::from_secs(2);

/// Where a node of the step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// Its step daemon has not connected.
    Awaited,
    /// It has connected.
    Connected,
    /// Its tasks were started.
    Launched,
    /// It has nothing more to say.
    Over,
}

/// Why the step is being ended, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It is not.
    No,
    /// It was told to end, from here or elsewhere.
    Aborted,
    /// Something it needs is gone.
    Lost,
}

/// What is asked of srun about a step, beyond its streams.
#[derive(Clone, Debug, Default)]
pub struct StepOptions {
    /// `--kill-on-bad-exit`
    pub kill_on_bad_exit: bool,
    /// `--wait`: seconds that the other tasks get when the first has ended.
    pub wait: Option<u32>,
    /// `--pty`
    pub pty: bool,
    /// KillWait of the cluster.
    pub kill_wait: Duration,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What srun exits with.
    pub code: i32,
    /// What the job ends with, where srun made it.
    pub worst: ExitCode,
    /// Whether the job ended before the step.
    pub revoked: bool,
    /// Whether the user gave the step up by Ctrl-C.
    pub given_up: bool,
}

/// A step.
pub struct Step<'a> {
    pub(super) voice: Voice,
    pub(super) controller: &'a mut Controller,
    pub(super) signals: &'a mut Signals,
    pub(super) rendezvous: Rendezvous,
    pub(super) outputs: Outputs,
    pub(super) sources: Vec<Source>,
    pub(super) peers: Vec<Peer>,
    pub(super) nodes: Vec<Node>,
    pub(super) tasks: Tasks,
    pub(super) controller_gone: bool,
    grant: StepGrant,
    options: StepOptions,
    interrupts: Interrupts,
    ending: Ending,
    announced: bool,
    cancelled: bool,
    revoked: bool,
    /// Every step daemon has ended.
    all_gone: bool,
    /// The user wants to leave, or time is up.
    left: bool,
    /// The user gave the step up.
    given_up: bool,
    launch_error: Option<i32>,
    /// Signals whose work on the tasks is no news to the user.
    expected: Vec<i32>,
    /// Signals that nodes which had not connected have missed.
    early: Vec<i32>,
    terminal: Option<Raw>,
    launch_by: Option<Instant>,
    tell_at: Option<Instant>,
    wait_until: Option<Instant>,
    give_up_at: Option<Instant>,
}

impl<'a> Step<'a> {
    /// A step that was granted; its streams are open.
    pub fn new(
        voice: Voice,
        connections: (&'a mut Controller, &'a mut Signals, Rendezvous),
        grant: StepGrant,
        options: StepOptions,
        outputs: Outputs,
        sources: Vec<Source>,
    ) -> Self {
        let (controller, signals, rendezvous) = connections;
        Self {
            voice,
            controller,
            signals,
            rendezvous,
            outputs,
            sources,
            peers: Vec::new(),
            nodes: vec![Node::Awaited; grant.layout.len()],
            tasks: Tasks::new(&grant.layout),
            controller_gone: false,
            grant,
            options,
            interrupts: Interrupts::default(),
            ending: Ending::No,
            announced: false,
            cancelled: false,
            revoked: false,
            all_gone: false,
            left: false,
            given_up: false,
            launch_error: None,
            expected: Vec::new(),
            early: Vec::new(),
            terminal: None,
            launch_by: Some(Instant::now() + LAUNCH_WITHIN),
            tell_at: None,
            wait_until: None,
            give_up_at: None,
        }
    }

    fn id(&self) -> String {
        format!("StepId={}.{}", self.grant.job_id, self.grant.step)
    }

    /// Whether nothing more will come, or nobody waits for it.
    pub(super) fn is_over(&self) -> bool {
        self.left || self.nodes.iter().all(|node| *node == Node::Over)
    }

    /// Whether srun was told to leave.
    pub(super) const fn has_left(&self) -> bool {
        self.left
    }

    /// When something is due, if nothing happens before.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        [self.launch_by, self.tell_at, self.wait_until, self.give_up_at].into_iter().flatten().min()
    }

    /// Does what is due.
    pub(super) fn on_time(&mut self, now: Instant) {
        self.give_up_the_awaited();
        let due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        if self.tasks.has_untold() && (due(self.tell_at) || self.tasks.all_over()) {
            self.tell();
        }
        if due(self.launch_by) {
            self.launch_by = None;
            let (started, count) = (self.tasks.started(), self.tasks.count());
            self.voice
                .error(format_args!("timeout waiting for task launch, started {started} of {count} tasks"));
            self.voice.info(format_args!("{} aborted before step completely launched.", self.id()));
            self.lose();
        }
        if due(self.wait_until) {
            self.wait_until = None;
            let seconds = self.options.wait.unwrap_or_default();
            self.voice.info(format_args!("First task exited {seconds}s ago"));
            self.report();
            self.terminate();
        }
        if due(self.give_up_at) {
            self.give_up_at = None;
            self.left = true;
            if self.ending == Ending::Aborted {
                self.voice.error("Timed out waiting for job step to complete");
                // R-OPEN-13: the releases call this success. The guide's promise cannot be kept by doing so.
                if !self.grant.release.has_open_defects() {
                    self.tasks.raise(ExitCode::exited(1));
                }
            }
        }
    }

    /// Tells how tasks ended.
    fn tell(&mut self) {
        self.tell_at = None;
        // The releases tell of each node when they hear of it.
        let by_node = self.grant.release.has_open_defects();
        for line in self.tasks.tell(&self.expected, by_node) {
            self.voice.error(line);
        }
    }

    /// Tells how the tasks stand.
    fn report(&self) {
        for line in self.tasks.report() {
            self.voice.info(format_args!("{} {line}", self.id()));
        }
    }

    fn announce(&mut self) {
        if !self.announced {
            self.announced = true;
            let seconds = (self.options.kill_wait + BEYOND_KILL_WAIT).as_secs_f64().round();
            self.voice.info(format_args!(
                "Job step aborted: Waiting up to {seconds} seconds for job step to finish."
            ));
        }
    }

    pub(super) fn broadcast(&mut self, message: &ToStep) {
        for peer in &mut self.peers {
            if peer.node.is_some() {
                peer.send(message);
            }
        }
    }

    /// Ends the step, from here.
    fn abort(&mut self) {
        self.broadcast(&ToStep::Abort);
        self.aborted();
    }

    /// The step is being ended, from here or elsewhere.
    fn aborted(&mut self) {
        self.announce();
        if self.ending == Ending::No {
            self.ending = Ending::Aborted;
            self.give_up_at = Some(Instant::now() + self.options.kill_wait + BEYOND_KILL_WAIT);
        }
    }

    fn terminate(&mut self) {
        self.voice.info(format_args!("Terminating {}", self.id()));
        self.abort();
    }

    /// Something is gone without which the step cannot end well.
    fn lose(&mut self) {
        self.tasks.raise(ExitCode::exited(1));
        self.broadcast(&ToStep::Abort);
        self.ending = Ending::Lost;
        let by = Instant::now() + LOSS_GRACE;
        self.give_up_at = Some(self.give_up_at.map_or(by, |before| before.min(by)));
    }

    /// A signal came to srun.
    pub(super) fn on_signal(&mut self, signal: i32) {
        match signal {
            libc::SIGINT => match self.interrupts.press(Instant::now()) {
                Wish::Report => {
                    self.voice.info("interrupt (one more within 1 sec to abort)");
                    self.report();
                }
                Wish::Abort => {
                    self.voice.info(format_args!("sending Ctrl-C to {}", self.id()));
                    self.expected.push(libc::SIGINT);
                    if self.grant.release.has_open_defects() {
                        // The releases say no more of it, and call their job cancelled.
                        self.expected.push(libc::SIGKILL);
                        self.given_up = true;
                    }
                    self.forward(libc::SIGINT);
                    self.force();
                }
                Wish::Leave => self.left = true,
            },
            libc::SIGTERM | libc::SIGHUP => self.force(),
            libc::SIGQUIT => {
                self.voice.info("Quit");
                self.force();
            }
            libc::SIGWINCH => {
                let node = self.tasks.node_of(0);
                if let (Some(_), Ok((columns, rows))) =
                    (&self.terminal, terminal::window(std::os::fd::AsFd::as_fd(&std::io::stdin())))
                    && let Some(peer) = self.peers.iter_mut().find(|peer| peer.node == node)
                {
                    peer.send(&ToStep::Window(columns, rows));
                }
            }
            // Slurm's srun only notes these two.
            libc::SIGCONT | libc::SIGTSTP => {}
            other => self.forward(other),
        }
    }

    /// Hands a signal to the tasks, those of nodes that are still to come included.
    fn forward(&mut self, signal: i32) {
        if self.nodes.contains(&Node::Awaited) {
            self.early.push(signal);
        }
        self.broadcast(&ToStep::Signal(signal));
    }

    fn force(&mut self) {
        self.voice.info("forcing job termination");
        self.abort();
    }

    /// Where input of a source can go now: none as long as somebody has no room, and whether anybody is left to take it.
    pub(super) fn takers(&self, goes: Goes) -> Takers {
        if self.tasks.all_over() {
            return Takers::Nobody;
        }
        let mut somebody = false;
        for (node, state) in self.nodes.iter().enumerate() {
            if !self.is_for(goes, node) || *state == Node::Over {
                continue;
            }
            somebody = true;
            let peer = self.peers.iter().find(|peer| peer.node == Some(node));
            if !peer.is_some_and(Peer::has_room) {
                return Takers::Later;
            }
        }
        if somebody { Takers::Now } else { Takers::Nobody }
    }

    fn is_for(&self, goes: Goes, node: usize) -> bool {
        match goes {
            Goes::All => true,
            Goes::Node(wanted) => node == wanted,
            Goes::Task(rank) => self.tasks.node_of(rank) == Some(node),
            Goes::Nobody => false,
        }
    }

    /// Hands input on; no bytes are its end.
    pub(super) fn hand_on(&mut self, goes: Goes, bytes: Vec<u8>) {
        let task = if let Goes::Task(rank) = goes { Some(rank) } else { None };
        let message = ToStep::Input { task, bytes };
        for peer in 0..self.peers.len() {
            if self.peers[peer]
                .node
                .is_some_and(|node| self.is_for(goes, node) && self.nodes[node] != Node::Over)
            {
                self.peers[peer].send(&message);
            }
        }
    }

    /// All is over: tells what is left to tell.
    pub(super) fn conclude(&mut self) -> Outcome {
        self.terminal = None;
        self.tell();
        let (worst, revoked, given_up) = (self.tasks.worst(), self.revoked, self.given_up);
        let Some(errno) = self.launch_error else {
            return Outcome { code: worst.shell_code(), worst, revoked, given_up };
        };
        self.voice.error(format_args!("Application launch failed: {}", error_text(errno)));
        self.voice.info("Job step aborted");
        // As exit(2) cuts it: 255 for an error without a number of its own.
        let code = u8::try_from(errno & 0xff).unwrap_or(1).max(1);
        if !self.grant.release.has_open_defects() {
            return Outcome { code: code.into(), worst: ExitCode::exited(code), revoked, given_up };
        }
        // The releases take the error for a wait status: its number is a signal's, and no number is no failure of the job's.
        let worst = if errno == -1 { ExitCode::default() } else { ExitCode::signaled(code) };
        Outcome { code: if errno == -1 { code.into() } else { worst.shell_code() }, worst, revoked, given_up }
    }
}

/// Whether a source's bytes can be handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takers {
    /// Everybody who gets them has room.
    Now,
    /// Somebody has not.
    Later,
    /// Nobody is left.
    Nobody,
}

/// An errno in words; -1 is Slurm's error without a number.
fn error_text(errno: i32) -> String {
    if errno == -1 { "Unspecified error".to_owned() } else { errno_text(errno) }
}
