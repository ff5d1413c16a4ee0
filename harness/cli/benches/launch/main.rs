//! What a container step through the mock costs beside the bare runtime on the same bundle, what the start of a mock and
//! of a private cluster costs, and what all cases cost beside the containers that they start.
//!
//! `cargo bench --bench launch` prints medians of one run. The commands take turns, so that a machine whose speed drifts
//! slows both. Own loop instead of criterion: whole processes are timed, in pairs, which criterion does not do.

mod private;
mod whole;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use plimsoll_cluster::mock::{Mock, MockConfig};
use plimsoll_cluster::world::Cluster;
use plimsoll_fixtures::{BundleBuilder, Fixture};
use plimsoll_launcher::Release;
use plimsoll_suites::machine::Machine;

/// Pairs of runs, behind one that is not counted.
const ROUNDS: usize = 40;
/// How long a step's clean-up may take.
const IDLE: Duration = Duration::from_secs(10);

type Failed = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failed> {
    // Its own keeper hides cgroups from its nodes alone: munged does not start where an ordinary user hides them.
    private::run()?;
    // Before any thread exists; the bare runtime needs it as much as the mock does.
    plimsoll_runtime::isolate::private_cgroups()?;
    for nodes in [1, 1000] {
        starts(nodes)?;
    }
    for runtime in ["crun", "runc"] {
        let found = Command::new(runtime).arg("--version").stdout(Stdio::null()).status();
        match found {
            Ok(_) => steps(runtime)?,
            Err(error) => println!("{runtime}: not measured: {error}"),
        }
    }
    whole::run()
}

fn mock(nodes: usize) -> Result<Mock, Failed> {
    let machine = Machine::new(Some(
        &nix::unistd::User::from_uid(nix::unistd::geteuid())?.ok_or("no such user")?.name,
    ))?;
    Ok(Mock::start(&MockConfig {
        program: env!("CARGO_BIN_EXE_plimsoll").into(),
        parent: std::env::temp_dir(),
        nodes,
        cpus: None,
        release: Release::Guide,
        user: machine.user,
        separate: false,
        time_scale: 1.0,
        settings: Vec::new(),
    })?)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// The start of a mock, to its being ready, and the memory of its daemon.
fn starts(nodes: usize) -> Result<(), Failed> {
    let mut times = Vec::new();
    let mut memory = 0;
    for _ in 0..ROUNDS / 4 {
        let begin = Instant::now();
        let mock = mock(nodes)?;
        times.push(begin.elapsed());
        memory = memory.max(resident(mock.dir()));
        Box::new(mock).stop();
    }
    println!(
        "mock of {nodes} nodes: ready in {:.1} ms, {} MiB resident",
        median(times),
        memory.div_ceil(1024)
    );
    Ok(())
}

/// KiB of the daemon that serves a cluster's folder.
fn resident(dir: &Path) -> u64 {
    let mut most: u64 = 0;
    for pid in plimsoll_cluster::procs::of_cluster(dir) {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        most = most.max(line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0));
    }
    most
}

/// A step of one task beside the bare runtime.
fn steps(runtime: &str) -> Result<(), Failed> {
    let mock = mock(1)?;
    let shared = mock.shared_dir().to_owned();
    let bundle = BundleBuilder::new(Fixture::Busybox).args(["/bin/true"]).build(&shared.join("bundle"))?;
    let root = shared.join("root");
    std::fs::create_dir(&root)?;
    let root = root.display();
    mock.set_oci_conf(Some(&format!(
        "RunTimeRun=\"{runtime} --root={root} run --bundle %b %n.%j.%s.%t\"\nRunTimeQuery=\"{runtime} --root={root} state %n.%j.%s.%t\"\n\
         RunTimeKill=\"{runtime} --root={root} kill %n.%j.%s.%t\"\nRunTimeDelete=\"{runtime} --root={root} delete --force %n.%j.%s.%t\"\n"
    )))?;
    let (mut bare, mut through) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let mut command = Command::new(runtime);
        command
            .arg(format!("--root={root}"))
            .args(["run", "--bundle"])
            .arg(&bundle.dir)
            .arg(format!("bare{round}"));
        let alone = timed(&mut command)?;
        let step = timed(mock.command("srun").arg("--container").arg(&bundle.dir).arg("/bin/true"))?;
        if !mock.wait_idle(IDLE) {
            return Err("a step did not clean up".into());
        }
        if round > 0 {
            bare.push(alone);
            through.push(step);
        }
    }
    let (bare, through) = (median(bare), median(through));
    println!(
        "{runtime}: bare run {bare:.1} ms, srun --container {through:.1} ms: {:.1} ms more, {:.2} times",
        through - bare,
        through / bare
    );
    Box::new(mock).stop();
    Ok(())
}

fn timed(command: &mut Command) -> Result<Duration, Failed> {
    let begin = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    let took = begin.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{command:?} ended with {status}").into()) }
}
