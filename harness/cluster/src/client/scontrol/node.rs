//! `scontrol show node`.

use plimsoll_launcher::Release;

use super::text::{Style, block};
use crate::time::format_date;
use crate::view::NodeView;

/// One node.
pub(super) fn show(node: &NodeView, release: Release, style: Style) -> String {
    let date = |time| format_date(time, "None");
    let features = if node.features.is_empty() { "(null)".to_owned() } else { node.features.join(",") };
    let tres = |cpus: u32, memory: u64| match (cpus, memory) {
        (0, 0) => String::new(),
        (cpus, 0) => format!("cpu={cpus}"),
        (cpus, memory) => format!("cpu={cpus},mem={memory}M"),
    };
    let mut lines = vec![
        format!("NodeName={} Arch={} CoresPerSocket=1 ", node.name, node.arch),
        format!("CPUAlloc={} CPUEfctv={} CPUTot={} CPULoad=N/A", node.alloc_cpus, node.cpus, node.cpus),
        format!("AvailableFeatures={features}"),
        format!("ActiveFeatures={features}"),
        "Gres=(null)".to_owned(),
        format!("NodeAddr={} NodeHostName={} Version={}", node.address, node.hostname, release.version()),
        format!("OS={} ", node.os),
        format!(
            "RealMemory={} AllocMem={} FreeMem=N/A Sockets={} Boards=1",
            node.real_memory, node.alloc_memory, node.cpus
        ),
        format!("State={} ThreadsPerCore=1 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A", state(node)),
        format!("Partitions={} ", node.partitions.join(",")),
        format!("BootTime={} SlurmdStartTime={}", date(node.boot_time), date(node.slurmd_start_time)),
        format!("LastBusyTime={}", date(node.slurmd_start_time)),
        format!("CfgTRES=cpu={},mem={}M,billing={}", node.cpus, node.real_memory, node.cpus),
        format!("AllocTRES={}", tres(node.alloc_cpus, node.alloc_memory)),
    ];
    if let Some(reason) = &node.reason {
        let user = node.reason_user.as_deref().unwrap_or("(null)");
        lines.push(format!("Reason={reason} [{user}@{}]", date(node.reason_time)));
    }
    block(&lines, style)
}

/// `IDLE+DRAIN`, `DOWN+NOT_RESPONDING` …
fn state(node: &NodeView) -> String {
    let mut text = node.state.name().to_owned();
    if node.drain {
        text += "+DRAIN";
    }
    if node.not_responding {
        text += "+NOT_RESPONDING";
    }
    text
}
