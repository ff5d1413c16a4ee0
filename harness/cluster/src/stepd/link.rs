//! A step daemon's two links: to its node and to srun.

use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::io::PENDING_MESSAGES;
use plimsoll_pmi::link::FromServer;

use crate::proto::node::{StepOrder, StepReport};
use crate::proto::{FromStep, ToStep};
use crate::wire;

/// What happens to a step.
pub enum Event {
    /// The node said something.
    Order(StepOrder),
    /// The node is gone.
    OrdersLost,
    /// srun said something, input apart.
    FromSrun(ToStep),
    /// The step's MPI server said something.
    FromMpi(FromServer),
    /// A child has ended.
    Child,
}

/// Tells the node.
pub async fn report(to_node: &mut OwnedWriteHalf, report: &StepReport) {
    // A node that is gone is noticed where its orders are read.
    let _ = wire::write_async(to_node, report).await;
}

/// Reads the node's orders until it is gone.
pub async fn read_orders(mut from: OwnedReadHalf, events: mpsc::UnboundedSender<Event>) {
    while let Ok(Some(order)) = wire::read_async(&mut from).await {
        if events.send(Event::Order(order)).is_err() {
            return;
        }
    }
    let _ = events.send(Event::OrdersLost);
}

/// The way to srun.
pub struct SrunLink {
    /// Takes what srun is to hear.
    pub sender: mpsc::Sender<FromStep>,
    /// Ends when all of it is written.
    pub writer: JoinHandle<()>,
}

impl SrunLink {
    /// A link that writes to this end of the connection.
    pub fn new(mut write: OwnedWriteHalf) -> Self {
        let (sender, mut messages) = mpsc::channel::<FromStep>(PENDING_MESSAGES);
        let writer = tokio::task::spawn_local(async move {
            let mut there = true;
            while let Some(message) = messages.recv().await {
                there = there && wire::write_async(&mut write, &message).await.is_ok();
            }
        });
        Self { sender, writer }
    }
}

/// Hands input on to the tasks, at their pace, and the rest to the step.
pub async fn read_srun(
    mut from: OwnedReadHalf,
    mut inputs: Vec<(u32, mpsc::Sender<Vec<u8>>)>,
    events: mpsc::UnboundedSender<Event>,
) {
    while let Ok(Some(message)) = wire::read_async(&mut from).await {
        match message {
            ToStep::Input { task, bytes } => {
                let wanted = |rank: u32| task.is_none_or(|task| task == rank);
                for (_, queue) in inputs.iter().filter(|(rank, _)| wanted(*rank)) {
                    // A task that wants no more input has dropped its end.
                    let _ = queue.send(bytes.clone()).await;
                }
                if bytes.is_empty() {
                    inputs.retain(|(rank, _)| !wanted(*rank));
                }
            }
            other => {
                if events.send(Event::FromSrun(other)).is_err() {
                    return;
                }
            }
        }
    }
    // srun has gone: the controller sees it too, and decides. The tasks' input ends here.
    std::future::pending::<()>().await;
}
