//! What srun hears of its step: from the controller and from the step daemons.

use std::time::{Duration, Instant};

use super::{BEYOND_KILL_WAIT, Ending, GATHER, Node, Step, error_text};
use plimsoll_launcher::Release;

use crate::client::srun::peers::Peer;
use crate::client::srun::terminal::Raw;
use crate::proto::{FromStep, Reply, ToStep};
use crate::stepd::words;
use crate::view::{ExitCode, JobState};

impl Step<'_> {
    /// The controller said something.
    pub(in crate::client::srun) fn on_reply(&mut self, reply: Reply) {
        match reply {
            Reply::StepOver => self.all_gone = true,
            Reply::Ended { state, .. } if !self.is_over() => {
                // R-OPEN-23: 22.05 makes nothing of it. The daemon's own hanging up may be heard too late to count.
                if state == JobState::NodeFail && self.grant.release.at_least(Release::V23_02) {
                    self.tasks.raise(ExitCode::exited(1));
                }
                self.revoked = true;
                self.aborted();
            }
            Reply::Error(refusal) => {
                self.voice.error(refusal);
                self.lose();
            }
            _ => {}
        }
    }

    /// When every step daemon has ended, nobody new will come; but those that have come may wait to be heard.
    pub(super) fn give_up_the_awaited(&mut self) {
        let unheard = |peer: &Peer| peer.is_open() && peer.node.is_none();
        if !self.all_gone || self.peers.iter().any(unheard) {
            return;
        }
        for node in 0..self.nodes.len() {
            if self.nodes[node] == Node::Awaited {
                if self.ending == Ending::No {
                    let name = &self.grant.layout[node].0;
                    self.voice.error(format_args!("{name}: the step daemon ended before it launched a task"));
                }
                self.node_gone(node);
            }
        }
    }

    /// The controller is gone.
    pub(in crate::client::srun) fn on_controller_gone(&mut self) {
        self.controller_gone = true;
        // Behind the step's end it has nothing more to say, and hangs up; the daemons' last words may still be unread.
        if !self.is_over() && !self.all_gone {
            self.voice.error("Unable to contact slurm controller (connection lost)");
            self.lose();
        }
    }

    /// A step daemon's connection ended.
    pub(in crate::client::srun) fn on_peer_gone(&mut self, peer: usize) {
        let Some(node) = self.peers[peer].node else { return };
        if self.nodes[node] == Node::Over {
            return;
        }
        if self.ending == Ending::No && self.grant.release.is_later() {
            // R-OPEN-15: it waits for ends that nobody will tell, until the controller gives the node up.
            return;
        }
        if self.ending == Ending::No {
            self.voice.error(format_args!("Node failure on {}", self.grant.layout[node].0));
            self.node_gone(node);
            self.lose();
        } else {
            self.node_gone(node);
        }
    }

    pub(super) fn node_gone(&mut self, node: usize) {
        self.nodes[node] = Node::Over;
        if self.tasks.lost(node) {
            self.tasks.raise(ExitCode::exited(1));
        }
    }

    /// A step daemon said something.
    pub(in crate::client::srun) fn on_message(&mut self, peer: usize, message: FromStep) {
        let Some(node) = self.peers[peer].node else {
            self.on_hello(peer, &message);
            return;
        };
        match message {
            FromStep::Hello { .. } => {}
            FromStep::Launched { .. } => {
                self.nodes[node] = Node::Launched;
                self.tasks.launched(node);
                if self.nodes.iter().all(|node| matches!(node, Node::Launched | Node::Over)) {
                    self.on_launched();
                }
            }
            FromStep::LaunchFailed { errno, message } => self.on_launch_failed(node, errno, &message),
            FromStep::Output { task, stream, bytes } => {
                if (!self.options.pty || task == 0) && !self.outputs.push(task, stream, &bytes) {
                    self.on_reader_gone();
                }
            }
            FromStep::Message(line) => self.voice.line(&line),
            FromStep::TaskExit { task, exit_code, core } => self.on_task_exit(task, exit_code, core),
            FromStep::Cancelled { why } => self.on_cancelled(&why),
            FromStep::Finished => self.nodes[node] = Node::Over,
        }
    }

    /// Whoever read srun's output has left: the tasks learn it as they would from a pipe of their own.
    pub(in crate::client::srun) fn on_reader_gone(&mut self) {
        self.expected.push(libc::SIGPIPE);
        self.broadcast(&ToStep::Signal(libc::SIGPIPE));
    }

    fn on_hello(&mut self, peer: usize, message: &FromStep) {
        let known = match message {
            FromStep::Hello { cookie, node } if *cookie == self.rendezvous.cookie() => {
                self.grant.layout.iter().position(|(name, _)| name == node)
            }
            _ => None,
        };
        let Some(node) = known.filter(|node| self.nodes[*node] == Node::Awaited) else {
            self.peers[peer].close();
            return;
        };
        self.peers[peer].node = Some(node);
        self.nodes[node] = Node::Connected;
        for signal in &self.early {
            self.peers[peer].send(&ToStep::Signal(*signal));
        }
        if self.ending != Ending::No {
            self.peers[peer].send(&ToStep::Abort);
        }
    }

    fn on_launched(&mut self) {
        self.launch_by = None;
        if self.options.pty && self.terminal.is_none() {
            match Raw::enter(std::os::fd::AsFd::as_fd(&std::io::stdin())) {
                Ok(raw) => self.terminal = Some(raw),
                Err(error) => {
                    self.voice.error(format_args!("cannot put the terminal into raw mode: {error}"));
                }
            }
        }
    }

    fn on_launch_failed(&mut self, node: usize, errno: i32, message: &str) {
        let name = &self.grant.layout[node].0;
        if !message.is_empty() {
            self.voice.error(format_args!("{name}: {message}"));
        }
        let what = error_text(errno);
        self.voice.error(format_args!("Task launch for {} failed on node {name}: {what}", self.id()));
        self.nodes[node] = Node::Over;
        self.tasks.lost(node);
        self.launch_error.get_or_insert(errno);
        self.broadcast(&ToStep::Abort);
        if self.ending == Ending::No {
            self.ending = Ending::Aborted;
            self.give_up_at = Some(Instant::now() + self.options.kill_wait + BEYOND_KILL_WAIT);
        }
    }

    fn on_task_exit(&mut self, rank: u32, exit_code: ExitCode, core: bool) {
        let now = Instant::now();
        self.tasks.exited(rank, exit_code, core);
        if self.tasks.has_untold() && self.tell_at.is_none() {
            self.tell_at = Some(now + GATHER);
        }
        if self.tasks.all_over() || self.ending != Ending::No {
            return;
        }
        if self.options.kill_on_bad_exit && !exit_code.is_success() {
            self.tell();
            self.terminate();
        } else if let Some(wait) = self.options.wait.filter(|wait| *wait > 0) {
            self.wait_until.get_or_insert(now + Duration::from_secs(wait.into()));
        }
    }

    fn on_cancelled(&mut self, why: &str) {
        self.aborted();
        if self.cancelled {
            return;
        }
        self.cancelled = true;
        let node = self.grant.layout.first().map_or("", |(name, _)| name);
        let what = format!("STEP {}.{}", self.grant.job_id, self.grant.step);
        self.voice.line(&words::line(self.grant.release, &what, node, why));
    }
}
