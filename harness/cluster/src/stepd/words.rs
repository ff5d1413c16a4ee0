//! What a step's daemon says to its users, in the words of its release.

use plimsoll_launcher::Release;
use plimsoll_launcher::step::StepSpec;

use crate::time;

/// What its lines begin with: 26.05 gives the time, the others a name.
pub fn head(release: Release) -> String {
    if release.is_later() && release.at_least(Release::V26_05) {
        format!("[{}]", time::format_date(time::now(), "Unknown"))
    } else {
        "slurmstepd:".to_owned()
    }
}

/// A line of the launcher's: what comes behind a line break of its words stands by itself.
pub fn said(release: Release, line: String) -> String {
    let begins = ["error: ", "fatal: "].iter().any(|level| line.starts_with(level));
    if begins { format!("{} {line}", head(release)) } else { line }
}

/// Why a step is cancelled, where nobody says so: 26.05 names the signal that it begins with.
pub fn why(release: Release, why: &str, now: bool) -> String {
    match (why, release) {
        ("", release) if release.is_later() && release.at_least(Release::V26_05) => {
            format!("DUE to SIGNAL {}", if now { "Killed" } else { "Terminated" })
        }
        (why, _) => why.to_owned(),
    }
}

/// `*** STEP 7.0 ON n1 CANCELLED AT … ***`, or of a whole job.
pub fn cancelled(spec: &StepSpec, why: &str, job: bool) -> String {
    let what =
        if job { format!("JOB {}", spec.job_id) } else { format!("STEP {}.{}", spec.job_id, spec.step) };
    line(spec.release, &what, &spec.node_name, why)
}

/// The same with the words for what is cancelled.
pub fn line(release: Release, what: &str, node: &str, why: &str) -> String {
    let space = if why.is_empty() { "" } else { " " };
    let now = time::format_date(time::now(), "Unknown");
    format!("{} error: *** {what} ON {node} CANCELLED AT {now}{space}{why} ***", head(release))
}
