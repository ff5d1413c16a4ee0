//! `slurm.conf` and its neighbours for nodes that are containers: hosts of their own, so that ports and folders are the usual
//! ones, but for what the harness looks at.

use std::path::Path;

use plimsoll_launcher::Release;

use super::start::Wanted;
use crate::real::conf::{Conf, NodeLine, Places, whole_seconds};
use crate::real::version::Version;

/// The controller's host name.
pub const CONTROLLER: &str = "ctl";
/// Slurm's own ports.
const CONTROLLER_PORT: u16 = 6817;
const NODE_PORT: u16 = 6818;

/// The files of `/etc/slurm`: name and text.
pub fn files(wanted: &Wanted, dir: &Path, nodes: &[String]) -> Vec<(&'static str, String)> {
    let line =
        |name: &String| NodeLine { name: name.clone(), host: name.clone(), address: None, port: NODE_PORT };
    let nodes: Vec<NodeLine> = nodes.iter().map(line).collect();
    let (state, spool, log) = (dir.join("state"), dir.join("spool/%n"), dir.join("log"));
    let places = Places {
        state: &state,
        spool: &spool,
        run: Path::new("/run"),
        log: &log,
        tmp: Path::new("/tmp"),
        munge: Path::new("/run/munge/munge.socket.2"),
    };
    let conf = Conf {
        version: version(wanted.release),
        controller: CONTROLLER,
        port: CONTROLLER_PORT,
        user: "root",
        places,
        nodes: &nodes,
        cpus: wanted.cpus,
        settings: &whole_seconds(&wanted.settings),
    };
    let mut files = vec![("slurm.conf", conf.slurm_conf())];
    files.extend(conf.cgroup_conf().map(|text| ("cgroup.conf", text.to_owned())));
    files
}

/// A version of the release; what is written differs between releases only.
fn version(release: Release) -> Version {
    format!("{}.0", release.name()).parse().unwrap_or(Version { major: 0, minor: 0, micro: 0 })
}
