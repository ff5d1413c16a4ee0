//! The way back to a clean state after a case: jobs are cancelled, what they left is ended, nodes are brought back, daemons
//! are started again where nothing else helps. A wreck that all of it cannot mend is said, and the cluster thrown away.

use std::io;
use std::process::Command;
use std::time::Duration;

use super::control::Control;
use super::wait;
use crate::world::{Cluster, Residue};

/// How long a step may clean up after its job is over: a node that has nothing else to do takes a tenth of a second.
pub const SETTLE: Duration = Duration::from_secs(4);
/// How long jobs may take to end after scancel. Slurm's own patience with what ignores SIGTERM (KillWait, 30 s) is nothing
/// that a next case has to wait for.
pub const CANCEL: Duration = Duration::from_millis(1500);
/// How long a node may take to be idle after everything on it was killed, it was resumed, or its daemon was started again.
pub const RETURN: Duration = Duration::from_secs(6);

/// Something of a job's that runs on a node: a step daemon, a runtime, a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Where.
    pub node: String,
    /// Its process id there.
    pub pid: i32,
    /// Its command line.
    pub command: String,
}

/// What a reset needs of a cluster beyond Slurm's commands; each kind of cluster reaches its nodes in its own way.
pub trait Hands {
    /// A command of Slurm's as the operator runs it.
    fn operator(&self, program: &str) -> Command;
    /// Names of the nodes.
    fn nodes(&self) -> &[String];
    /// What runs on the nodes beside their daemons.
    fn strays(&self) -> Vec<Stray>;
    /// Kills everything of jobs on the nodes with SIGKILL.
    fn end_strays(&self);
    /// Ends a node's daemon, where it still runs, and starts it again.
    fn restart_node(&self, node: &str) -> io::Result<()>;
    /// The same for the controller.
    fn restart_controller(&self) -> io::Result<()>;
    /// Whether the controller's process lives.
    fn controller_lives(&self) -> bool;
    /// Whether a node's daemon lives.
    fn node_lives(&self, node: &str) -> bool;
    /// What jobs left in the spool folders; each a sentence. It is removed.
    fn sweep_spools(&self) -> Residue;
}

/// A cluster that one case after another can have.
pub trait Reusable: Cluster {
    /// Brings it back to what it was when it had just started: no job, no `oci.conf`, an empty shared folder. What the case
    /// before left behind is given back, each a sentence.
    fn reset(&mut self) -> Result<Residue, Wreck>;
}

/// A cluster that no reset brings back, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cluster cannot be brought back: {0}")]
pub struct Wreck(pub String);

/// Whether nothing is left of any job and every node is idle; the error says what is not so.
pub fn quiet(hands: &dyn Hands) -> Result<(), String> {
    let command = |program: &str| hands.operator(program);
    let control = Control::new(&command);
    if let Some(job) = control.jobs()?.first() {
        return Err(format!("job {} is {}", job.id, job.state));
    }
    if let Some(node) = control.nodes()?.iter().find(|node| !node.is_idle()) {
        let mark = if node.silent { ", and does not answer" } else { "" };
        return Err(format!("node {} is {}{mark}", node.name, node.state));
    }
    match hands.strays().first() {
        Some(stray) => Err(format!("process {} was left on {}: {}", stray.pid, stray.node, stray.command)),
        None => Ok(()),
    }
}

/// Waits until [`quiet`]; the error is what it said last.
pub fn wait_quiet(hands: &dyn Hands, within: Duration) -> Result<(), String> {
    let mut last = Ok(());
    wait::until(within, || {
        last = quiet(hands);
        last.is_ok()
    });
    last
}

/// Waits until every node answers and can take jobs, as after a daemon was started again.
pub fn wait_answers(hands: &dyn Hands) -> io::Result<()> {
    let command = |program: &str| hands.operator(program);
    let control = Control::new(&command);
    let answers =
        || control.nodes().is_ok_and(|nodes| nodes.iter().all(|node| !node.silent && !node.is_out()));
    if wait::until(RETURN, answers) { Ok(()) } else { Err(io::Error::other("it does not answer")) }
}

/// Brings a cluster back after a case. What should not have been left (files in the spool, processes that outlived their
/// job) is given back, each a sentence.
pub fn reset(hands: &dyn Hands) -> Result<Residue, Wreck> {
    let command = |program: &str| hands.operator(program);
    let control = Control::new(&command);
    let mut residue = Residue::new();
    if !hands.controller_lives() {
        hands.restart_controller().map_err(|cause| Wreck(format!("slurmctld does not start: {cause}")))?;
        wait::until(RETURN, || control.jobs().is_ok());
    }
    for node in hands.nodes() {
        if !hands.node_lives(node) {
            hands
                .restart_node(node)
                .map_err(|cause| Wreck(format!("slurmd of {node} does not start: {cause}")))?;
        }
    }
    let jobs = control.jobs().map_err(Wreck)?;
    let busy = jobs.iter().any(|job| !job.is_completing());
    if busy {
        // A job that the case is done with is no residue: a case may end while its job runs.
        control.cancel(&jobs);
    }
    let by_itself = wait_quiet(hands, if busy { CANCEL } else { SETTLE }).is_ok();
    if !by_itself {
        if !busy && control.jobs().is_ok_and(|jobs| jobs.is_empty()) {
            residue.extend(hands.strays().into_iter().map(|Stray { node, pid, command }| {
                format!("process {pid} was left on {node} after its job: {command}")
            }));
        }
        mend(hands, &control).map_err(Wreck)?;
    }
    let left = hands.sweep_spools();
    if by_itself {
        // Otherwise it is what those had no time to remove that were killed here.
        residue.extend(left);
    }
    Ok(residue)
}

/// From what costs little to what costs much, until the cluster is quiet.
fn mend(hands: &dyn Hands, control: &Control<'_>) -> Result<(), String> {
    hands.end_strays();
    bring_back(control)?;
    let Err(said) = wait_quiet(hands, RETURN) else { return Ok(()) };
    log::debug!("after everything of jobs was killed: {said}");
    control.cancel(&control.jobs()?);
    for node in hands.nodes() {
        hands.restart_node(node).map_err(|cause| format!("slurmd of {node} does not start: {cause}"))?;
    }
    hands.end_strays();
    bring_back(control)?;
    wait_quiet(hands, RETURN)
}

/// Resumes what only an operator brings back; a node that still completes cannot be resumed yet, and is looked at again.
fn bring_back(control: &Control<'_>) -> Result<(), String> {
    let mut last = Ok(());
    wait::until(RETURN, || {
        last = control.nodes().and_then(|nodes| match nodes.iter().find(|node| node.is_out()) {
            None => Ok(()),
            Some(node) => {
                let reason = control.reason(&node.name).unwrap_or_default();
                let resumed = control.resume(&node.name);
                Err(format!("node {} is {} ({reason}): {resumed:?}", node.name, node.state))
            }
        });
        last.is_ok()
    });
    last
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// A cluster whose state is two files that its commands print and change.
    struct Fake {
        dir: TempDir,
        nodes: Vec<String>,
        strays: RefCell<Vec<Stray>>,
        spool: RefCell<Residue>,
        alive: Cell<bool>,
        starts: Cell<bool>,
    }

    impl Fake {
        fn new(jobs: &str, node: &str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("squeue"), jobs).unwrap();
            fs::write(dir.path().join("sinfo"), format!("n1 {node}\n")).unwrap();
            Self {
                dir,
                nodes: vec!["n1".to_owned()],
                strays: RefCell::default(),
                spool: RefCell::default(),
                alive: Cell::new(true),
                starts: Cell::new(true),
            }
        }

        fn with_stray(self) -> Self {
            let stray = Stray { node: "n1".to_owned(), pid: 7, command: "sleep".to_owned() };
            self.strays.borrow_mut().push(stray);
            self.spool.borrow_mut().push("a directory is left".to_owned());
            self
        }
    }

    impl Hands for Fake {
        fn operator(&self, program: &str) -> Command {
            let script = match program {
                "scancel" => ": > squeue",
                "scontrol" => "echo 'n1 idle' > sinfo",
                _ => "cat $0",
            };
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script, program]).current_dir(self.dir.path());
            command
        }
        fn nodes(&self) -> &[String] {
            &self.nodes
        }
        fn strays(&self) -> Vec<Stray> {
            self.strays.borrow().clone()
        }
        fn end_strays(&self) {
            self.strays.borrow_mut().clear();
        }
        fn restart_node(&self, _: &str) -> io::Result<()> {
            self.alive.set(true);
            if self.starts.get() { Ok(()) } else { Err(io::Error::other("no such program")) }
        }
        fn restart_controller(&self) -> io::Result<()> {
            Ok(())
        }
        fn controller_lives(&self) -> bool {
            true
        }
        fn node_lives(&self, _: &str) -> bool {
            self.alive.get()
        }
        fn sweep_spools(&self) -> Residue {
            self.spool.take()
        }
    }

    #[test]
    fn a_quiet_cluster_stays_as_it_is_and_its_spool_is_swept() {
        let fake = Fake::new("", "idle");
        fake.spool.borrow_mut().push("a file is left".to_owned());
        assert_eq!(reset(&fake), Ok(vec!["a file is left".to_owned()]));
        assert_eq!(reset(&fake), Ok(vec![]));
    }

    #[test]
    fn a_job_that_runs_on_is_cancelled_and_is_no_residue() {
        let fake = Fake::new("4 RUNNING\n", "idle").with_stray();
        assert_eq!(reset(&fake), Ok(vec![]));
        assert_eq!(quiet(&fake), Ok(()));
    }

    #[test]
    fn what_outlives_its_job_is_residue() {
        let fake = Fake::new("", "idle").with_stray();
        let residue = reset(&fake).unwrap();
        assert_eq!(residue, ["process 7 was left on n1 after its job: sleep"]);
        assert_eq!(quiet(&fake), Ok(()));
    }

    #[test]
    fn a_drained_node_is_resumed_and_a_dead_daemon_started() {
        let fake = Fake::new("", "drained*");
        fake.alive.set(false);
        assert_eq!(reset(&fake), Ok(vec![]));
        assert!(fake.alive.get());
    }

    #[test]
    fn a_daemon_that_does_not_start_is_a_wreck() {
        let fake = Fake::new("", "down");
        fake.alive.set(false);
        fake.starts.set(false);
        let Wreck(said) = reset(&fake).unwrap_err();
        assert_eq!(said, "slurmd of n1 does not start: no such program");
    }
}
