//! The client commands on a mock cluster, called as users call them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use plimsoll_cluster::mock::{Mock, MockConfig};
use plimsoll_cluster::world::{Cluster as _, Daemon};
use plimsoll_launcher::Release;
use plimsoll_suites::machine::Machine;

/// The loss of a daemon is noticed within two seconds, and a busy machine's third.
const LOSS: Duration = Duration::from_secs(3);
/// A step that is about to start has started by then.
const SOON: Duration = Duration::from_secs(20);

/// A cluster, its commands and what becomes of it.
struct Cluster(Option<Mock>);

impl Cluster {
    fn with(release: Release, separate: bool, settings: &[(&str, &str)]) -> Self {
        let user = Machine::new(None).unwrap().user;
        let parent = if Path::new("/dev/shm").is_dir() { "/dev/shm".into() } else { std::env::temp_dir() };
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let config = MockConfig {
            program: env!("CARGO_BIN_EXE_plimsoll").into(),
            parent,
            nodes: 2,
            cpus: Some(8),
            release,
            user,
            separate,
            time_scale: 0.1,
            settings,
        };
        Self(Some(Mock::start(&config).unwrap()))
    }

    fn new() -> Self {
        Self::with(Release::Guide, false, &[])
    }

    fn mock(&self) -> &Mock {
        self.0.as_ref().unwrap()
    }

    /// A command line for the shell, in the user's folder, with nothing to read.
    fn shell(&self, line: &str) -> Command {
        let mut command = self.mock().command("sh");
        command.args(["-c", line]).current_dir(self.mock().shared_dir()).stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Ran {
        let output = self.shell(line).output().unwrap();
        Ran::new(&output)
    }

    /// Waits until a command line of the shell succeeds.
    fn wait_for(&self, line: &str) {
        let deadline = Instant::now() + SOON;
        while !self.shell(line).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success() {
            assert!(Instant::now() < deadline, "in vain: {line}");
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let residue = Box::new(self.0.take().unwrap()).stop();
        assert!(std::thread::panicking() || residue.is_empty(), "{residue:?}");
    }
}

/// What came of a command.
#[derive(Debug)]
struct Ran {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

impl Ran {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code() }
    }

    /// Standard error without what differs from run to run.
    fn errors(&self) -> String {
        let lines = self.stderr.lines().map(|line| match line.split_once(" CANCELLED AT ") {
            Some((head, _)) => format!("{head} CANCELLED AT [time] ***"),
            None => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[rstest::rstest]
#[case("srun -l -n12 sh -c 'echo $SLURM_PROCID' | sort -n | head -n 2", " 0: 0\n 1: 1\n", 0)]
#[case("srun -N2 -n2 sh -c 'exit 7'; echo $?", "7\n", 0)]
#[case("srun sh -c 'kill -9 $$'", "", 137)]
#[case("echo in | srun -n3 -l cat | sort", "0: in\n1: in\n2: in\n", 0)]
#[case("echo in | srun -n3 -i 1 -l cat", "1: in\n", 0)]
#[case("echo in >f; srun -n2 -i f -l cat | sort", "0: in\n1: in\n", 0)]
#[case("echo in | srun -i none cat", "", 0)]
#[case("for t in 0 1; do echo $t >f.$t; done; srun -n2 -i f.%t -l cat | sort", "0: 0\n1: 1\n", 0)]
#[case("head -c 3000000 /dev/zero | srun cat | wc -c", "3000000\n", 0)]
#[case("srun -n2 -N2 -o o.%t sh -c 'echo $SLURM_NODEID; echo e >&2'; cat o.0 o.1", "0\ne\n1\ne\n", 0)]
#[case("srun -n2 -o 1 -e none sh -c 'echo $SLURM_PROCID; echo e >&2'", "1\n", 0)]
#[case("srun -o o echo one; srun -o o --open-mode=append echo two; cat o", "one\ntwo\n", 0)]
#[case("srun srun echo nested", "nested\n", 0)]
#[case("A=1 srun --export=A,B=2 /bin/sh -c 'echo $A $B $HOME'", "1 2\n", 0)]
#[case("srun -D / pwd", "/\n", 0)]
#[case("srun yes | head -n 1", "y\n", 0)]
#[case("sbatch -W --wrap 'exit 4' >/dev/null; echo $?", "4\n", 0)]
#[case("sbatch -W -o o --wrap 'srun echo in the job' >/dev/null; cat o", "in the job\n", 0)]
#[case("printf '#!/bin/sh\\necho $#\\n' | sbatch -W -o o /dev/stdin a b >/dev/null; cat o", "2\n", 0)]
#[case(
    "sbatch --parsable -a 0-3%2 -W -o o.%a --wrap 'echo $SLURM_ARRAY_TASK_ID'; cat o.?",
    "1\n0\n1\n2\n3\n",
    0
)]
#[case("salloc -Q -n2 sh -c 'srun -l echo $SLURM_NTASKS | sort; exit 5'", "0: 2\n1: 2\n", 5)]
#[case("salloc -Q sh -c 'kill -9 $$'", "", 137)]
#[case("echo 'echo inside $SLURM_JOB_ID' | SHELL=/bin/sh salloc -Q 2>/dev/null", "inside 1\n", 0)]
fn a_command_line_does_what_it_says(#[case] line: &str, #[case] stdout: &str, #[case] code: i32) {
    let ran = Cluster::new().run(line);
    assert_eq!((ran.stdout.as_str(), ran.code), (stdout, Some(code)), "{line}: {}", ran.stderr);
}

/// What is printed when a step or job is ended, from inside or outside: `%` stands for the command's own pid.
#[rstest::rstest]
#[case("scancel", "scancel 1", "srun -N2 -n3 sleep 60", 143)]
#[case("scancel-step", "scancel 1.0", "srun sleep 60", 143)]
#[case("sigterm", "kill %", "srun sleep 60", 143)]
#[case("sigusr1", "kill -USR1 %", "srun sleep 60", 138)]
#[case("scancel-signal", "scancel -s USR1 1", "srun sleep 60", 138)]
#[case("salloc-kill-command", "scancel 1", "salloc -K sleep 60", 143)]
#[case("salloc-interactive", "scancel 1", "SHELL=/bin/cat exec salloc <stdin", 143)]
fn an_end_from_elsewhere_is_told(
    #[case] name: &str,
    #[case] how: &str,
    #[case] line: &str,
    #[case] code: i32,
) {
    let cluster = Cluster::new();
    let mut command = cluster.shell(&format!("mkfifo stdin; exec 3<>stdin; {line}"));
    let line = line.strip_prefix("srun").map(|rest| format!("exec srun{rest}"));
    if let Some(line) = &line {
        command = cluster.shell(line);
    }
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    cluster.wait_for("squeue -h -s | grep -q '1\\.' || squeue -h -o %N | grep -q n");
    // The tasks of a step that is listed may not have been started yet.
    cluster.wait_for("srun --jobid 1 --overlap -Q true");
    assert!(cluster.run(&how.replace('%', &child.id().to_string())).stderr.is_empty());
    let ran = Ran::new(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(code), "{ran:?}");
    insta::assert_snapshot!(name, ran.errors());
}

#[test]
fn ctrl_c_twice_ends_a_step() {
    let cluster = Cluster::new();
    // cat dies of an interrupt at once, where a shell would first look after itself.
    let mut command = cluster.shell("exec srun -n3 cat");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"up\n").unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 9]).unwrap();
    let pid = Pid::from_raw(child.id().cast_signed());
    let interrupt = || kill(pid, Signal::SIGINT).unwrap();
    interrupt();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    // Two signals at once would be one.
    errors.read_line(&mut said).unwrap();
    interrupt();
    errors.read_to_string(&mut said).unwrap();
    let ran = Ran { stdout: String::new(), stderr: said, code: child.wait().unwrap().code() };
    assert_eq!(ran.code, Some(130), "{ran:?}");
    // The step daemon may see the tasks end before it is told to end them.
    let lines =
        ran.errors().lines().filter(|line| !line.contains("CANCELLED")).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!("ctrl-c", lines);
}

#[test]
fn a_step_waits_for_the_cpus_of_its_job() {
    let cluster = Cluster::new();
    let line = "salloc -Q -n1 sh -c '
        srun -J first sh -c \"until [ -e go ]; do sleep 0.02; done\" &
        until squeue -hs | grep -q first; do :; done
        srun true 2>second &
        until grep -qs retrying second; do :; done
        touch go; wait; cat second >&2'";
    let ran = cluster.run(line);
    insta::assert_snapshot!(ran.errors());
    assert_eq!(ran.code, Some(0));
}

#[rstest::rstest]
#[case(Release::V24_05, "yes", "bare\n", 0)]
#[case(Release::V24_05, "no", "", 1)]
fn salloc_refuses_containers_or_stays_outside(
    #[case] release: Release,
    #[case] interactive: &str,
    #[case] stdout: &str,
    #[case] code: i32,
) {
    let parameters = if interactive == "yes" { "use_interactive_step" } else { "none" };
    let cluster = Cluster::with(release, false, &[("LaunchParameters", parameters)]);
    let ran = cluster.run("salloc -Q --container /no/bundle echo bare");
    assert_eq!((ran.stdout.as_str(), ran.code), (stdout, Some(code)), "{}", ran.stderr);
    let refusal = "--container requires LaunchParameters=use_interactive_step";
    assert_eq!(ran.stderr.contains(refusal), code != 0);
}

#[test]
fn no_shell_leaves_a_job_behind() {
    let cluster = Cluster::new();
    let ran = cluster.run("salloc --no-shell && srun -Q --jobid 1 echo later && scancel --me && squeue -h");
    assert_eq!((ran.stdout.as_str(), ran.errors().as_str()), ("later\n", "salloc: Granted job allocation 1"));
}

#[rstest::rstest]
#[case("controller", "Unable to contact slurm controller")]
#[case("step", "Node failure on n1")]
#[case("node", "")]
fn the_loss_of_a_daemon_ends_srun(#[case] daemon: &str, #[case] said: &str) {
    let cluster = Cluster::with(Release::Guide, true, &[]);
    let child = cluster
        .shell("exec srun -w n1 sh -c 'echo up; sleep 60'")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 3]).unwrap();
    let which = match daemon {
        "controller" => Daemon::Controller,
        "step" => Daemon::Step("n1"),
        _ => Daemon::Node("n1"),
    };
    let start = Instant::now();
    cluster.mock().kill(which).unwrap();
    let ran = Ran::new(&child.wait_with_output().unwrap());
    assert!(start.elapsed() < LOSS, "{ran:?}");
    assert!(ran.stderr.contains(said), "{ran:?}");
    assert!(ran.code.is_some_and(|code| code != 0), "{ran:?}");
}

#[test]
fn a_pty_is_a_terminal_with_the_window_of_srun_s() {
    let cluster = Cluster::new();
    let size = Winsize { ws_row: 33, ws_col: 101, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(Some(&size), None).unwrap();
    let user = || Stdio::from(pty.slave.try_clone().unwrap());
    let mut command = cluster.shell("exec srun --pty sh -c 'stty size; read line; echo got $line; exit 3'");
    let mut child = command.stdin(user()).stdout(user()).stderr(user()).spawn().unwrap();
    let mut ours = File::from(pty.master);
    let mut seen = String::new();
    let mut read_to = |mark: &str| {
        let mut buffer = [0; 1024];
        while !seen.contains(mark) {
            let count = ours.read(&mut buffer).unwrap();
            seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        if mark.starts_with("33") {
            ours.write_all(b"line\r").unwrap();
        }
        seen.clone()
    };
    read_to("33 101\r\n");
    assert!(read_to("got line\r\n").contains("got line"));
    assert_eq!(child.wait().unwrap().code(), Some(3));
    let echoes = tcgetattr(pty.slave.as_fd()).unwrap().local_flags.contains(LocalFlags::ECHO);
    assert!(echoes, "the terminal is as it was");
}

#[test]
fn an_allocation_that_waits_can_be_interrupted() {
    let cluster = Cluster::new();
    let mut holder = cluster.shell("exec salloc -Q -K -N2 --exclusive sleep 60").spawn().unwrap();
    cluster.wait_for("squeue -h -t R | grep -q .");
    let child = cluster.shell("exec srun true").stderr(Stdio::piped()).spawn().unwrap();
    cluster.wait_for("squeue -h -t PD | grep -q .");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let ran = Ran::new(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.errors());
    cluster.run("scancel --me");
    holder.wait().unwrap();
}
