//! The start of private clusters of the installed Slurm, to their nodes being idle.

use std::time::Instant;

use plimsoll_cluster::real::version::Version;
use plimsoll_cluster::slurm::{Private, PrivateConfig};
use plimsoll_cluster::world::Cluster as _;
use plimsoll_suites::machine::Machine;

use super::{Failed, ROUNDS, median};

/// Measures clusters of one and of three nodes, where Slurm is installed.
pub fn run() -> Result<(), Failed> {
    let version = match Version::of("slurmd") {
        Ok(version) => version,
        Err(error) => {
            println!("private clusters: not measured: {error}");
            return Ok(());
        }
    };
    for nodes in [1, 3] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS / 4 {
            let config = PrivateConfig {
                program: env!("CARGO_BIN_EXE_plimsoll").into(),
                parent: std::env::temp_dir(),
                version,
                nodes,
                cpus: None,
                user: Machine::new(None)?.user,
                settings: Vec::new(),
            };
            let begin = Instant::now();
            let cluster = Private::start(&config)?;
            times.push(begin.elapsed());
            let left = Box::new(cluster).stop();
            if !left.is_empty() {
                return Err(left.join("; ").into());
            }
        }
        println!("private cluster of Slurm {version} with {nodes} node(s): ready in {:.0} ms", median(times));
    }
    Ok(())
}
