//! `scontrol show step`.

use plimsoll_launcher::step::StepId;

use super::text::{Style, block, hosts_or_null};
use crate::time::{format_date, format_limit_full};
use crate::view::StepView;

/// One step.
pub(super) fn show(step: &StepView, style: Style) -> String {
    let by_srun = matches!(step.id, StepId::Number(_) | StepId::Interactive);
    let (cpus, tres) = if by_srun {
        (step.num_cpus, format!("cpu={},mem=0,node={}", step.num_cpus, step.nodes.len()))
    } else {
        (0, "(null)".to_owned())
    };
    let mut lines = vec![
        format!(
            "StepId={} UserId={} StartTime={} TimeLimit={}",
            step.display_id(),
            step.uid,
            format_date(step.start_time, "Unknown"),
            format_limit_full(step.time_limit)
        ),
        format!("State={} Partition={} NodeList={}", step.state, step.partition, hosts_or_null(&step.nodes)),
        format!(
            "Nodes={} CPUs={cpus} Tasks={} Name={} Network=(null)",
            step.nodes.len(),
            step.num_tasks,
            step.name
        ),
        format!("TRES={tres}"),
        "ResvPorts=(null)".to_owned(),
        format!("CPUFreqReq=Default{}", if by_srun { " Dist=Block" } else { "" }),
        if by_srun {
            format!("SrunHost:Pid={}:{}", step.srun_host, step.srun_pid)
        } else {
            "SrunHost:Pid=(null):0".to_owned()
        },
    ];
    if let Some(container) = &step.container {
        lines.push(format!("Container={}", container.to_string_lossy()));
    }
    if let Some(id) = &step.container_id {
        lines.push(format!("ContainerID={id}"));
    }
    block(&lines, style)
}

/// What is said when there is no step.
pub(super) const NONE: &str = "No job steps in the system\n";
