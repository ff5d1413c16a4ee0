//! `scontrol update`: the state of nodes, the time limit of a job.

use super::show::{find_jobs, invalid_job};
use super::{Failure, Printed};
use crate::client::ask;
use crate::hostlist;
use crate::proto::control::Update;
use crate::time;

/// States that can be set.
const STATES: [&str; 6] = ["DOWN", "DRAIN", "FAIL", "IDLE", "RESUME", "UNDRAIN"];

/// What is said when nothing known is to be updated.
const NO_ENTITY: &str =
    "No valid entity in update command\nInput line must include \"NodeName\" or \"JobId\"";

/// Reads the pairs, and asks for the change.
pub(super) fn update(pairs: &[&str]) -> Printed {
    match read(pairs)? {
        Change::Node(update) => {
            ask::update(update).map_err(|error| Failure::Call("slurm_update", error))?;
        }
        Change::TimeLimit(name, minutes) => {
            let failed = |error| Failure::Job(name.clone(), error);
            for job in find_jobs(&name).map_err(failed)? {
                ask::update(Update::TimeLimit(job.id, minutes)).map_err(failed)?;
            }
        }
    }
    Ok(String::new())
}

/// What is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nodes.
    Node(Update),
    /// The time limit of a job, as it was named, in minutes.
    TimeLimit(String, Option<u32>),
}

/// Reads the pairs of `update`.
pub(super) fn read(pairs: &[&str]) -> Result<Change, Failure> {
    let mut nodes = None;
    let mut job = None;
    let mut state = None;
    let mut reason = None;
    let mut limit = None;
    for pair in pairs {
        let not_supported =
            || Failure::Words(format!("Update of this parameter is not supported: {pair}\nRequest aborted"));
        let (key, value) = pair.split_once('=').ok_or_else(not_supported)?;
        let slot = match key.to_ascii_lowercase().as_str() {
            "nodename" | "node" => &mut nodes,
            "jobid" | "job" => &mut job,
            "state" => &mut state,
            "reason" => &mut reason,
            "timelimit" => &mut limit,
            _ if nodes.is_none() && job.is_none() => return Err(Failure::Words(NO_ENTITY.to_owned())),
            _ => return Err(not_supported()),
        };
        *slot = Some(value.to_owned());
    }
    let left_over = |given: bool, what: &str| {
        let text = format!("Update of this parameter is not supported: {what}\nRequest aborted");
        if given { Err(Failure::Words(text)) } else { Ok(()) }
    };
    match (nodes, job) {
        (Some(nodes), None) => {
            left_over(limit.is_some(), "TimeLimit of a node")?;
            node(&nodes, state, reason)
        }
        (None, Some(job)) => {
            left_over(state.is_some() || reason.is_some(), "State or Reason of a job")?;
            let limit = limit.ok_or_else(|| Failure::Words("No changes specified".to_owned()))?;
            let minutes = time::parse_limit(&limit);
            let minutes =
                minutes.map_err(|_| Failure::Words("scontrol: error: Invalid TimeLimit value".to_owned()))?;
            if super::show::JobName::read(&job).is_none() {
                return Err(Failure::Job(job, invalid_job()));
            }
            Ok(Change::TimeLimit(job, minutes))
        }
        _ => Err(Failure::Words(NO_ENTITY.to_owned())),
    }
}

fn node(list: &str, state: Option<String>, reason: Option<String>) -> Result<Change, Failure> {
    let names = hostlist::expand(list)?;
    let state = state.ok_or_else(|| Failure::Words("No changes specified".to_owned()))?;
    let state = state.to_ascii_uppercase();
    if !STATES.contains(&state.as_str()) {
        return Err(Failure::Words(format!(
            "Invalid input: State={state}\nRequest aborted\nValid states are: {}",
            STATES.join(" ")
        )));
    }
    let reason = reason.map(|reason| reason.trim_matches(['"', '\'']).to_owned());
    let needs_reason = matches!(state.as_str(), "DOWN" | "DRAIN" | "FAIL");
    if needs_reason && reason.as_deref().is_none_or(str::is_empty) {
        return Err(Failure::Words(
            "You must specify a reason when DOWNING or DRAINING a node. Request denied".to_owned(),
        ));
    }
    Ok(Change::Node(Update::Node { names, state, reason }))
}
