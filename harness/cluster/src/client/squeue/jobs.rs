//! The fields of a job.

use crate::array;
use crate::client::columns::{Column, or_null};
use crate::hostlist;
use crate::time::{format_date, format_elapsed, format_limit};
use crate::view::{JobState, JobView, UnixTime};

/// A line: a job, or the waiting jobs of an array in one.
pub(super) struct JobRow {
    /// The job; of several, the first one.
    pub(super) job: JobView,
    /// Indices of the array's jobs that this line stands for; none outside arrays and for single ones.
    pub(super) folded: Vec<u32>,
    /// When the line is shown.
    pub(super) now: UnixTime,
}

impl JobRow {
    /// `12`, `12_3`, or `12_[3-6%2]`.
    pub(super) fn display_id(&self) -> String {
        match &self.job.array {
            Some(array) if !self.folded.is_empty() => format!("{}_[{}]", array.job_id, self.indices()),
            _ => self.job.display_id(),
        }
    }

    fn indices(&self) -> String {
        array::compress(&self.folded, self.job.array.as_ref().and_then(|array| array.max_running))
    }

    fn task_id(&self) -> String {
        match &self.job.array {
            None => "N/A".to_owned(),
            Some(_) if !self.folded.is_empty() => self.indices(),
            Some(array) => array.task_id.to_string(),
        }
    }

    fn array_job_id(&self) -> u32 {
        self.job.array.as_ref().map_or(self.job.id, |array| array.job_id)
    }

    /// Seconds until the time limit; none for no limit.
    pub(super) fn time_left(&self) -> Option<i64> {
        let used = i64::try_from(self.job.run_time(self.now)).unwrap_or(i64::MAX);
        self.job.time_limit.map(|minutes| i64::from(minutes) * 60 - used)
    }

    fn time_left_text(&self) -> String {
        match self.time_left() {
            None => "UNLIMITED".to_owned(),
            Some(left) => u64::try_from(left).map_or_else(|_| "INVALID".to_owned(), format_elapsed),
        }
    }

    /// Why it waits, where it runs, or why it failed.
    fn place(&self) -> String {
        let says_why = self.job.state.is_pending()
            || matches!(
                self.job.state,
                JobState::Failed | JobState::Timeout | JobState::OutOfMemory | JobState::Deadline
            );
        if says_why { format!("({})", self.job.reason) } else { hostlist::compress(&self.job.nodes) }
    }
}

/// A job's wait status as one number, the code in the upper byte.
fn raw_status(exit: crate::view::ExitCode) -> String {
    (u32::from(exit.code) << 8 | u32::from(exit.signal)).to_string()
}

fn memory(mebibytes: Option<u64>) -> String {
    mebibytes.map_or_else(|| "0".to_owned(), |mebibytes| format!("{mebibytes}M"))
}

fn path(path: Option<&std::path::PathBuf>) -> String {
    path.map_or_else(|| "(null)".to_owned(), |path| path.display().to_string())
}

const fn field(
    letter: char,
    names: &'static [&'static str],
    heading: &'static str,
    value: fn(&JobRow) -> String,
) -> Column<JobRow> {
    Column { letter: Some(letter), names, heading, value }
}

const fn named(
    names: &'static [&'static str],
    heading: &'static str,
    value: fn(&JobRow) -> String,
) -> Column<JobRow> {
    Column { letter: None, names, heading, value }
}

/// Every field (squeue(1), --format and --Format).
pub(super) static FIELDS: &[Column<JobRow>] = &[
    field('i', &["JobArrayID"], "JOBID", JobRow::display_id),
    field('A', &["JobID"], "JOBID", |row| row.job.id.to_string()),
    field('F', &["ArrayJobID"], "ARRAY_JOB_ID", |row| row.array_job_id().to_string()),
    field('K', &["ArrayTaskID"], "ARRAY_TASK_ID", JobRow::task_id),
    field('j', &["Name"], "NAME", |row| row.job.name.clone()),
    field('u', &["UserName"], "USER", |row| row.job.user.clone()),
    field('U', &["UserID"], "UID", |row| row.job.uid.to_string()),
    field('g', &["GroupName"], "GROUP", |row| row.job.group.clone()),
    field('G', &["GroupID"], "GROUP", |row| row.job.gid.to_string()),
    field('a', &["Account"], "ACCOUNT", |row| or_null(row.job.account.as_deref())),
    field('P', &["Partition"], "PARTITION", |row| row.job.partition.clone()),
    field('t', &["StateCompact"], "ST", |row| row.job.state.code().to_owned()),
    field('T', &["State"], "STATE", |row| row.job.state.name().to_owned()),
    field('r', &["Reason"], "REASON", |row| row.job.reason.clone()),
    field('R', &["ReasonList"], "NODELIST(REASON)", JobRow::place),
    field('N', &["NodeList"], "NODELIST", |row| hostlist::compress(&row.job.nodes)),
    field('n', &["ReqNodes"], "REQ_NODES", |row| hostlist::compress(&row.job.req_nodes)),
    field('x', &["exc_nodes"], "EXC_NODES", |row| hostlist::compress(&row.job.exc_nodes)),
    field('B', &["BatchHost"], "EXEC_HOST", |row| {
        row.job
            .batch_host
            .clone()
            .or_else(|| row.job.nodes.first().cloned())
            .unwrap_or_else(|| "n/a".to_owned())
    }),
    field('D', &["NumNodes"], "NODES", |row| row.job.num_nodes.to_string()),
    field('C', &["NumCPUs"], "CPUS", |row| row.job.num_cpus.to_string()),
    named(&["NumTasks"], "TASKS", |row| row.job.num_tasks.to_string()),
    named(&["cpus-per-task"], "CPUS_PER_TASK", |row| row.job.cpus_per_task.to_string()),
    field('c', &["MinCpus"], "MIN_CPUS", |row| row.job.cpus_per_task.to_string()),
    field('m', &["MinMemory"], "MIN_MEMORY", |row| memory(row.job.mem_per_node)),
    field('M', &["TimeUsed"], "TIME", |row| format_elapsed(row.job.run_time(row.now))),
    field('l', &["TimeLimit"], "TIME_LIMIT", |row| format_limit(row.job.time_limit)),
    field('L', &["TimeLeft"], "TIME_LEFT", JobRow::time_left_text),
    field('S', &["StartTime"], "START_TIME", |row| format_date(row.job.start_time, "N/A")),
    field('e', &["EndTime"], "END_TIME", |row| {
        format_date(row.job.end_time, if row.job.start_time == 0 { "N/A" } else { "NONE" })
    }),
    field('V', &["SubmitTime"], "SUBMIT_TIME", |row| format_date(row.job.submit_time, "N/A")),
    named(&["EligibleTime"], "ELIGIBLE_TIME", |row| format_date(row.job.eligible_time, "N/A")),
    field('Q', &["PriorityLong"], "PRIORITY", |row| row.job.priority.to_string()),
    field('p', &["Priority"], "PRIORITY", |row| {
        format!("{:.14}", f64::from(row.job.priority) / f64::from(u32::MAX))
    }),
    field('E', &["Dependency"], "DEPENDENCY", |row| or_null(row.job.dependency.as_deref())),
    field('f', &["Feature"], "FEATURES", |row| or_null(row.job.features.as_deref())),
    field('h', &["OverSubscribe"], "OVER_SUBSCRIBE", |row| {
        if row.job.exclusive { "NO" } else { "OK" }.to_owned()
    }),
    field('k', &["Comment"], "COMMENT", |row| or_null(row.job.comment.as_deref())),
    field('o', &["Command"], "COMMAND", |row| or_null(row.job.command.as_deref())),
    field('Z', &["WorkDir"], "WORK_DIR", |row| row.job.work_dir.display().to_string()),
    field('q', &["QOS"], "QOS", |_| or_null(None)),
    field('v', &["Reservation"], "RESERVATION", |_| or_null(None)),
    field('w', &["WCKey"], "WCKEY", |_| or_null(None)),
    field('y', &["Nice"], "NICE", |_| "0".to_owned()),
    named(&["BatchFlag"], "BATCH_FLAG", |row| u8::from(row.job.batch).to_string()),
    named(&["Requeue"], "REQUEUE", |row| u8::from(row.job.requeue).to_string()),
    named(&["RestartCnt"], "RESTART_COUNT", |row| row.job.restarts.to_string()),
    named(&["exit_code"], "EXIT_CODE", |row| raw_status(row.job.exit_code)),
    named(&["DerivedEC", "derived_ec"], "DERIVED_EC", |row| raw_status(row.job.derived_exit_code)),
    named(&["StdIn"], "STDIN", |row| path(row.job.stdin.as_ref())),
    named(&["StdOut"], "STDOUT", |row| path(row.job.stdout.as_ref())),
    named(&["StdErr"], "STDERR", |row| path(row.job.stderr.as_ref())),
    named(&["AllocNodes"], "ALLOC_NODES", |row| row.job.alloc_host.clone()),
    named(&["AllocSID"], "ALLOC_SID", |row| row.job.alloc_pid.to_string()),
    named(&["Container"], "CONTAINER", |row| {
        row.job.container.as_ref().map_or_else(|| or_null(None), |path| path.to_string_lossy().into_owned())
    }),
    named(&["ContainerID"], "CONTAINER_ID", |row| or_null(row.job.container_id.as_deref())),
];
