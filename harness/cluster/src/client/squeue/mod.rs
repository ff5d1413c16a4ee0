//! `squeue`: the jobs and steps of a cluster.

mod jobs;
mod options;
mod select;
mod sort;
mod steps;

use std::ffi::OsString;
use std::io::Write as _;

use super::{ask, columns, options::complain};
use crate::time;
use crate::view::{JobView, UnixTime};
use options::{Asked, Query};

/// Runs `squeue` with the arguments behind its name; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let query = match options::read(args, &super::options::process_env) {
        Ok(Asked::Show(query)) => *query,
        Ok(Asked::Help(text)) => {
            print!("{text}");
            return 0;
        }
        Ok(Asked::Version) => return ask::print_version("squeue"),
        Err(options::OptionError::Usage(error)) => return complain("squeue", &error),
        Err(error) => {
            eprintln!("squeue: error: {error}");
            return 1;
        }
    };
    let jobs = match ask::jobs(query.job_ids()) {
        Ok(jobs) => jobs,
        Err(error) => {
            eprintln!("slurm_load_jobs error: {error}");
            return 1;
        }
    };
    if query.is_for_one_job() && jobs.is_empty() {
        eprintln!("slurm_load_jobs error: Invalid job id specified");
        return 1;
    }
    // A reader that has seen enough (`squeue | head -1`) is no error.
    let _ = std::io::stdout().lock().write_all(render(jobs, &query, time::now()).as_bytes());
    0
}

/// What is printed.
fn render(jobs: Vec<JobView>, query: &Query, now: UnixTime) -> String {
    let mut lines = Vec::new();
    if query.long && !query.no_header {
        lines.push(columns::clock(now));
    }
    match &query.layout {
        options::Format::Jobs(layout) => {
            let rows = select::jobs(jobs, query, now);
            if !query.no_header {
                lines.push(layout.heading());
            }
            lines.extend(sort::jobs(rows, &query.sort).iter().map(|row| layout.line(row)));
        }
        options::Format::Steps(layout) => {
            let rows = select::steps(jobs, query, now);
            if !query.no_header {
                lines.push(layout.heading());
            }
            lines.extend(rows.iter().map(|row| layout.line(row)));
        }
    }
    lines.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect()
}

#[cfg(test)]
mod tests;
