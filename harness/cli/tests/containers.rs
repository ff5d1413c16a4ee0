//! The world `containers` on the real engine and the real release: what comes back from a command inside, and that nothing
//! stays. Where there is no engine or no image the test says so and ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_cluster::containers::{Containers, Wanted, ready};
use plimsoll_cluster::real::wait;
use plimsoll_cluster::world::{Cluster, Disturbance};
use plimsoll_launcher::Release;
use plimsoll_suites::machine::Machine;

const PLIMSOLL: &str = env!("CARGO_BIN_EXE_plimsoll");
const SOON: Duration = Duration::from_secs(20);

/// A cluster of a release, or why there is none here. `program` keeps a copy that everybody can run.
fn cluster(release: Release, nodes: usize) -> Option<(Containers, tempfile::TempDir)> {
    if let Err(reason) = ready(release) {
        eprintln!("skipped: {reason}");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    let program = folder.path().join("plimsoll");
    std::fs::copy(PLIMSOLL, &program).unwrap();
    let wanted = Wanted {
        program,
        parent: std::env::temp_dir(),
        nodes,
        cpus: 8,
        release,
        user: Machine::new(None).unwrap().user,
        settings: vec![],
    };
    let started = std::time::Instant::now();
    let cluster = Containers::start(&wanted).unwrap();
    eprintln!("{nodes} nodes of {release} after {} ms", started.elapsed().as_millis());
    Some((cluster, folder))
}

fn open(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn sh(cluster: &Containers, script: &str) -> Command {
    let mut command = cluster.command("/bin/sh");
    command.args(["-c", script]).current_dir(cluster.shared_dir());
    command
}

#[test]
fn a_command_inside_is_as_one_outside() {
    let Some((cluster, _program)) = cluster(Release::V24_11, 3) else { return };
    let started = std::time::Instant::now();
    // Streams, environment, working directory, user and host name.
    let mut child = sh(&cluster, "cat; echo $NAME; pwd; id -u; hostname; echo oops >&2; exit 7")
        .env("NAME", "a b")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"in\n").unwrap();
    let output = child.wait_with_output().unwrap();
    eprintln!("enter took {} ms", started.elapsed().as_millis());
    let shared = cluster.shared_dir().display().to_string();
    let expected = format!("in\na b\n{shared}\n{}\nctl\n", cluster.user().uid);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert_eq!((output.stderr.as_slice(), output.status.code()), (&b"oops\n"[..], Some(7)));

    // A signal for the local end reaches the command, which says how it ended.
    for (signal, code) in [(Signal::SIGTERM, Some(5)), (Signal::SIGINT, None)] {
        let mut child = sh(&cluster, "trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), code);
        assert_eq!(status.signal(), code.is_none().then_some(signal as i32));
    }

    // A local end that is killed takes the command with it, which holds the pipe open as long as it lives.
    let mut child = sh(&cluster, "echo ready; exec sleep 1000").stdout(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    output.read_exact(&mut [0; 6]).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(output.read(&mut [0; 1]).unwrap(), 0);

    let missing = sh(&cluster, "").arg("x").status().unwrap();
    assert!(missing.success());
    let missing = cluster.command("no-such-program").current_dir("/").output().unwrap();
    assert_eq!(missing.status.code(), Some(126));

    let output = cluster.command("srun").args(["-N3", "hostname"]).current_dir("/tmp").output().unwrap();
    let mut lines: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["n1", "n2", "n3"], "{output:?}");
    assert!(cluster.wait_idle(SOON));

    let dir: PathBuf = cluster.conf_dir().parent().unwrap().to_owned();
    let name = dir.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(Box::new(cluster).stop(), Vec::<String>::new());
    assert!(!dir.exists());
    for list in [["ps", "--all"], ["network", "ls"]] {
        let filter = format!("--filter=label=plimsoll.run={name}");
        let left = Command::new("docker").args(list).args(["-q", &filter]).output().unwrap();
        assert_eq!(String::from_utf8(left.stdout).unwrap(), "");
    }
}

/// A bounded set of cases under all four profiles: what hangs is ended, its node is repaired, and the next case passes.
const CASES: [&str; 6] =
    ["step.exit-code", "stdio.label", "pattern.ids", "request.salloc*", "multi.three-nodes", "signal.node-*"];

fn run_cases(release: &str) {
    if let Err(reason) = ready(release.parse().unwrap()) {
        return eprintln!("skipped: {reason}");
    }
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("results.json");
    let output = Command::new(PLIMSOLL)
        .args(["run", "--world", "containers", "--release", release, "--jobs", "2"])
        .args(["--profile", "crun-run,runc-run,crun-create-start,runc-create-start", "--json"])
        .arg(&json)
        .arg("--out")
        .arg(folder.path().join("record"))
        .args(CASES)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let results: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let results = results["results"].as_array().unwrap();
    let passed = results.iter().filter(|result| result["verdict"] == "pass").count();
    assert!(passed > 8, "{said}");
    for result in results {
        let explained = result["verdict"] == "fail" && result["defect"].is_string();
        assert!(result["verdict"] == "pass" || explained, "{result}\n{said}");
    }
    // Create and start mode hangs on every release yet, which is told from a pass and from an error.
    assert_eq!(output.status.code(), Some(1), "{said}");
}

#[test]
fn cases_run_on_24_11() {
    run_cases("24.11");
}

#[test]
fn cases_run_on_26_05() {
    run_cases("26.05");
}

#[test]
fn a_killed_run_leaves_nothing_that_doctor_does_not_find() {
    if let Err(reason) = ready(Release::V24_11) {
        return eprintln!("skipped: {reason}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut run = Command::new(PLIMSOLL)
        .args(["run", "--world", "containers", "--release", "24.11", "--profile", "crun-run", "--out"])
        .arg(folder.path().join("record"))
        .arg("request.srun-srun")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let own = format!("{}:", run.id());
    let left = |list: &[&str]| {
        let format = "{{.Label \"plimsoll.owner\"}} {{.Label \"plimsoll.dir\"}}";
        let output = Command::new("docker").args(list).args(["--format", format]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter(|line| line.starts_with(&own)).map(str::to_owned).collect::<Vec<_>>()
    };
    let containers = || left(&["ps", "--all"]);
    assert!(wait::until(SOON, || containers().len() == 2), "{:?}", containers());
    let dir = containers()[0].split_once(' ').unwrap().1.to_owned();
    run.kill().unwrap();
    run.wait().unwrap();
    // Nodes that were up end with the process that holds them; one that was only being made stays, as does the network.
    assert_eq!(left(&["network", "ls"]).len(), 1);
    let clean = || Command::new(PLIMSOLL).args(["doctor", "--clean"]).status().unwrap().success();
    // A node that goes by itself at this moment may be in the way once.
    assert!(wait::until(SOON, clean));
    assert!(containers().is_empty(), "{:?}", containers());
    assert!(left(&["network", "ls"]).is_empty() && !Path::new(&dir).exists());
}

#[test]
fn a_node_that_is_cut_off_comes_back() {
    let Some((cluster, _program)) = cluster(Release::V24_11, 1) else { return };
    let call = "timeout 2 bash -c ': > /dev/tcp/n1/6818' 2> /dev/null && echo reached";
    let reaches = || cluster.controller().shell(call).unwrap() == "reached\n";
    assert!(reaches());
    cluster.disturb("n1", Disturbance::Cut).unwrap();
    assert!(!reaches());
    cluster.disturb("n1", Disturbance::Join).unwrap();
    assert!(reaches());
    let output = cluster.command("srun").arg("hostname").current_dir("/tmp").output().unwrap();
    assert_eq!(output.stdout, b"n1\n", "{output:?}");
}
