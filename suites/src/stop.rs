//! One switch for a whole run: thrown by Ctrl-C, seen by everything that waits.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that can be thrown once. Clones are the same switch.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// A switch that is not thrown.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Throws it.
    pub fn now(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was thrown.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is thrown.
    pub async fn wait(&self) {
        // The sender lives as long as this switch, so that the channel cannot be closed.
        let _ = self.0.subscribe().wait_for(|thrown| *thrown).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
