//! What a case may do to a container as a whole, and the way back from it.

use std::io;

use super::docker::docker;
use super::node::{Container, lock};
use crate::world::Disturbance;

/// What was done to a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    paused: bool,
    cut: bool,
    killed: bool,
}

impl Container {
    /// Does something to it as a whole.
    pub(super) fn disturb(&self, how: Disturbance) -> io::Result<()> {
        let alias = format!("--alias={}", self.name);
        let args: Vec<&str> = match how {
            Disturbance::Pause => vec!["pause", &self.id],
            Disturbance::Resume => vec!["unpause", &self.id],
            Disturbance::Cut => vec!["network", "disconnect", "--force", &self.network, &self.id],
            Disturbance::Join => vec!["network", "connect", &alias, &self.network, &self.id],
            Disturbance::Kill => vec!["kill", &self.id],
        };
        docker(args).map_err(io::Error::other)?;
        let mut state = lock(&self.state);
        match how {
            Disturbance::Pause => state.paused = true,
            Disturbance::Resume => state.paused = false,
            Disturbance::Cut => state.cut = true,
            Disturbance::Join => state.cut = false,
            Disturbance::Kill => state.killed = true,
        }
        Ok(())
    }

    /// Whether something was done to it that is not taken back.
    pub fn is_disturbed(&self) -> bool {
        *lock(&self.state) != State::default()
    }

    /// Takes back what was done to it. One that was killed is started again, without what ran in it; this is then true.
    pub fn undisturb(&self) -> io::Result<bool> {
        let State { paused, cut, killed } = *lock(&self.state);
        if killed {
            self.remove().map_err(io::Error::other)?;
            self.run(&[], &[]).map_err(io::Error::other)?;
            *lock(&self.state) = State::default();
            return Ok(true);
        }
        if paused {
            self.disturb(Disturbance::Resume)?;
        }
        if cut {
            self.disturb(Disturbance::Join)?;
        }
        Ok(false)
    }
}
