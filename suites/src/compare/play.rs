//! The interpreter of a scenario's acts: runs the user's lines on a cluster, waits for what they wait for, and keeps what the
//! user saw.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use plimsoll_cluster::wait;
use plimsoll_runtime::recorder::{Call, read_calls};

use super::scenario::{Act, Scenario};
use super::stage::{Stage, StageError};

/// How long a cluster may take until no job is left, beyond what a scenario itself waits for.
const IDLE: Duration = Duration::from_secs(15);
/// How often a state that nobody announces is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// The most that is kept of one stream.
const KEPT: usize = 1 << 20;

/// A user's line, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As the table has it.
    pub line: &'static str,
    /// `exit 7`, `signal 9`, `hung`.
    pub end: String,
    /// What it wrote.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

/// What playing a scenario gave.
#[derive(Debug, Default)]
pub struct Played {
    /// The lines, in the order in which they were waited for.
    pub lines: Vec<Line>,
    /// What was waited for in vain.
    pub vain: Vec<String>,
    /// What hangs. It is left alone until everything has been looked at, and ends with this.
    hung: Vec<Hung>,
}

/// A line that hangs; its processes end with it.
#[derive(Debug)]
struct Hung(Child);

impl Drop for Hung {
    fn drop(&mut self) {
        let _ = killpg(pid(&self.0), Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

/// Why a scenario cannot be played; a fault of the harness.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// Its things.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// A command.
    #[error("cannot run a command on the cluster: {0}")]
    Command(#[from] std::io::Error),
}

/// A line that runs.
struct Running {
    line: &'static str,
    child: Child,
    stdout: File,
    stderr: File,
    started: Instant,
}

/// Plays a scenario to its end. Every wait has a deadline; what comes to nothing is noted and goes on.
pub fn play(stage: &Stage<'_>) -> Result<Played, PlayError> {
    let scenario = stage.scenario;
    let mut played = Played::default();
    let mut running: VecDeque<Running> = VecDeque::new();
    for act in scenario.acts {
        match *act {
            Act::Run(line) => {
                let one = start(stage, line)?;
                finish(one, scenario, &mut played);
            }
            Act::Start(line) => running.push_back(start(stage, line)?),
            Act::Join => {
                if let Some(one) = running.pop_front() {
                    finish(one, scenario, &mut played);
                }
            }
            Act::Signal(name) => {
                if let (Some(one), Ok(signal)) = (running.back(), format!("SIG{name}").parse::<Signal>()) {
                    // A line that has just ended needs no signal; its end is compared.
                    let _ = nix::sys::signal::kill(pid(&one.child), signal);
                }
            }
            Act::NewConf(text) => stage.write_conf(text.map(|text| stage.fill(text)).as_deref())?,
            Act::Idle => {
                if !stage.cluster.wait_idle(IDLE) {
                    played.vain.push("a cluster without jobs".to_owned());
                }
            }
            Act::UntilError(text) => {
                let said = || running.back().is_some_and(|one| so_far(&one.stderr).contains(text));
                note(&mut played, act, wait::until(scenario.limit, LOOK, said));
            }
            Act::UntilFile(name) => {
                let path = stage.cluster.shared_dir().join(name);
                note(&mut played, act, wait::until(scenario.limit, LOOK, || path.exists()));
            }
            Act::UntilCall(operation, count) => {
                let calls = stage.calls();
                let there = || so_many(&calls, count, |call| call.operation == operation);
                note(&mut played, act, wait::until(scenario.limit, LOOK, there));
            }
            Act::UntilEnded(operation, count) => {
                let calls = stage.calls();
                let there =
                    || so_many(&calls, count, |call| call.operation == operation && call.end.is_some());
                note(&mut played, act, wait::until(scenario.limit, LOOK, there));
            }
            Act::UntilQueue(wanted) => {
                let there = || {
                    let queue = ask(stage, "squeue -h -o '%T %r'").unwrap_or_default();
                    queue.lines().any(|line| line.trim() == wanted)
                };
                note(&mut played, act, wait::until(scenario.limit, LOOK, there));
            }
        }
    }
    for one in running {
        finish(one, scenario, &mut played);
    }
    Ok(played)
}

fn so_many(dir: &Path, count: usize, wanted: impl Fn(&Call) -> bool) -> bool {
    read_calls(dir).is_ok_and(|calls| calls.iter().filter(|call| wanted(call)).count() >= count)
}

fn note(played: &mut Played, act: &Act, came: bool) {
    if !came {
        played.vain.push(format!("{act:?}"));
    }
}

/// Runs a line of the harness's own, and gives what it wrote; none when it failed or took too long.
pub fn ask(stage: &Stage<'_>, line: &'static str) -> Option<String> {
    let mut played = Played::default();
    finish(start(stage, line).ok()?, stage.scenario, &mut played);
    played.lines.pop().filter(|line| line.end == "exit 0").map(|line| line.stdout)
}

/// The surroundings of every line: the same few variables, whoever runs the harness.
const SURROUNDINGS: &str = "cd \"$1\" && own=$(command -v srun) && own=${own%/*}: && case $own in /usr/bin:|/bin:) own=;; esac && \
    exec env -i PATH=\"$own/usr/bin:/bin\" ${SLURM_CONF:+SLURM_CONF=\"$SLURM_CONF\"} HOME=\"$HOME\" USER=\"$USER\" LANG=C.UTF-8 /bin/sh -c \"$2\"";

fn command(stage: &Stage<'_>, line: &str) -> Command {
    let mut command = stage.cluster.command("/bin/sh");
    command.args(["-c", SURROUNDINGS, "sh"]).arg(stage.cluster.shared_dir()).arg(stage.fill(line));
    command
}

fn start(stage: &Stage<'_>, line: &'static str) -> Result<Running, PlayError> {
    let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let child = command(stage, line)
        .current_dir(stage.cluster.shared_dir())
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        // Ctrl-C on a terminal is the harness's affair.
        .process_group(0)
        .spawn()?;
    Ok(Running { line, child, stdout, stderr, started: Instant::now() })
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// Waits for the end of a line.
fn finish(mut running: Running, scenario: &Scenario, played: &mut Played) {
    let left = scenario.limit.saturating_sub(running.started.elapsed());
    let mut status: Option<ExitStatus> = None;
    let ended = wait::until(left, LOOK, || match running.child.try_wait() {
        Ok(found) => {
            status = found;
            status.is_some()
        }
        Err(_) => true,
    });
    let end = match status {
        None => "hung".to_owned(),
        Some(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        },
    };
    let (stdout, stderr) = (so_far(&running.stdout), so_far(&running.stderr));
    played.lines.push(Line { line: running.line, end, stdout, stderr });
    if !ended {
        played.hung.push(Hung(running.child));
    }
}

/// What is in a file, its place left as it is: the command writes at the same one.
fn so_far(file: &File) -> String {
    let mut bytes = vec![0; KEPT];
    let mut length = 0;
    while let Ok(count @ 1..) = file.read_at(&mut bytes[length..], length as u64) {
        length += count;
    }
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}
