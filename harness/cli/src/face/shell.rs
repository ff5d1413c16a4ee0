//! `plimsoll shell`: a cluster around a command or an interactive shell. Its exit code is the command's.

use std::io::IsTerminal as _;
use std::os::unix::process::ExitStatusExt as _;

use plimsoll_record::exit;
use plimsoll_suites::case::Wants;
use plimsoll_suites::machine::Machine;
use plimsoll_suites::target::Place;
use tokio::signal::unix::{SignalKind, signal};

use super::args::{AttachArgs, ShellArgs, WorldName};
use super::error::Error;
use super::{targets, worlds};

/// Starts the cluster, runs the command, takes the cluster down.
pub fn run(options: &ShellArgs) -> Result<i32, Error> {
    if options.world == WorldName::Attach {
        return Err(Error::usage("a live cluster needs no shell of ours: its commands are on PATH"));
    }
    let machine = Machine::new(options.user.as_deref()).map_err(Error::usage)?;
    let profile: Vec<String> = options.profile.iter().cloned().collect();
    let reachable = targets::program(&machine.user)?;
    let program = reachable.path.clone();
    let release = worlds::release(options.world, options.release)?;
    let targets = targets::choose_in(options.world, release, &profile, options.runtime, &program)?;
    // Without a word the shell has the profile that is the most like a site's: a real program in run mode.
    let target = targets.iter().min_by_key(|target| target.rank());
    let nodes = usize::from(options.nodes);
    let world = worlds::world(&worlds::Choice {
        world: options.world,
        release,
        program: &program,
        machine: &machine,
        nodes,
        time_scale: 1.0,
        jobs: 1,
        attach: &AttachArgs::default(),
    })?;
    let wants = Wants { nodes, cpus: None, separate: false, settings: &[], recorded: false };
    let cluster =
        world.start(&wants).map_err(|cause| Error::broken(format!("cannot start the cluster: {cause}")))?;
    if let Some(target) = target {
        let root = cluster.shared_dir().join("runtime-root");
        let scripts = cluster.shared_dir();
        for (name, text) in target.scripts() {
            let path = scripts.join(name);
            std::fs::write(&path, text).map_err(Error::broken)?;
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&path, mode).map_err(Error::broken)?;
        }
        let place = Place { runtime_root: &root, scripts: Some(scripts), recorder: None };
        let (text, _) = target.oci_conf_on(release, &place).map_err(Error::broken)?;
        if let Some(plugin) = target.plugin() {
            let plugstack = format!("{}\n", plugin.plugstack);
            std::fs::write(cluster.conf_dir().join("plugstack.conf"), plugstack).map_err(Error::broken)?;
        }
        cluster
            .set_oci_conf(Some(text.as_str()).filter(|_| !target.is_plugin()))
            .map_err(|cause| Error::broken(format!("cannot write oci.conf: {cause}")))?;
    }
    let status = attend(options, &*cluster);
    let mut residue = cluster.stop();
    residue.extend(world.finish());
    for left in &residue {
        anstream::eprintln!("left behind: {left}");
    }
    let status = status.map_err(|cause| Error::usage(format!("cannot run the command: {cause}")))?;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(exit::BROKEN);
    Ok(if code == 0 && !residue.is_empty() { exit::BROKEN } else { code })
}

/// Runs the command to its end. What the terminal's keys send goes to the command as well, which is the one to answer;
/// a signal to this process alone is passed on to it.
fn attend(
    options: &ShellArgs,
    cluster: &dyn plimsoll_cluster::world::Cluster,
) -> std::io::Result<std::process::ExitStatus> {
    let mut words = options.command.iter();
    let elsewhere = options.world == WorldName::Containers;
    let mut command = if let Some(program) = words.next() {
        let mut command = cluster.command(&program.to_string_lossy());
        command.args(words);
        command
    } else {
        let own = std::env::var("SHELL").ok().filter(|_| !elsewhere);
        let shell = own.unwrap_or_else(|| "/bin/sh".to_owned());
        if std::io::stdin().is_terminal() {
            let nodes = cluster.nodes();
            anstream::eprintln!(
                "a cluster ({}) of release {} with {} node(s); srun, sbatch, salloc, scancel, squeue, scontrol, sinfo and \
                 scrun are on PATH, bundles and output files go into {}; leave with exit",
                cluster.world(),
                cluster.release(),
                nodes.len(),
                cluster.shared_dir().display()
            );
        }
        cluster.command(&shell)
    };
    if elsewhere {
        // The folder that this was called in is not there.
        command.current_dir(cluster.shared_dir());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut interrupt, mut quit) = (signal(SignalKind::interrupt())?, signal(SignalKind::quit())?);
        let (mut terminate, mut hangup) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
        let mut child = tokio::process::Command::from(command).spawn()?;
        if let Some(pid) = child.id() {
            plimsoll_cluster::procs::spare(pid.cast_signed());
        }
        let pass = |number: nix::sys::signal::Signal, pid: Option<u32>| {
            if let Some(pid) = pid.and_then(|pid| i32::try_from(pid).ok()) {
                // It may have ended in this moment, which is what is wanted.
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), number);
            }
        };
        loop {
            let pid = child.id();
            tokio::select! {
                status = child.wait() => return status,
                _ = interrupt.recv() => {}
                _ = quit.recv() => {}
                _ = terminate.recv() => pass(nix::sys::signal::Signal::SIGTERM, pid),
                _ = hangup.recv() => pass(nix::sys::signal::Signal::SIGHUP, pid),
            }
        }
    })
}
