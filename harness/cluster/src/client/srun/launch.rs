//! Getting a step: the request, the wait for CPUs of the job, and what is said meanwhile.

use std::os::fd::AsFd as _;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use crate::client::connect::{ConnectError, Controller};
use crate::client::say::Voice;
use crate::client::signals::Signals;
use crate::proto::control::{Refusal, StepGrant, StepRequest};
use crate::proto::{Reply, Request};

/// Why there is no step.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// No controller.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The controller says no.
    #[error("{0}")]
    Refused(Refusal),
    /// The job ended.
    #[error("Job/step already completing or completed")]
    JobOver,
    /// A signal came while the step waited.
    #[error("interrupted by signal {0} while the step waited")]
    Interrupted(i32),
}

/// Asks for a step and waits until its daemons are being started.
pub fn create(
    voice: Voice,
    controller: &mut Controller,
    signals: &mut Signals,
    request: StepRequest,
) -> Result<StepGrant, LaunchError> {
    let job_id = request.job_id;
    controller.send(&Request::CreateStep(Box::new(request)))?;
    let mut queued = false;
    loop {
        while let Some(reply) = controller.pending()? {
            match reply {
                Reply::StepQueued if queued => {}
                Reply::StepQueued => {
                    queued = true;
                    voice.info(format_args!(
                        "Job {job_id} step creation temporarily disabled, retrying (Requested nodes are busy)"
                    ));
                }
                Reply::StepGranted(grant) => {
                    if queued {
                        voice.info(format_args!("Step created for StepId={job_id}.{}", grant.step));
                    }
                    return Ok(*grant);
                }
                Reply::Ended { .. } | Reply::StepOver => return Err(LaunchError::JobOver),
                Reply::Error(refusal) => return Err(LaunchError::Refused(refusal)),
                other => voice.debug(format_args!("unexpected answer {other:?}")),
            }
        }
        let mut fds = [
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(controller.as_fd(), PollFlags::POLLIN),
        ];
        // An error leaves no events, and then the read on the controller is what waits.
        let _ = poll(&mut fds, PollTimeout::NONE);
        if !fds[0].any().unwrap_or(false) {
            controller.fill()?;
            continue;
        }
        while let Some(signal) = signals.take() {
            if matches!(signal, Signal::SIGINT | Signal::SIGTERM | Signal::SIGHUP | Signal::SIGQUIT) {
                return Err(LaunchError::Interrupted(signal as i32));
            }
            signals.keep(signal);
        }
    }
}
