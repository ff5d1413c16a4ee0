//! The interpreter of a scenario's acts: runs the user's lines on a cluster, waits for what they wait for, and keeps what the
//! user saw.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use plimsoll_runtime::recorder::read_calls;

use super::scenario::{Act, Scenario};
use super::stage::{Stage, StageError};

/// How long a cluster may take until no job is left, beyond what a scenario itself waits for.
const IDLE: Duration = Duration::from_secs(15);
/// How often a state that nobody announces is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// The most that is kept of one stream.
const KEPT: u64 = 1 << 20;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// The lines, in the order in which they were waited for.
    pub lines: Vec<Line>,
    /// What was waited for in vain.
    pub vain: Vec<String>,
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
                let line = finish(start(stage, line)?, scenario)?;
                played.lines.push(line);
            }
            Act::Start(line) => running.push_back(start(stage, line)?),
            Act::Join => {
                if let Some(one) = running.pop_front() {
                    played.lines.push(finish(one, scenario)?);
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
            Act::UntilFile(name) => {
                let path = stage.cluster.shared_dir().join(name);
                note(&mut played, act, wait_until(scenario.limit, || path.exists()));
            }
            Act::UntilCall(operation, count) => {
                let calls = stage.calls();
                let there = || {
                    read_calls(&calls).is_ok_and(|calls| {
                        calls.iter().filter(|call| call.operation == operation).count() >= count
                    })
                };
                note(&mut played, act, wait_until(scenario.limit, there));
            }
            Act::UntilQueue(wanted) => {
                let there = || {
                    let queue = ask(stage, "squeue -h -o '%T %r'").unwrap_or_default();
                    queue.lines().any(|line| line.trim() == wanted)
                };
                note(&mut played, act, wait_until(scenario.limit, there));
            }
        }
    }
    for one in running {
        played.lines.push(finish(one, scenario)?);
    }
    Ok(played)
}

fn note(played: &mut Played, act: &Act, came: bool) {
    if !came {
        played.vain.push(format!("{act:?}"));
    }
}

/// Runs a line of the harness's own, and gives what it wrote; none when it failed or took too long.
pub fn ask(stage: &Stage<'_>, line: &'static str) -> Option<String> {
    let line = finish(start(stage, line).ok()?, stage.scenario).ok()?;
    (line.end == "exit 0").then_some(line.stdout)
}

/// The surroundings of every line: the same few variables, whoever runs the harness.
const SURROUNDINGS: &str = "cd \"$1\" && own=$(command -v srun) && own=${own%/*}: && case $own in /usr/bin:|/bin:) own=;; esac && \
    exec env -i PATH=\"$own/usr/bin:/bin\" SLURM_CONF=\"$SLURM_CONF\" HOME=\"$HOME\" USER=\"$USER\" LANG=C.UTF-8 /bin/sh -c \"$2\"";

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

/// Waits for the end of a line, and ends it where it hangs.
fn finish(mut running: Running, scenario: &Scenario) -> Result<Line, PlayError> {
    let left = scenario.limit.saturating_sub(running.started.elapsed());
    let mut status: Option<ExitStatus> = None;
    let ended = wait_until(left, || match running.child.try_wait() {
        Ok(found) => {
            status = found;
            status.is_some()
        }
        Err(_) => true,
    });
    if !ended {
        let _ = killpg(pid(&running.child), Signal::SIGKILL);
        running.child.wait()?;
    }
    let end = match status {
        None => "hung".to_owned(),
        Some(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        },
    };
    Ok(Line { line: running.line, end, stdout: text(running.stdout)?, stderr: text(running.stderr)? })
}

fn text(mut file: File) -> Result<String, PlayError> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.take(KEPT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Looks until something holds, or the time is up.
fn wait_until(within: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    loop {
        if holds() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        // The pause between two looks at what nobody announces.
        std::thread::sleep(LOOK);
    }
}
