//! `scontrol show config`.

use crate::time::format_date;
use crate::view::{ConfigView, UnixTime};

/// Width of the keys.
const KEYS: usize = 23;

/// The configuration, and whether the controller answers, which it did.
pub(super) fn show(config: &ConfigView, now: UnixTime) -> String {
    let launch = if config.use_interactive_step { "use_interactive_step" } else { "(null)" };
    let own = [
        ("BOOT_TIME", format_date(config.boot_time, "N/A")),
        ("ClusterName", config.cluster_name.clone()),
        ("LaunchParameters", launch.to_owned()),
        ("MaxArraySize", config.max_array_size.to_string()),
        ("NEXT_JOB_ID", config.next_job_id.to_string()),
        ("SLURM_CONF", config.slurm_conf.display().to_string()),
        ("SLURM_VERSION", config.release.version().to_owned()),
        ("SlurmctldHost[0]", config.control_host.clone()),
    ];
    let mut pairs: Vec<(&str, &str)> = own.iter().map(|(key, value)| (*key, value.as_str())).collect();
    for (key, value) in &config.settings {
        if !pairs.iter().any(|(own, _)| own.eq_ignore_ascii_case(key)) {
            pairs.push((key, value));
        }
    }
    pairs.sort_by_key(|(key, _)| key.to_ascii_lowercase());
    let mut lines = vec![format!("Configuration data as of {}", format_date(now, "N/A"))];
    lines.extend(pairs.iter().map(|(key, value)| format!("{key:<KEYS$} = {value}")));
    lines.push(format!("\nSlurmctld(primary) at {} is UP\n", config.control_host));
    lines.join("\n")
}
