//! The process that keeps a private cluster's daemons: it starts them, ends and starts single ones when it is told to, takes
//! in what they orphan, and ends everything when its standard input ends, which is when whoever started the cluster stops
//! it or dies.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;

use super::plan::{DaemonPlan, Plan, Ready};
use crate::{procs, remove, wait};

/// Word of the line that says that all daemons run.
pub const READY: &str = "ready";
/// First word of the answer to an order that was followed.
pub const OK: &str = "ok";

/// How long a daemon may take until it can be talked to: a hundred times what it takes on an idle machine.
const STARTING: Duration = Duration::from_secs(10);
/// How long killed processes may take to be gone; only a stuck kernel takes longer.
const ENDING: Duration = Duration::from_secs(5);
/// How often a daemon that is starting is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// Runs `plimsoll keeper DIR`; gives its exit code.
pub fn keep(args: &[OsString]) -> i32 {
    let [dir] = args else {
        eprintln!("plimsoll keeper: usage: plimsoll keeper DIR");
        return 2;
    };
    let dir = PathBuf::from(dir);
    let kept = Plan::read(&dir).and_then(|plan| Keeper::new(plan).run());
    if let Err(error) = &kept {
        say(&format!("error {error}"));
    }
    end_all(&dir);
    // What cannot be removed is still marked, and found by whoever looks for what was left.
    i32::from(kept.is_err() || remove::folder(&dir).is_err() && dir.exists())
}

/// Runs `plimsoll daemon [--isolated] CMD…`: becomes a daemon that dies with the keeper.
pub fn enter(args: &[OsString]) -> i32 {
    let isolated = args.first().is_some_and(|word| word == "--isolated");
    let words = if isolated { &args[1..] } else { args };
    let Some((program, rest)) = words.split_first() else {
        eprintln!("plimsoll daemon: usage: plimsoll daemon [--isolated] CMD…");
        return 2;
    };
    if isolated && let Err(error) = plimsoll_runtime::isolate::private_cgroups() {
        eprintln!("plimsoll daemon: {error}");
        return 1;
    }
    // A daemon that fails would leave its memory in the spool; what jobs may leave is theirs to say.
    // A daemon of root's raises the limits of its jobs again; one of a user's would only raise its own.
    let root = nix::unistd::geteuid().is_root();
    let hard = if root { getrlimit(Resource::RLIMIT_CORE).map_or(0, |(_, hard)| hard) } else { 0 };
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    // Behind the change of namespaces, which takes it away.
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    let error = Command::new(program).args(rest).exec();
    eprintln!("plimsoll daemon: cannot run {}: {error}", program.display());
    127
}

fn say(line: &str) {
    // Whoever reads it may be gone.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// What of our children has ended.
#[derive(Debug, Default)]
struct Ended {
    pids: Mutex<HashSet<i32>>,
    changed: Condvar,
}

impl Ended {
    fn has(&self, pid: i32) -> bool {
        self.pids.lock().unwrap_or_else(PoisonError::into_inner).contains(&pid)
    }

    fn wait_for(&self, pid: i32) {
        let pids = self.pids.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_timeout_while(pids, ENDING, |pids| !pids.contains(&pid)));
    }
}

struct Keeper {
    plan: Plan,
    running: HashMap<String, i32>,
    ended: Arc<Ended>,
    wake: mpsc::Sender<()>,
}

impl Keeper {
    fn new(plan: Plan) -> Self {
        // What a step daemon or a container leaves without a parent is ours.
        let _ = nix::sys::prctl::set_child_subreaper(true);
        let ended = Arc::new(Ended::default());
        let (wake, sleeping) = mpsc::channel();
        let reaper = Arc::clone(&ended);
        // Goes with the process.
        std::thread::spawn(move || reap(&reaper, &sleeping));
        Self { plan, running: HashMap::new(), ended, wake }
    }

    fn run(mut self) -> io::Result<()> {
        for daemon in self.plan.daemons.clone() {
            self.start(&daemon)?;
        }
        say(READY);
        for line in io::stdin().lock().lines() {
            match self.obey(&line?) {
                Ok(pid) => say(&format!("{OK} {pid}")),
                Err(error) => say(&format!("error {error}")),
            }
        }
        Ok(())
    }

    fn obey(&mut self, line: &str) -> io::Result<i32> {
        let unknown = || io::Error::new(io::ErrorKind::InvalidInput, format!("no such order: {line}"));
        let (verb, name) = line.split_once(' ').ok_or_else(unknown)?;
        let daemon =
            self.plan.daemons.iter().find(|daemon| daemon.name == name).cloned().ok_or_else(unknown)?;
        match verb {
            "start" if self.living(name).is_none() => self.start(&daemon),
            "start" | "pid" => self.living(name).ok_or_else(|| io::Error::other(format!("{name} has ended"))),
            "stop" => Ok(self.stop(name)),
            _ => Err(unknown()),
        }
    }

    fn living(&self, name: &str) -> Option<i32> {
        self.running.get(name).copied().filter(|pid| !self.ended.has(*pid))
    }

    fn start(&mut self, daemon: &DaemonPlan) -> io::Result<i32> {
        let output = File::options().create(true).append(true).open(&daemon.output)?;
        let mut command = Command::new(&self.plan.program);
        command.arg("daemon");
        if daemon.isolated {
            command.arg("--isolated");
        }
        command
            .args(&daemon.argv)
            .current_dir(&daemon.cwd)
            .env_clear()
            .envs(daemon.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        let pid = {
            // Held meanwhile: what the reaper says of this pid afterwards is said of this child.
            let mut ended = self.ended.pids.lock().unwrap_or_else(PoisonError::into_inner);
            let pid = command.spawn()?.id().cast_signed();
            ended.remove(&pid);
            pid
        };
        self.running.insert(daemon.name.clone(), pid);
        // The reaper waits for it.
        let _ = self.wake.send(());
        self.await_ready(daemon, pid)?;
        Ok(pid)
    }

    fn await_ready(&self, daemon: &DaemonPlan, pid: i32) -> io::Result<()> {
        let Some(ready) = &daemon.ready else { return Ok(()) };
        let there = || match ready {
            Ready::Socket(path) => UnixStream::connect(path).is_ok(),
            Ready::Port(port) => TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok(),
        };
        let mut came = false;
        wait::until(STARTING, LOOK, || {
            came = there();
            came || self.ended.has(pid)
        });
        if came {
            return Ok(());
        }
        let name = &daemon.name;
        let what = if self.ended.has(pid) { "ended" } else { "could not be talked to" };
        let said = std::fs::read_to_string(&daemon.output).unwrap_or_default();
        let last = said.lines().last().unwrap_or("it said nothing").to_owned();
        Err(io::Error::other(format!("{name} {what} before it was ready: {last}")))
    }

    fn stop(&mut self, name: &str) -> i32 {
        let Some(pid) = self.running.remove(name) else { return 0 };
        if !self.ended.has(pid) {
            // The controller runs scripts through a child, which outlives it; what a node daemon started is of jobs.
            let children = if name == "slurmctld" { procs::descendants(pid) } else { Vec::new() };
            for child in children {
                let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
            }
            // One that has gone meanwhile is no loss.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            self.ended.wait_for(pid);
        }
        pid
    }
}

/// Waits for every child, adopted ones too, and sleeps while there is none.
fn reap(ended: &Ended, sleeping: &mpsc::Receiver<()>) {
    loop {
        match nix::sys::wait::wait() {
            Ok(WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..)) => {
                ended.pids.lock().unwrap_or_else(PoisonError::into_inner).insert(pid.as_raw());
                ended.changed.notify_all();
            }
            Err(Errno::ECHILD) => {
                if sleeping.recv().is_err() {
                    return;
                }
            }
            Ok(_) | Err(_) => {}
        }
    }
}

/// Ends everything that descends from this process, and whatever else is the cluster's.
fn end_all(dir: &Path) {
    let own = std::process::id().cast_signed();
    wait::until(ENDING, LOOK, || {
        let mut pids = procs::descendants(own);
        if pids.is_empty() {
            pids = procs::of_cluster(dir);
        }
        for pid in &pids {
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        pids.is_empty()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_nobody_knows_is_refused() {
        let plan = Plan { program: "/bin/true".into(), daemons: vec![] };
        let mut keeper = Keeper {
            plan,
            running: HashMap::new(),
            ended: Arc::new(Ended::default()),
            wake: mpsc::channel().0,
        };
        assert!(keeper.obey("start nobody").unwrap_err().to_string().contains("no such order"));
        assert!(keeper.obey("nonsense").is_err());
    }
}
