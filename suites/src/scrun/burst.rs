//! Many at a time.

use super::engine::Podman;
use super::life::SINCE;
use crate::case;
use crate::context::Context;
use crate::need::Need;
use crate::outcome::{Outcome, expect};
use crate::rules::G_SCR_1;

/// As many as a user of some zeal starts at once.
const MANY: usize = 20;
/// Twenty engines at a time on a small machine: each takes half a second of it.
const WITHIN: std::time::Duration = std::time::Duration::from_secs(90);

case! {
    /// Twenty containers at a time all run, each as a job of its own, and none is lost.
    ///
    /// Catches: anchors that get in each other's way.
    pub const BURST = must("scrun.podman-burst", burst)
        .rules(&[G_SCR_1])
        .needs(&[Need::Podman, Need::Busybox])
        .releases(SINCE)
        .cpus(24)
        .once();
}

fn burst(cx: &Context<'_>) -> Outcome {
    let podman = Podman::new(cx)?;
    let script = format!(
        "for i in $(seq {MANY}); do podman run --rm alpine inside \"echo $i \\$SLURM_JOB_ID\" || echo $i failed & done; wait"
    );
    let run = podman.dressed(cx.shell(&script)).limit(WITHIN).run()?.exits(0).checked()?;
    let text = run.stdout_text();
    let mut numbers = std::collections::BTreeSet::new();
    let mut jobs = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some((number, job)) = line.split_once(' ')
            && let (Ok(number), Ok(job)) = (number.parse::<usize>(), job.parse::<u32>())
        {
            numbers.insert(number);
            jobs.insert(job);
        }
    }
    let all = numbers.len() == MANY && jobs.len() == MANY;
    expect(all, format!("{MANY} lines of {MANY} jobs"), format!("{text}{}", run.stderr_text()))?;
    podman.finish()
}
