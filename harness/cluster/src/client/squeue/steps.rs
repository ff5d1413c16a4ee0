//! The fields of a step.

use crate::client::columns::{Column, or_null};
use crate::hostlist;
use crate::time::{format_date, format_elapsed, format_limit};
use crate::view::{StepView, UnixTime};

/// A line.
pub(super) struct StepRow {
    /// The step.
    pub(super) step: StepView,
    /// When the line is shown.
    pub(super) now: UnixTime,
}

const fn field(
    letter: char,
    names: &'static [&'static str],
    heading: &'static str,
    value: fn(&StepRow) -> String,
) -> Column<StepRow> {
    Column { letter: Some(letter), names, heading, value }
}

const fn named(
    names: &'static [&'static str],
    heading: &'static str,
    value: fn(&StepRow) -> String,
) -> Column<StepRow> {
    Column { letter: None, names, heading, value }
}

/// Every field.
pub(super) static FIELDS: &[Column<StepRow>] = &[
    field('i', &["StepID"], "STEPID", |row| row.step.display_id()),
    named(&["JobID"], "JOBID", |row| row.step.job_id.to_string()),
    named(&["ArrayJobID"], "ARRAY_JOB_ID", |row| {
        row.step.array.as_ref().map_or(row.step.job_id, |array| array.job_id).to_string()
    }),
    named(&["ArrayTaskID"], "ARRAY_TASK_ID", |row| {
        row.step.array.as_ref().map_or_else(|| "N/A".to_owned(), |array| array.task_id.to_string())
    }),
    field('j', &["StepName", "Name"], "NAME", |row| row.step.name.clone()),
    field('P', &["Partition"], "PARTITION", |row| row.step.partition.clone()),
    field('u', &["UserName"], "USER", |row| row.step.user.clone()),
    field('U', &["UserID"], "UID", |row| row.step.uid.to_string()),
    field('M', &["TimeUsed"], "TIME", |row| format_elapsed(row.step.run_time(row.now))),
    field('l', &["TimeLimit"], "TIME_LIMIT", |row| format_limit(row.step.time_limit)),
    field('S', &["StartTime"], "START_TIME", |row| format_date(row.step.start_time, "N/A")),
    field('N', &["NodeList", "Nodes"], "NODELIST", |row| hostlist::compress(&row.step.nodes)),
    field('A', &["NumTasks"], "TASKS", |row| row.step.num_tasks.to_string()),
    named(&["NumCPUs"], "CPUS", |row| row.step.num_cpus.to_string()),
    named(&["StepState"], "STATE", |row| row.step.state.name().to_owned()),
    named(&["Container"], "CONTAINER", |row| {
        row.step.container.as_ref().map_or_else(|| or_null(None), |path| path.to_string_lossy().into_owned())
    }),
    named(&["ContainerID"], "CONTAINER_ID", |row| or_null(row.step.container_id.as_deref())),
];
