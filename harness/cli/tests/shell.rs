//! `plimsoll shell`: the cluster around a command, its exit code, and that nothing of it is left whatever ends it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use plimsoll_cluster::wait;

/// How long a cluster may take to go.
const LIMIT: Duration = Duration::from_secs(10);

fn shell(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("shell").args(words).stdin(Stdio::null());
    command
}

fn output(words: &[&str]) -> (Option<i32>, String, String) {
    let output = shell(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_exit_code_is_the_command_s() {
    assert_eq!(output(&["--", "sh", "-c", "exit 7"]).0, Some(7));
    assert_eq!(output(&["--", "true"]), (Some(0), String::new(), String::new()));
    let (code, _, said) = output(&["--", "/no/such/program"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("cannot run the command: No such file"), "{said}");
}

#[test]
fn the_tools_are_on_the_path_and_the_release_is_the_one_asked_for() {
    let (code, text, _) =
        output(&["--nodes", "2", "--release", "24.11", "--", "sh", "-c", "srun --version; sinfo -h -o %N"]);
    assert_eq!((code, text.as_str()), (Some(0), "slurm 24.11.5\nn[1-2]\n"));
}

/// The README's example, by whichever user runs it: a bundle is made for the user whose shell it is.
#[test]
fn a_bundle_of_ours_runs_on_three_nodes() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let bundle = dir.path().join("demo");
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    assert!(command.args(["bundle", "host"]).arg(&bundle).stdout(Stdio::null()).status().unwrap().success());
    let nonce = std::fs::read_to_string(bundle.join("rootfs/.plimsoll/nonce")).unwrap();
    let path = bundle.to_str().unwrap();
    let step = ["--", "srun", "-N3", "-l", "--container", path, "cat", "/.plimsoll/nonce"];
    let (code, text, said) = output(&[&["--nodes", "3"], step.as_slice()].concat());
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let expected: Vec<String> = (0..3).map(|rank| format!("{rank}: {}", nonce.trim())).collect();
    assert_eq!((code, lines), (Some(0), expected.iter().map(String::as_str).collect()), "{said}");
}

#[test]
fn without_a_command_it_reads_a_script() {
    let mut child =
        shell(&[]).env("SHELL", "/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"srun echo inside\nexit 5\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(5), &b"inside\n"[..]));
}

#[rstest::rstest]
#[case(Signal::SIGTERM, Some(143))]
#[case(Signal::SIGHUP, Some(129))]
#[case(Signal::SIGKILL, None)]
fn whatever_ends_it_nothing_is_left(#[case] signal: Signal, #[case] code: Option<i32>) {
    // The command itself outlives a shell that was killed, so it ends with the cluster.
    let script = "dir=${SLURM_CONF%/*}; echo $dir; while [ -d $dir ]; do sleep 0.05; done";
    let mut child = shell(&["--", "sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let folder = lines.next().unwrap().unwrap();
    assert!(Path::new(&folder).is_dir());
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
    assert_eq!(child.wait().unwrap().code(), code);
    let gone = || !Path::new(&folder).exists();
    assert!(wait::until(LIMIT, Duration::from_millis(5), gone), "{folder} is left behind");
}

/// What the terminal's Ctrl-C does: the command is told as well, and it alone decides.
#[test]
fn an_interrupt_is_the_command_s_business() {
    let script = "trap 'echo told' INT; echo ready; while ! read -t 1 x; do :; done; exit 4";
    let mut child =
        shell(&["--", "bash", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
}
