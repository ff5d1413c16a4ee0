//! One step in a process of its own: what a step daemon does, without a cluster.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::pty::openpty;
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use plimsoll_launcher::driver::{Prepared, TaskStdio, set_up};
use plimsoll_launcher::step::StepSpec;
use serde::{Deserialize, Serialize};

/// Names the folder of a step; makes this program one.
pub const FOLDER: &str = "PLIMSOLL_TEST_STEP";
/// Asks for a mount namespace without the `unified` cgroups that crun refuses.
pub const ISOLATE: &str = "PLIMSOLL_TEST_ISOLATE";
/// The mount that makes cgroups hybrid.
pub const UNIFIED: &str = "/sys/fs/cgroup/unified";

/// How a task ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Its exit code, or none where a signal ended it.
    pub code: Option<i32>,
    /// That signal.
    pub signal: Option<i32>,
    /// What its launcher reported.
    pub report: String,
}

/// What came of a step.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Why it was not launched: errno and message.
    pub error: Option<(i32, String)>,
    /// Whether its tasks were contained.
    pub contained: bool,
    /// Its tasks.
    pub tasks: Vec<Ended>,
    /// What was logged.
    pub log: Vec<String>,
}

/// Runs the step whose `spec.json` is in `folder`, and leaves `outcome.json` there.
pub fn run(folder: &Path) {
    let spec: StepSpec = serde_json::from_slice(&std::fs::read(folder.join("spec.json")).unwrap()).unwrap();
    if std::env::var_os(ISOLATE).is_some() {
        isolate();
    }
    // As a step daemon: what its tasks leave behind is its own.
    nix::sys::prctl::set_child_subreaper(true).unwrap();
    let mut outcome = Outcome::default();
    let mut log = Vec::new();
    match set_up(spec, &mut |line| log.push(line)) {
        Err(error) => outcome.error = Some((error.errno, error.message)),
        Ok(prepared) => {
            outcome.contained = prepared.contained();
            outcome.tasks = tasks(&prepared, folder);
            prepared.clean_up(&mut |line| log.push(line), &mut |_| {});
        }
    }
    outcome.log = log;
    std::fs::write(folder.join("outcome.json"), serde_json::to_vec(&outcome).unwrap()).unwrap();
}

fn tasks(prepared: &Prepared, folder: &Path) -> Vec<Ended> {
    let mut started = Vec::new();
    for task in &prepared.spec.tasks {
        let id = task.local_id;
        let (stdio, master) = streams(folder, id, prepared.spec.pty);
        started.push((id, prepared.spawn_task(id, stdio).unwrap(), master));
    }
    let pids: Vec<String> = started.iter().map(|(_, task, _)| task.pid.to_string()).collect();
    // In one step, so that nobody reads half of it.
    std::fs::write(folder.join("pids.new"), pids.join(" ")).unwrap();
    std::fs::rename(folder.join("pids.new"), folder.join("pids")).unwrap();
    let mut ended = Vec::new();
    for (id, task, master) in started {
        if let Some(master) = master {
            let mut shown = Vec::new();
            // Ends with EIO when the last one lets go of the terminal.
            let _ = File::from(master).read_to_end(&mut shown);
            std::fs::write(folder.join(format!("out.{id}")), shown).unwrap();
        }
        let mut end = Ended::default();
        File::from(task.report).read_to_string(&mut end.report).unwrap();
        match waitpid(Pid::from_raw(task.pid), None).unwrap() {
            WaitStatus::Exited(_, code) => end.code = Some(code),
            WaitStatus::Signaled(_, signal, _) => {
                end.signal = Some(signal as i32);
                prepared.note_forced_end();
            }
            other => panic!("{other:?}"),
        }
        ended.push(end);
    }
    ended
}

fn streams(folder: &Path, id: u32, pty: bool) -> (TaskStdio, Option<OwnedFd>) {
    if pty {
        let pty = openpty(None, None).unwrap();
        // Handed over as a step daemon does; only root can, and only root has to.
        let copy = || pty.slave.as_fd().try_clone_to_owned().unwrap();
        let stdio = TaskStdio {
            stdin: copy(),
            stdout: copy(),
            stderr: pty.slave.as_fd().try_clone_to_owned().unwrap(),
            controlling_terminal: true,
        };
        return (stdio, Some(pty.master));
    }
    let file = |name: &str| -> OwnedFd {
        let path = folder.join(format!("{name}.{id}"));
        OpenOptions::new().create(true).append(true).open(path).unwrap().into()
    };
    let input = folder.join("stdin");
    let input = File::open(if input.exists() { &input } else { Path::new("/dev/null") }).unwrap();
    let stdio = TaskStdio {
        stdin: input.into(),
        stdout: file("out"),
        stderr: file("err"),
        controlling_terminal: false,
    };
    (stdio, None)
}

/// The host keeps its mounts: everything happens in a namespace that hands nothing back.
fn isolate() {
    unshare(CloneFlags::CLONE_NEWNS).unwrap();
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
    umount2(UNIFIED, MntFlags::MNT_DETACH).unwrap();
}
