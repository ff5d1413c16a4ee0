//! Ctrl-C and its kin: the first one stops in order, the second one at once.

use std::process::exit;

use plimsoll_record::exit::INTERRUPTED;
use plimsoll_suites::stop::Stop;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Throws `stop` at the first SIGINT, SIGTERM or SIGHUP. A second one ends the process: whoever sends it does not want
/// to wait for what is still being taken down; the mock's lifeline takes down the rest.
pub fn throw(stop: &Stop, runtime: &Handle) -> std::io::Result<()> {
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
