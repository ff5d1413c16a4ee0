//! `scontrol show job`.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::PathBuf;

use plimsoll_launcher::Release;

use super::text::{Style, block, hosts_or_null, splits_tres};
use crate::client::columns::or_null;
use crate::hostlist;
use crate::time::{format_date, format_elapsed_full, format_limit_full};
use crate::view::{JobState, JobView, UnixTime};

/// One job.
pub(super) fn show(job: &JobView, release: Release, style: Style, now: UnixTime) -> String {
    let date = |time| format_date(time, "Unknown");
    let account = or_null(job.account.as_deref());
    let dependency = or_null(job.dependency.as_deref());
    let mut lines = vec![
        format!("JobId={}{} JobName={}", job.id, array(job), job.name),
        format!("UserId={}({}) GroupId={}({}) MCS_label=N/A", job.user, job.uid, job.group, job.gid),
        format!("Priority={} Nice=0 Account={account} QOS=(null)", job.priority),
        format!("JobState={} Reason={} Dependency={dependency}", job.state, job.reason.replace(' ', "_")),
        format!(
            "Requeue={} Restarts={} BatchFlag={} Reboot=0 ExitCode={}",
            u8::from(job.requeue),
            job.restarts,
            u8::from(job.batch),
            job.exit_code
        ),
    ];
    if style.details {
        lines.push(format!("DerivedExitCode={}", job.derived_exit_code));
    }
    lines.extend([
        format!(
            "RunTime={} TimeLimit={} TimeMin=N/A",
            format_elapsed_full(job.run_time(now)),
            format_limit_full(job.time_limit)
        ),
        format!("SubmitTime={} EligibleTime={}", date(job.submit_time), date(job.eligible_time)),
        format!("AccrueTime={}", date(job.eligible_time)),
        format!("StartTime={} EndTime={} Deadline=N/A", date(job.start_time), date(job.end_time)),
        format!(
            "SuspendTime=None SecsPreSuspend=0 LastSchedEval={} Scheduler=Main",
            date(job.start_time.max(job.submit_time))
        ),
        format!("Partition={} AllocNode:Sid={}:{}", job.partition, job.alloc_host, job.alloc_pid),
        format!(
            "ReqNodeList={} ExcNodeList={}",
            hosts_or_null(&job.req_nodes),
            hosts_or_null(&job.exc_nodes)
        ),
        format!("NodeList={}", hostlist::compress(&job.nodes)),
    ]);
    if let Some(host) = &job.batch_host {
        lines.push(format!("BatchHost={host}"));
    }
    lines.push(format!(
        "NumNodes={} NumCPUs={} NumTasks={} CPUs/Task={} ReqB:S:C:T=0:0:*:*",
        job.num_nodes, job.num_cpus, job.num_tasks, job.cpus_per_task
    ));
    lines.extend(resources(job, release));
    lines.push("Socks/Node=* NtasksPerN:B:S:C=0:0:*:* CoreSpec=*".to_owned());
    if style.details && !job.nodes.is_empty() {
        lines.push("JOB_GRES=(null)".to_owned());
        lines.push(format!("  Nodes={} CPU_IDs= Mem={} GRES=", hostlist::compress(&job.nodes), memory(job)));
    }
    lines.extend([
        format!("MinCPUsNode={} MinMemoryNode={} MinTmpDiskNode=0", job.cpus_per_task, memory_text(job)),
        format!("Features={} DelayBoot=00:00:00", or_null(job.features.as_deref())),
        format!(
            "OverSubscribe={} Contiguous=0 Licenses=(null) Network=(null)",
            if job.exclusive { "NO" } else { "OK" }
        ),
        format!("Command={}", or_null(job.command.as_deref())),
        format!("WorkDir={}", job.work_dir.display()),
    ]);
    if let Some(comment) = &job.comment {
        lines.push(format!("Comment={comment}"));
    }
    let streams = [("StdErr", &job.stderr), ("StdIn", &job.stdin), ("StdOut", &job.stdout)];
    lines.extend(streams.iter().filter(|_| job.batch).map(|(key, path)| stream(key, path.as_ref())));
    lines.extend(container(job, release));
    block(&lines, style)
}

/// The lines about how it was asked for, and its container.
fn container(job: &JobView, release: Release) -> Vec<String> {
    let named = |path: &OsStr| format!("Container={}", path.to_string_lossy());
    let id = job.container_id.as_ref();
    let newest = release.is_later() && release.at_least(Release::V26_05);
    let mut lines = Vec::new();
    if newest {
        lines.push(format!("SubmitLine={}", job.submit_line));
    }
    match (&job.container, id) {
        // On one line, whether there is an id or not.
        (Some(path), id) if release.is_later() => {
            let kind = if newest { "ContainerType=(null) " } else { "" };
            lines.push(format!("{kind}{} ContainerID={}", named(path), or_null(id.map(String::as_str))));
        }
        (path, id) => {
            lines.extend(path.as_ref().map(|path| named(path)));
            lines.extend(id.map(|id| format!("ContainerID={id}")));
        }
    }
    lines
}

fn array(job: &JobView) -> String {
    let Some(array) = &job.array else { return String::new() };
    let mut text = format!(" ArrayJobId={} ArrayTaskId={}", array.job_id, array.task_id);
    if let Some(limit) = array.max_running {
        // Writing to a string does not fail.
        let _ = write!(text, " ArrayTaskThrottle={limit}");
    }
    text
}

/// What was asked for and what was got; older releases show one line.
fn resources(job: &JobView, release: Release) -> Vec<String> {
    let memory = match memory(job) {
        0 => String::new(),
        mebibytes => format!(",mem={mebibytes}M"),
    };
    let tres = format!("cpu={}{memory},node={},billing={}", job.num_cpus, job.num_nodes, job.num_cpus);
    if !splits_tres(release) {
        return vec![format!("TRES={tres}")];
    }
    let got = if job.start_time == 0 { "(null)" } else { &tres };
    vec![format!("ReqTRES={tres}"), format!("AllocTRES={got}")]
}

/// MiB on all of its nodes.
fn memory(job: &JobView) -> u64 {
    job.mem_per_node.unwrap_or(0).saturating_mul(u64::from(job.num_nodes))
}

fn memory_text(job: &JobView) -> String {
    job.mem_per_node.map_or_else(|| "0".to_owned(), |mebibytes| format!("{mebibytes}M"))
}

fn stream(key: &str, path: Option<&PathBuf>) -> String {
    format!("{key}={}", path.map_or_else(|| "/dev/null".to_owned(), |path| path.display().to_string()))
}

/// What is said when no job is known.
pub(super) const NONE: &str = "No jobs in the system\n";

/// Whether a job may be written of at all: one that is over is shown as long as the controller knows it.
pub(super) fn is_live(job: &JobView) -> bool {
    !job.state.is_over() && job.state != JobState::Completing
}
