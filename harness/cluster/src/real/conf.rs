//! `slurm.conf` and `cgroup.conf` of a cluster of real daemons, from what was tried on 22.05, 24.11 and 26.05.

use std::path::Path;

use super::version::Version;

/// The partition of every cluster.
pub const PARTITION: &str = "main";

/// A node as `slurm.conf` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLine {
    /// NodeName.
    pub name: String,
    /// NodeHostname: its own name, or the host's where several daemons share one.
    pub host: String,
    /// NodeAddr, where it is not what the host's name resolves to.
    pub address: Option<String>,
    /// Port of its daemon.
    pub port: u16,
}

/// Where a daemon keeps what. On a node `%n` stands for its name.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// StateSaveLocation.
    pub state: &'a Path,
    /// SlurmdSpoolDir.
    pub spool: &'a Path,
    /// Folder of the pid files.
    pub run: &'a Path,
    /// Folder of the logs: `slurmctld.log`, `slurmd-NODE.log`.
    pub log: &'a Path,
    /// TmpFS. One for two nodes has PMIx collide.
    pub tmp: &'a Path,
    /// Socket of munged.
    pub munge: &'a Path,
}

/// A cluster to be configured.
#[derive(Clone, Debug)]
pub struct Conf<'a> {
    /// The Slurm that is to read it.
    pub version: Version,
    /// SlurmctldHost: `name`, or `name(address)`.
    pub controller: &'a str,
    /// SlurmctldPort.
    pub port: u16,
    /// SlurmUser and SlurmdUser.
    pub user: &'a str,
    /// Where things are.
    pub places: Places<'a>,
    /// The nodes.
    pub nodes: &'a [NodeLine],
    /// CPUs of each; more than the machine has are believed.
    pub cpus: u32,
    /// Lines that replace those of the same key, and come on top.
    pub settings: &'a [(String, String)],
}

impl Conf<'_> {
    /// The text of `slurm.conf`.
    pub fn slurm_conf(&self) -> String {
        let mut text = "# A cluster of plimsoll's; it goes with the run that made it.\n".to_owned();
        for (key, value) in self.lines() {
            if !self.settings.iter().any(|(name, _)| name.eq_ignore_ascii_case(key)) {
                text.extend([key, "=", &value, "\n"]);
            }
        }
        for (key, value) in self.settings {
            text.extend([key.as_str(), "=", value, "\n"]);
        }
        for node in self.nodes {
            let NodeLine { name, host, address, port } = node;
            let address = address.as_ref().map(|address| format!(" NodeAddr={address}")).unwrap_or_default();
            let (cpus, memory) = (self.cpus, crate::setup::NODE_MEMORY);
            let line = format!(
                "NodeName={name} NodeHostname={host}{address} Port={port} CPUs={cpus} RealMemory={memory} State=UNKNOWN\n"
            );
            text.push_str(&line);
        }
        text + &format!("PartitionName={PARTITION} Nodes=ALL Default=YES State=UP MaxTime=INFINITE\n")
    }

    /// The text of `cgroup.conf`, where this Slurm needs one: from 23.11 on its daemons want cgroups of their own unless
    /// they are told that there are none.
    pub fn cgroup_conf(&self) -> Option<&'static str> {
        self.version.at_least(23, 11).then_some("CgroupPlugin=disabled\n")
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let path = |path: &Path| path.display().to_string();
        let Places { state, spool, run, log, tmp, munge } = self.places;
        vec![
            ("ClusterName", "plimsoll".to_owned()),
            ("SlurmctldHost", self.controller.to_owned()),
            ("SlurmctldPort", self.port.to_string()),
            ("SlurmUser", self.user.to_owned()),
            ("SlurmdUser", self.user.to_owned()),
            ("AuthType", "auth/munge".to_owned()),
            ("CredType", "cred/munge".to_owned()),
            ("AuthInfo", format!("socket={}", munge.display())),
            ("StateSaveLocation", path(state)),
            ("SlurmdSpoolDir", path(spool)),
            ("SlurmctldPidFile", path(&run.join("slurmctld.pid"))),
            ("SlurmdPidFile", path(&run.join("slurmd-%n.pid"))),
            ("SlurmctldLogFile", path(&log.join("slurmctld.log"))),
            ("SlurmdLogFile", path(&log.join("slurmd-%n.log"))),
            // The runtime's commands and what came of them are told at this level.
            ("SlurmctldDebug", "verbose".to_owned()),
            ("SlurmdDebug", "debug".to_owned()),
            ("TmpFS", path(tmp)),
            // Cgroups are the runtime's here, and a container on a desk has none to give away.
            ("ProctrackType", "proctrack/linuxproc".to_owned()),
            ("TaskPlugin", "task/none".to_owned()),
            ("JobAcctGatherType", "jobacct_gather/none".to_owned()),
            ("AccountingStorageType", "accounting_storage/none".to_owned()),
            ("MpiDefault", "none".to_owned()),
            ("SelectType", "select/cons_tres".to_owned()),
            ("SelectTypeParameters", "CR_CPU".to_owned()),
            // Nodes have the CPUs that are written here, whatever the machine has.
            ("SlurmdParameters", "config_overrides".to_owned()),
            ("LaunchParameters", "use_interactive_step".to_owned()),
            // A batch job would wait three seconds and more.
            ("SchedulerParameters", "sched_interval=1,batch_sched_delay=0".to_owned()),
            // A node that was lost comes back by itself when its daemon does.
            ("ReturnToService", "2".to_owned()),
        ]
    }
}

/// Slurm's times are whole seconds: those of settings that were thought of for a cluster that scales them are rounded up.
pub fn whole_seconds(settings: &[(String, String)]) -> Vec<(String, String)> {
    let whole = |value: &String| match value.parse::<f64>() {
        Ok(number) if number.fract() != 0.0 => format!("{:.0}", number.ceil()),
        _ => value.clone(),
    };
    settings.iter().map(|(key, value)| (key.clone(), whole(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_seconds_on_real_daemons() {
        let settings =
            [("KillWait".to_owned(), "0.2".to_owned()), ("LaunchParameters".to_owned(), "x".to_owned())];
        let whole = whole_seconds(&settings);
        assert_eq!(whole[0].1, "1");
        assert_eq!(whole[1].1, "x");
    }

    #[test]
    fn a_setting_replaces_the_line_of_its_key() {
        let settings = [
            ("launchparameters".to_owned(), "test_exec".to_owned()),
            ("KillWait".to_owned(), "1".to_owned()),
        ];
        let at = Path::new("/c");
        let node = NodeLine {
            name: "n1".to_owned(),
            host: "h".to_owned(),
            address: Some("127.0.0.1".to_owned()),
            port: 7,
        };
        let conf = Conf {
            version: Version { major: 24, minor: 11, micro: 5 },
            controller: "h(127.0.0.1)",
            port: 6,
            user: "root",
            places: Places { state: at, spool: at, run: at, log: at, tmp: at, munge: at },
            nodes: &[node],
            cpus: 8,
            settings: &settings,
        };
        let text = conf.slurm_conf();
        assert!(!text.contains("use_interactive_step"), "{text}");
        assert!(text.contains(
            "launchparameters=test_exec\nKillWait=1\nNodeName=n1 NodeHostname=h NodeAddr=127.0.0.1 Port=7 "
        ));
        assert!(conf.cgroup_conf().is_some());
        assert!(Conf { version: Version { major: 22, minor: 5, micro: 8 }, ..conf }.cgroup_conf().is_none());
    }
}
