//! The end of a step: what is left is ended, what is still to be read is handed on, the launcher cleans up.

use std::io::Write as _;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::link::{Event, SrunLink, report};
use super::run::{KILL_AGAIN, Step};
use super::{launch, tasks, words};
use crate::proto::FromStep;
use crate::proto::node::{StepOrder, StepReport};

/// How long srun may take to accept the last messages before the daemon leaves without them.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Step {
    /// Ends what is left, hands on what is still to be read, cleans up, and says so.
    pub(super) async fn finish(
        mut self,
        inbox: &mut mpsc::UnboundedReceiver<Event>,
        to_node: &mut OwnedWriteHalf,
    ) -> i32 {
        // In create/start mode of a real release the container is not yet down: its clean-up is section 6's.
        while tasks::reap().1 {
            self.kill_all();
            match tokio::time::timeout(KILL_AGAIN, inbox.recv()).await {
                Ok(Some(Event::OrdersLost)) => self.node_lost = true,
                Ok(Some(_)) | Err(_) => {}
                Ok(None) => break,
            }
        }
        self.flush(inbox).await;
        if let Some(prepared) = &self.launch.prepared {
            let errors = Rc::clone(&self.errors);
            let release = self.spec.release;
            let mut say = |line: &str| {
                if let Some(file) = errors.borrow_mut().as_mut() {
                    let _ = writeln!(file, "{} error: {line}", words::head(release));
                }
            };
            prepared.clean_up(&mut |line| eprintln!("{line}"), &mut say);
        }
        if !self.real || self.launch.failure.is_none() {
            launch::remove_script(&self.spec);
        }
        // What the clean-up's own commands left.
        while tasks::reap().1 {
            self.kill_all();
            if matches!(tokio::time::timeout(KILL_AGAIN, inbox.recv()).await, Ok(None)) {
                break;
            }
        }
        report(to_node, &StepReport::Gone { lost: false }).await;
        i32::from(self.node_lost)
    }

    /// Waits until srun has taken all output; an order to end, or a lost node, ends the wait.
    async fn flush(&mut self, inbox: &mut mpsc::UnboundedReceiver<Event>) {
        let ending = self.kill_at.is_some() || self.node_lost;
        let patience = if self.real { self.unkillable } else { LAST_WORDS };
        let deadline = ending.then(|| Instant::now() + patience);
        loop {
            let wait = async {
                match deadline {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                next = self.outputs.join_next() => if next.is_none() { break },
                event = inbox.recv() => match event {
                    Some(Event::OrdersLost) => { self.node_lost = true; break }
                    Some(Event::Order(StepOrder::Terminate { .. })) if !self.real => break,
                    None => break,
                    Some(_) => {}
                },
                () = wait => break,
            }
        }
        self.outputs.abort_all();
        if let Some(SrunLink { sender, writer }) = self.srun.take()
            && !self.node_lost
        {
            let held = std::mem::take(&mut self.held);
            let last = async {
                for end in held {
                    let _ = sender.send(end).await;
                }
                let _ = sender.send(FromStep::Finished).await;
                drop(sender);
                let _ = writer.await;
            };
            let _ = tokio::time::timeout(LAST_WORDS, last).await;
        }
    }
}
