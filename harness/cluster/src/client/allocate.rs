//! Getting an allocation, for srun and salloc: the request, the wait in the queue, and what is said meanwhile.

use std::os::fd::AsFd as _;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use super::connect::{ConnectError, Controller};
use super::say::Voice;
use super::signals::Signals;
use crate::proto::control::{Allocation, JobRequest, Refusal};
use crate::proto::{Reply, Request};

/// Why there is no allocation.
#[derive(Debug, thiserror::Error)]
pub enum AllocateError {
    /// No controller.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The controller says no.
    #[error("{0}")]
    Refused(Refusal),
    /// The job was cancelled while it waited.
    #[error("job {0} was cancelled while it waited")]
    Cancelled(u32),
    /// A signal came while the job waited; none when it had no id yet.
    #[error("interrupted by a signal while waiting for resources")]
    Interrupted(Option<u32>),
}

/// Asks for a job and waits until it has its nodes. The connection then is the allocation's: its end ends the job.
pub fn allocate(
    voice: Voice,
    controller: &mut Controller,
    signals: &mut Signals,
    request: JobRequest,
) -> Result<Allocation, AllocateError> {
    controller.send(&Request::Allocate(Box::new(request)))?;
    let mut queued = None;
    loop {
        while let Some(reply) = controller.pending()? {
            match reply {
                Reply::Queued(job_id) => {
                    if voice.tool == "salloc" {
                        voice.info(format_args!("Pending job allocation {job_id}"));
                    }
                    voice.info(format_args!("job {job_id} queued and waiting for resources"));
                    queued = Some(job_id);
                }
                Reply::Granted(allocation) => {
                    if queued.is_some() {
                        let job_id = allocation.job_id;
                        voice.info(format_args!("job {job_id} has been allocated resources"));
                    }
                    return Ok(*allocation);
                }
                Reply::Ended { job_id, .. } => return Err(AllocateError::Cancelled(job_id)),
                Reply::Error(refusal) => return Err(AllocateError::Refused(refusal)),
                other => voice.debug(format_args!("unexpected answer {other:?}")),
            }
        }
        if wait_for_either(controller, signals) {
            while let Some(signal) = signals.take() {
                if matches!(signal, Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP | Signal::SIGQUIT) {
                    return Err(AllocateError::Interrupted(queued));
                }
            }
        } else {
            controller.fill()?;
        }
    }
}

/// Waits for the controller or a signal; true when a signal came.
fn wait_for_either(controller: &Controller, signals: &Signals) -> bool {
    let mut fds =
        [PollFd::new(signals.as_fd(), PollFlags::POLLIN), PollFd::new(controller.as_fd(), PollFlags::POLLIN)];
    // An error leaves no events, and then the read on the controller is what waits.
    let _ = poll(&mut fds, PollTimeout::NONE);
    fds[0].any().unwrap_or(false)
}

/// A refusal of an allocation in Slurm's words, behind `prefix`, which [`Refusal::Busy`] brings along itself.
pub fn refusal(prefix: &str, refusal: &Refusal) -> String {
    let text = refusal.to_string();
    let bare = text.strip_prefix("Unable to allocate resources: ").unwrap_or(&text);
    format!("{prefix}: {bare}")
}
