//! `scontrol show`, `ping` and `version`: asks, chooses, and leaves the text to the module of each thing.

use super::text::Style;
use super::{Failure, Printed, config, job, node, partition, step};
use crate::client::ask::{self, AskError};
use crate::hostlist;
use crate::time::now;
use crate::view::{JobView, NodeView, PartitionView, StepView};

/// Shows one kind of thing: all of them, or those that are named.
pub(super) fn show(entity: &str, rest: &[&str], style: Style) -> Printed {
    let wanted = match rest {
        [] => None,
        [wanted] => Some(*wanted),
        _ => return Err(Failure::Words(format!("too many arguments for keyword:{entity}"))),
    };
    match (entity.to_ascii_lowercase().as_str(), wanted) {
        ("job" | "jobs" | "jobid", wanted) => jobs(wanted, style),
        ("step" | "steps" | "stepid", wanted) => steps(wanted, style),
        ("node" | "nodes" | "nodename", wanted) => nodes(wanted, style),
        ("partition" | "partitions" | "partitionname", wanted) => partitions(wanted, style),
        ("config" | "configuration", None) => {
            let config = ask::config().map_err(|error| Failure::Call("slurm_load_ctl_conf", error))?;
            Ok(config::show(&config, now()))
        }
        ("hostname" | "hostnames", list) => host_names(list),
        ("hostlist", Some(list)) => host_list(list, false),
        ("hostlistsorted", Some(list)) => host_list(list, true),
        _ => Err(Failure::Words(format!("invalid entity:{entity} for keyword:show"))),
    }
}

/// A job as it is named: `12`, `12_3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JobName {
    pub(super) id: u32,
    task: Option<u32>,
}

impl JobName {
    /// Reads a name.
    pub(super) fn read(text: &str) -> Option<Self> {
        match text.split_once('_') {
            None => Some(Self { id: text.parse().ok()?, task: None }),
            Some((id, task)) => Some(Self { id: id.parse().ok()?, task: Some(task.parse().ok()?) }),
        }
    }

    /// Whether it names this job.
    pub(super) fn matches(self, job: &JobView) -> bool {
        let place = job.array.as_ref().map(|array| (array.job_id, array.task_id));
        match self.task {
            Some(task) => place == Some((self.id, task)),
            None => job.id == self.id || place.is_some_and(|(array_id, _)| array_id == self.id),
        }
    }
}

/// The controller's word for a job that it does not know.
pub(super) fn invalid_job() -> AskError {
    AskError::Refused(crate::proto::control::Refusal::InvalidJobId)
}

/// The jobs of a name; at least one.
pub(super) fn find_jobs(text: &str) -> Result<Vec<JobView>, AskError> {
    let name = JobName::read(text).ok_or_else(invalid_job)?;
    let mut jobs = ask::jobs(vec![name.id])?;
    jobs.retain(|job| name.matches(job));
    if jobs.is_empty() { Err(invalid_job()) } else { Ok(jobs) }
}

fn jobs(wanted: Option<&str>, style: Style) -> Printed {
    let failed = |error| Failure::Call("slurm_load_jobs", error);
    let release = ask::config().map_err(failed)?.release;
    let jobs = match wanted {
        Some(name) => find_jobs(name),
        None => ask::jobs(Vec::new()),
    };
    let jobs = jobs.map_err(failed)?;
    if jobs.is_empty() {
        return Ok(job::NONE.to_owned());
    }
    Ok(jobs.iter().map(|job| job::show(job, release, style, now())).collect())
}

fn steps(wanted: Option<&str>, style: Style) -> Printed {
    let failed = |error| Failure::Call("slurm_get_job_steps", error);
    let (job, id) = match wanted.map(|wanted| wanted.split_once('.').unwrap_or((wanted, ""))) {
        None => (None, ""),
        Some((job, id)) => (Some(job), id),
    };
    let jobs = match job {
        Some(name) => find_jobs(name),
        None => ask::jobs(Vec::new()),
    };
    let shown = |step: &StepView| {
        let live = !step.state.is_over();
        live && (id.is_empty() || step.id.to_string() == id)
    };
    let steps: Vec<StepView> =
        jobs.map_err(failed)?.into_iter().flat_map(|job| job.steps).filter(shown).collect();
    match (steps.is_empty(), wanted) {
        (true, Some(wanted)) => Err(Failure::Missing(format!("Job step {wanted}"))),
        (true, None) => Ok(step::NONE.to_owned()),
        (false, _) => Ok(steps.iter().map(|step| step::show(step, style)).collect()),
    }
}

fn load_nodes() -> Result<(Vec<NodeView>, Vec<PartitionView>), Failure> {
    ask::nodes().map_err(|error| Failure::Call("slurm_load_node", error))
}

fn nodes(wanted: Option<&str>, style: Style) -> Printed {
    let release = ask::config().map_err(|error| Failure::Call("slurm_load_node", error))?.release;
    let (nodes, _) = load_nodes()?;
    let chosen = choose(&nodes, wanted, "Node", |node| &node.name)?;
    Ok(chosen.into_iter().map(|one| node::show(one, release, style)).collect())
}

fn partitions(wanted: Option<&str>, style: Style) -> Printed {
    let (nodes, partitions) = load_nodes()?;
    let chosen = choose(&partitions, wanted, "Partition", |partition| &partition.name)?;
    Ok(chosen.into_iter().map(|one| partition::show(one, &nodes, style)).collect())
}

/// All of a list, or those with the names of a host list, in its order.
fn choose<'a, T>(
    all: &'a [T],
    wanted: Option<&str>,
    kind: &str,
    name: impl Fn(&T) -> &str,
) -> Result<Vec<&'a T>, Failure> {
    let Some(wanted) = wanted else { return Ok(all.iter().collect()) };
    let find = |wanted: &String| {
        let found = all.iter().find(|one| name(one) == wanted);
        found.ok_or_else(|| Failure::Missing(format!("{kind} {wanted}")))
    };
    hostlist::expand(wanted)?.iter().map(find).collect()
}

fn host_names(list: Option<&str>) -> Printed {
    let job = std::env::var("SLURM_JOB_NODELIST").unwrap_or_default();
    let hosts = hostlist::expand(list.unwrap_or(&job))?;
    if hosts.is_empty() {
        return Err(Failure::Words("scontrol: error: host list is empty".to_owned()));
    }
    Ok(hosts.into_iter().map(|host| host + "\n").collect())
}

fn host_list(list: &str, sorted: bool) -> Printed {
    // A file of hosts, one a line, is named by its path.
    let text = match list.strip_prefix('/') {
        Some(_) => std::fs::read_to_string(list).map_err(|error| {
            Failure::Words(format!("scontrol: error: cannot read the host list {list}: {error}"))
        })?,
        None => list.to_owned(),
    };
    let mut hosts = hostlist::expand(&text)?;
    if sorted {
        hosts.sort_by_key(|host| sort_key(host));
        hosts.dedup();
    }
    Ok(hostlist::compress(&hosts) + "\n")
}

/// By text, then by the number at the end.
fn sort_key(host: &str) -> (String, u64) {
    let text = host.trim_end_matches(|character: char| character.is_ascii_digit());
    (text.to_owned(), host[text.len()..].parse().unwrap_or(0))
}

/// `ping`
pub(super) fn ping() -> Printed {
    match ask::config() {
        Ok(config) => Ok(format!("Slurmctld(primary) at {} is UP\n", config.control_host)),
        Err(AskError::NoCluster(error)) => Err(Failure::Words(format!("scontrol: error: {error}"))),
        Err(_) => Err(Failure::Words("Slurmctld(primary) is DOWN".to_owned())),
    }
}

/// `version`
pub(super) fn version() -> Printed {
    let config = ask::config().map_err(|error| Failure::Call("slurm_load_ctl_conf", error))?;
    Ok(format!("slurm {}\n", config.release.version()))
}
