//! The questions and orders of a cluster's operator, through Slurm's own commands and with a time limit each.

use std::process::Command;

use super::wait;

/// A job as squeue shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number, of an array's element its own.
    pub id: String,
    /// Its state in Slurm's long form: `RUNNING`.
    pub state: String,
}

impl Job {
    /// Whether it is over but for its clean-up.
    pub fn is_completing(&self) -> bool {
        self.state == "COMPLETING"
    }
}

/// A node as sinfo shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeState {
    /// Its name.
    pub name: String,
    /// Its state in Slurm's long form, without marks: `idle`, `drained`.
    pub state: String,
    /// Whether it does not answer.
    pub silent: bool,
}

impl NodeState {
    /// Whether it can take a job and runs none.
    pub fn is_idle(&self) -> bool {
        self.state == "idle" && !self.silent
    }

    /// Whether only an operator brings it back.
    pub fn is_out(&self) -> bool {
        ["drain", "down", "fail", "error"].iter().any(|word| self.state.starts_with(word))
    }
}

/// Runs the operator's commands; `command` gives one by its name.
pub struct Control<'a> {
    command: &'a dyn Fn(&str) -> Command,
}

impl std::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

impl<'a> Control<'a> {
    /// An operator who runs commands this way.
    pub fn new(command: &'a dyn Fn(&str) -> Command) -> Self {
        Self { command }
    }

    /// Runs a command to its end; its output, or in one sentence why there is none.
    pub fn ask(&self, program: &str, args: &[&str]) -> Result<String, String> {
        let output = wait::output((self.command)(program).args(args), wait::COMMAND)
            .map_err(|cause| format!("cannot ask {program}: {cause}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!("{program} {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }

    /// The jobs that are not over, those that still clean up among them.
    pub fn jobs(&self) -> Result<Vec<Job>, String> {
        self.ask("squeue", &["-h", "-a", "-r", "-o", "%A %T"]).map(|text| read_jobs(&text))
    }

    /// The jobs of one name and user that are not over.
    pub fn jobs_of(&self, user: &str, name: &str) -> Result<Vec<Job>, String> {
        self.ask("squeue", &["-h", "-a", "-r", "-u", user, "-n", name, "-o", "%A %T"])
            .map(|text| read_jobs(&text))
    }

    /// The number that the next job gets.
    pub fn next_job(&self) -> Option<u64> {
        let text = self.ask("scontrol", &["show", "config"]).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("NEXT_JOB_ID"))?;
        line.trim_start_matches([' ', '=']).trim().parse().ok()
    }

    /// The nodes.
    pub fn nodes(&self) -> Result<Vec<NodeState>, String> {
        let text = self.ask("sinfo", &["-h", "-a", "-N", "-o", "%N %T"])?;
        Ok(text.lines().filter_map(node).collect())
    }

    /// Cancels jobs; those that have ended meanwhile are no loss.
    pub fn cancel(&self, jobs: &[Job]) {
        let mut words: Vec<&str> = vec!["-Q"];
        words.extend(jobs.iter().map(|job| job.id.as_str()));
        let _ = self.ask("scancel", &words);
    }

    /// Brings a node back that was drained or is down.
    pub fn resume(&self, node: &str) -> Result<(), String> {
        self.ask("scontrol", &["update", &format!("NodeName={node}"), "State=RESUME"]).map(|_| ())
    }

    /// Why a node is drained or down, as the controller says.
    pub fn reason(&self, node: &str) -> Option<String> {
        let text = self.ask("sinfo", &["-h", "-n", node, "-o", "%E"]).ok()?;
        Some(text.trim().to_owned()).filter(|reason| !reason.is_empty() && reason != "none")
    }
}

fn read_jobs(text: &str) -> Vec<Job> {
    let job = |line: &str| {
        let (id, state) = line.split_once(' ')?;
        Some(Job { id: id.to_owned(), state: state.trim().to_owned() })
    };
    text.lines().filter_map(job).collect()
}

/// Reads a line of sinfo. Marks behind the state: `*` for one that does not answer, others for power and plans.
fn node(line: &str) -> Option<NodeState> {
    let (name, state) = line.split_once(' ')?;
    let state = state.trim();
    let bare = state.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
    Some(NodeState { name: name.to_owned(), state: bare.to_owned(), silent: state.contains('*') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_sinfo_are_read_with_their_marks() {
        let read = node("n1 down*").unwrap();
        assert!(read.is_out() && read.silent && !read.is_idle());
        assert!(node("n1 idle").unwrap().is_idle());
        assert!(!node("n1 idle*").unwrap().is_idle());
        assert!(node("n1 draining$").unwrap().is_out());
        assert!(!node("n1 completing").unwrap().is_out());
        assert_eq!(node("nothing"), None);
    }

    #[test]
    fn commands_are_asked_and_their_words_are_kept() {
        let jobs = |_: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", "echo '7 RUNNING'; echo '8 COMPLETING'"]);
            command
        };
        let jobs = Control::new(&jobs).jobs().unwrap();
        assert_eq!(
            jobs.iter().map(|job| (job.id.as_str(), job.is_completing())).collect::<Vec<_>>(),
            [("7", false), ("8", true)]
        );
        let fails = |_: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", "echo 'no controller' >&2; exit 1"]);
            command
        };
        assert_eq!(Control::new(&fails).nodes().unwrap_err(), "sinfo -h -a -N -o %N %T: no controller");
    }
}
