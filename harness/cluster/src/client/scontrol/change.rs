//! Commands that change jobs: hold, release, requeue, suspend, resume; and `write batch_script`, `shutdown`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use super::show::{JobName, find_jobs, invalid_job};
use super::{Failure, Printed, job};
use crate::client::ask::{self, AskError};
use crate::proto::control::Update;

/// The commands of [`change`].
pub(super) const VERBS: [&str; 7] =
    ["hold", "uhold", "release", "requeue", "requeuehold", "suspend", "resume"];

/// Does one of [`VERBS`] to each job of a list. The first failure ends it.
pub(super) fn change(verb: &str, list: &str) -> Printed {
    for name in list.split(',').filter(|name| !name.is_empty()) {
        change_one(verb, name).map_err(|error| match verb {
            "suspend" | "resume" => Failure::Call("slurm_suspend", error),
            _ => Failure::Job(name.to_owned(), error),
        })?;
    }
    Ok(String::new())
}

fn change_one(verb: &str, name: &str) -> Result<(), AskError> {
    for id in targets(verb, name)? {
        ask::update(update(verb, id))?;
    }
    Ok(())
}

/// The own ids of the jobs that are meant. A name of one job is one; of an array it is each job that is not over (all of
/// them for a requeue, which is for jobs that ran).
fn targets(verb: &str, name: &str) -> Result<Vec<u32>, AskError> {
    let jobs = find_jobs(name)?;
    if let [only] = jobs.as_slice() {
        return Ok(vec![only.id]);
    }
    let meant = jobs.iter().filter(|one| verb.starts_with("requeue") || job::is_live(one));
    Ok(meant.map(|job| job.id).collect())
}

fn update(verb: &str, id: u32) -> Update {
    match verb {
        "release" => Update::Release(id),
        "requeue" => Update::Requeue(id, false),
        "requeuehold" => Update::Requeue(id, true),
        "suspend" => Update::Suspend(id),
        "resume" => Update::Resume(id),
        _ => Update::Hold(id),
    }
}

/// `shutdown`
pub(super) fn shutdown() -> Printed {
    ask::update(Update::Shutdown).map_err(|error| Failure::Call("slurm_shutdown", error))?;
    Ok(String::new())
}

/// `write batch_script JOB [FILE|-]`: to `slurm-JOB.sh` unless told otherwise.
pub(super) fn write_script(name: &str, rest: &[&str]) -> Printed {
    let failed = |error| Failure::Words(format!("job script retrieval failed: {error}"));
    let id = JobName::read(name).ok_or_else(|| failed(invalid_job()))?.id;
    let jobs = find_jobs(name).map_err(failed)?;
    let script = jobs.into_iter().find_map(|job| job.script);
    let script = script
        .ok_or_else(|| Failure::Words("job script retrieval failed: Access/permission denied".to_owned()))?;
    let path = match rest {
        [] => format!("slurm-{id}.sh"),
        ["-"] => {
            // Bytes, since a script may hold any; a reader that has seen enough is no error.
            let _ = std::io::stdout().lock().write_all(&script);
            return Ok(String::new());
        }
        [path] => (*path).to_owned(),
        _ => return Err(Failure::Words("too many arguments for keyword:write".to_owned())),
    };
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o700).open(&path);
    let written = file.and_then(|mut file| file.write_all(&script));
    written
        .map_err(|error| Failure::Words(format!("failed to write the batch script to {path}: {error}")))?;
    Ok(format!("batch script for job {name} written to {path}\n"))
}
