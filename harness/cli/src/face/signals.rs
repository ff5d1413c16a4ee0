//! Ctrl-C and its kin: the first one stops in order, the second one at once.

use std::process::exit;

use plimsoll_record::exit::INTERRUPTED;
use plimsoll_suites::stop::Stop;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::Error;

/// What reads streams and waits for ends, on a thread of its own, and a switch that the first signal throws.
pub fn runtime() -> Result<(Runtime, Stop), Error> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|cause| Error::broken(format!("cannot start a thread: {cause}")))?;
    let stop = Stop::new();
    throw(&stop, runtime.handle())
        .map_err(|cause| Error::broken(format!("cannot watch for signals: {cause}")))?;
    Ok((runtime, stop))
}

/// Throws `stop` at the first SIGINT, SIGTERM or SIGHUP. A second one ends the process: whoever sends it does not want
/// to wait for what is still being taken down; the mock's lifeline takes down the rest.
fn throw(stop: &Stop, runtime: &Handle) -> std::io::Result<()> {
    let _inside = runtime.enter();
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    for kind in kinds {
        let mut signals: Signal = signal(kind)?;
        let stop = stop.clone();
        runtime.spawn(async move {
            while signals.recv().await.is_some() {
                if stop.is_set() {
                    exit(INTERRUPTED);
                }
                stop.now();
            }
        });
    }
    Ok(())
}
