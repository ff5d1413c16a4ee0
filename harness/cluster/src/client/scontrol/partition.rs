//! `scontrol show partition`.

use super::text::{Style, block, hosts_or_null, yes_no};
use crate::time::format_limit_full;
use crate::view::{NodeView, PartitionView};

/// One partition; `nodes` are the cluster's.
pub(super) fn show(partition: &PartitionView, nodes: &[NodeView], style: Style) -> String {
    let default_time =
        partition.default_time.map_or_else(|| "NONE".to_owned(), |minutes| format_limit_full(Some(minutes)));
    let own = nodes.iter().filter(|node| partition.nodes.contains(&node.name));
    let memory: u64 = own.map(|node| node.real_memory).sum();
    let (cpus, count) = (partition.total_cpus, partition.nodes.len());
    let lines = vec![
        format!("PartitionName={}", partition.name),
        "AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL".to_owned(),
        format!("AllocNodes=ALL Default={} QoS=N/A", yes_no(partition.default)),
        format!("DefaultTime={default_time} DisableRootJobs=NO ExclusiveUser=NO GraceTime=0 Hidden=NO"),
        format!(
            "MaxNodes=UNLIMITED MaxTime={} MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED",
            format_limit_full(partition.max_time)
        ),
        format!("Nodes={}", hosts_or_null(&partition.nodes)),
        "PriorityJobFactor=1 PriorityTier=1 RootOnly=NO ReqResv=NO OverSubscribe=NO".to_owned(),
        "OverTimeLimit=NONE PreemptMode=OFF".to_owned(),
        format!(
            "State={} TotalCPUs={cpus} TotalNodes={count} SelectTypeParameters=NONE",
            if partition.up { "UP" } else { "DOWN" }
        ),
        "JobDefaults=(null)".to_owned(),
        "DefMemPerNode=UNLIMITED MaxMemPerNode=UNLIMITED".to_owned(),
        format!("TRES=cpu={cpus},mem={memory}M,node={count},billing={cpus}"),
    ];
    block(&lines, style)
}
