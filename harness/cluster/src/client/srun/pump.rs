//! srun's waiting: one `poll` over signals, the controller, the step daemons and all streams, until the step is over.
//!
//! Nothing is read that could not be handed on: a full sink stops the reading from step daemons, a slow step daemon
//! the reading of input.

use std::os::fd::AsFd as _;
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::input::Goes;
use super::peers::Peer;
use super::step::{Outcome, Step, Takers};

/// What a descriptor belongs to.
#[derive(Clone, Copy, Debug)]
enum Token {
    Signals,
    Rendezvous,
    Controller,
    Peer(usize),
    Source(usize),
    Sink,
}

impl Step<'_> {
    /// Runs the step to its end.
    pub fn run(mut self) -> Outcome {
        for signal in self.signals.kept() {
            self.on_signal(signal as i32);
        }
        while !self.is_over() {
            self.turn(true);
        }
        self.outputs.finish();
        while self.outputs.waits() && !self.has_left() {
            self.turn(false);
        }
        self.conclude()
    }

    /// Waits for something to happen, and handles it; with `all` false, for sinks and signals only.
    fn turn(&mut self, all: bool) {
        self.sources_without_takers();
        for (token, events) in self.wait(all) {
            self.handle(token, events);
        }
        if !self.outputs.flush() {
            self.on_reader_gone();
        }
        self.on_time(Instant::now());
    }

    fn sources_without_takers(&mut self) {
        let mut at = 0;
        while at < self.sources.len() {
            if self.takers(self.sources[at].goes) == Takers::Nobody {
                self.sources.remove(at);
            } else {
                at += 1;
            }
        }
    }

    fn wait(&self, all: bool) -> Vec<(Token, PollFlags)> {
        let full = self.outputs.is_full();
        let timeout = self.next_deadline().map_or(PollTimeout::NONE, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            // A millisecond more, so that the deadline has passed when the poll is over.
            PollTimeout::try_from(left.as_millis() + 1).unwrap_or(PollTimeout::MAX)
        });
        let takers: Vec<Takers> = self.sources.iter().map(|source| self.takers(source.goes)).collect();
        let mut tokens = Vec::with_capacity(self.peers.len() + 4);
        let mut fds = Vec::with_capacity(self.peers.len() + 4);
        tokens.push(Token::Signals);
        fds.push(PollFd::new(self.signals.as_fd(), PollFlags::POLLIN));
        if all {
            tokens.push(Token::Rendezvous);
            fds.push(PollFd::new(self.rendezvous.as_fd(), PollFlags::POLLIN));
            if !self.controller_gone {
                tokens.push(Token::Controller);
                fds.push(PollFd::new(self.controller.as_fd(), PollFlags::POLLIN));
            }
            for (index, peer) in self.peers.iter().enumerate().filter(|(_, peer)| peer.is_open()) {
                let mut flags = PollFlags::empty();
                flags.set(PollFlags::POLLIN, !full);
                flags.set(PollFlags::POLLOUT, peer.waits());
                // Without a flag a hang-up would still be told, again and again.
                if !flags.is_empty() {
                    tokens.push(Token::Peer(index));
                    fds.push(PollFd::new(peer.as_fd(), flags));
                }
            }
            for (index, source) in self.sources.iter().enumerate() {
                if takers[index] == Takers::Now {
                    tokens.push(Token::Source(index));
                    fds.push(PollFd::new(source.as_fd(), PollFlags::POLLIN));
                }
            }
        }
        for sink in self.outputs.sinks().iter().filter(|sink| sink.waits()) {
            tokens.push(Token::Sink);
            fds.push(PollFd::new(sink.as_fd(), PollFlags::POLLOUT));
        }
        // EINTR leaves no events, and the next turn polls again.
        if poll(&mut fds, timeout).is_err() {
            return Vec::new();
        }
        let events = fds.iter().map(|fd| fd.revents().unwrap_or(PollFlags::empty()));
        tokens.into_iter().zip(events).filter(|(_, events)| !events.is_empty()).collect()
    }

    fn handle(&mut self, token: Token, events: PollFlags) {
        match token {
            Token::Signals => {
                while let Some(signal) = self.signals.take() {
                    self.on_signal(signal as i32);
                }
            }
            Token::Rendezvous => self.welcome(),
            Token::Controller => {
                self.hear_controller();
                // The controller may know of the end of a daemon that has only just connected.
                self.welcome();
            }
            Token::Peer(index) => self.hear_peer(index, events),
            Token::Source(index) => self.read_source(index),
            // Sinks are flushed at the end of each turn.
            Token::Sink => {}
        }
    }

    fn welcome(&mut self) {
        while let Some(stream) = self.rendezvous.accept() {
            // One whose flags cannot be set is as good as gone.
            self.peers.extend(Peer::new(stream));
        }
    }

    fn hear_controller(&mut self) {
        let filled = self.controller.fill();
        while let Ok(Some(reply)) = self.controller.pending() {
            self.on_reply(reply);
        }
        if filled.is_err() {
            self.on_controller_gone();
        }
    }

    fn hear_peer(&mut self, index: usize, events: PollFlags) {
        if events.contains(PollFlags::POLLOUT) {
            self.peers[index].flush();
        }
        if !events.intersects(PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR) {
            return;
        }
        self.peers[index].fill();
        while let Some(message) = self.peers[index].take() {
            self.on_message(index, message);
        }
        if !self.peers[index].is_open() {
            self.on_peer_gone(index);
        }
    }

    fn read_source(&mut self, index: usize) {
        let Some(bytes) = self.sources[index].read() else { return };
        let goes = self.sources[index].goes;
        if bytes.is_empty() {
            // It goes before the next turn, so that the indices of this one hold.
            self.sources[index].goes = Goes::Nobody;
        }
        self.hand_on(goes, bytes);
    }
}
