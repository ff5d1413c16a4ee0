//! The recorder in front of real commands: it notes all, and changes nothing.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its report")]

mod common;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::PROGRAM;
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use plimsoll_runtime::recorder::{self, Call, read_calls};
use rstest::rstest;

/// A busy machine of two cores needs far less for any single step here.
const PATIENCE: Duration = Duration::from_secs(10);

struct Room(tempfile::TempDir);

impl Room {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("plimsoll-record-").tempdir().unwrap())
    }

    fn record(&self, operation: &str, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(["record", "--into"]).arg(self.0.path()).args(["--operation", operation, "--"]);
        command.args(words).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
        command
    }

    fn calls(&self) -> Vec<Call> {
        read_calls(self.0.path()).unwrap()
    }

    fn only(&self) -> Call {
        let calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:#?}");
        calls.into_iter().next().unwrap()
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().unwrap())
}

fn gone(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let late = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < late, "{what} did not happen");
        std::thread::yield_now();
    }
}

#[test]
fn a_call_is_noted_and_nothing_is_changed() {
    let room = Room::new();
    let bundle = tempfile::tempdir().unwrap();
    fs::write(bundle.path().join("config.json"), r#"{"root":{"path":"/r"}}"#).unwrap();
    fs::write(bundle.path().join("environment"), "A=1\0B=x\ny\0").unwrap();
    let mut command =
        room.record("query", &["C=3", "sh", "-c", "cat; echo err >&2; echo $A$C; exit 42", "--bundle"]);
    command
        .arg(bundle.path())
        .env("A", "a b")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"\xffin\n").unwrap();
    let id = child.id();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(42), &b"\xffin\na b3\n"[..]));
    assert_eq!(output.stderr, b"err\n");

    let call = room.only();
    assert_eq!(call.schema, recorder::SCHEMA);
    assert_eq!((call.operation.name(), call.pid), ("query", id.try_into().unwrap()));
    assert_eq!(call.words()[..2], ["sh", "-c"]);
    assert_eq!((call.var("A").as_deref(), call.var("C").as_deref()), (Some("a b"), Some("3")));
    assert_eq!(call.env.len(), 3, "{:?}", call.env);
    assert_eq!(call.cwd.as_ref().unwrap().to_text(), "/");
    assert_eq!(call.stdio, [recorder::Stdio::Pipe; 3]);
    assert_eq!(call.config.as_ref().unwrap()["root"]["path"], "/r");
    assert_eq!(call.environment.as_ref().unwrap().to_text(), "A=1\0B=x\ny\0");
    let spool = call.spool.as_ref().unwrap();
    let paths: Vec<String> = spool.entries.iter().map(|entry| entry.path.to_text()).collect();
    assert_eq!(paths, [".", "..", "config.json", "environment"]);
    let end = call.end.as_ref().unwrap();
    assert_eq!((end.exit, end.signal, end.error.as_deref()), (Some(42), None, None));
    assert_eq!(end.stdout.data.as_bytes(), b"\xffin\na b3\n");
    assert_eq!((end.stderr.data.to_text().as_str(), end.stderr.truncated), ("err\n", false));
    assert!(call.started < end.ended && end.micros > 0);
}

#[test]
fn calls_are_read_in_their_order() {
    let room = Room::new();
    for operation in ["create", "start", "query", "delete"] {
        room.record(operation, &["true"]).status().unwrap();
    }
    let operations: Vec<&str> = room.calls().iter().map(|call| call.operation.name()).collect();
    assert_eq!(operations, ["create", "start", "query", "delete"]);
    assert!(read_calls(&room.0.path().join("none")).unwrap().is_empty());
}

#[test]
fn the_end_by_a_signal_is_the_recorders_end() {
    let room = Room::new();
    let status = room.record("run", &["sh", "-c", "kill -USR1 $$"]).status().unwrap();
    assert_eq!(status.signal(), Some(Signal::SIGUSR1 as i32));
    assert_eq!(room.only().end.unwrap().signal, Some(Signal::SIGUSR1 as i32));
}

#[rstest]
#[case("no-such-program", 127)]
#[case("/etc", 126)]
fn a_command_that_cannot_start(#[case] program: &str, #[case] code: i32) {
    let room = Room::new();
    let output = room.record("run", &[program]).output().unwrap();
    assert_eq!(output.status.code(), Some(code));
    assert!(String::from_utf8_lossy(&output.stderr).contains(program));
    assert!(room.only().end.unwrap().error.is_some());
}

const COUNT: &str =
    "trap 'echo got' TERM; trap 'echo end; exit 5' INT; echo $$; while :; do read -r line || :; done";

/// How the recorder stands to its process group.
#[derive(Clone, Copy, PartialEq)]
enum Stand {
    GroupLeader,
    SessionLeader,
    Member,
}

#[rstest]
fn each_signal_arrives_once(
    #[values(Stand::GroupLeader, Stand::SessionLeader, Stand::Member)] stand: Stand,
    #[values(true, false)] to_the_group: bool,
) {
    let room = Room::new();
    let mut command = room.record("run", &["sh", "-c", COUNT]);
    if stand == Stand::Member {
        let words: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        command = Command::new("sh");
        command.args(["-c", "trap : TERM INT; \"$@\"; exit $?", "sh", PROGRAM]).args(words);
    }
    match stand {
        Stand::SessionLeader => {
            let words: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
            command = Command::new("setsid");
            command.arg(PROGRAM).args(words);
        }
        _ => drop(command.process_group(0)),
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let inner: i32 = lines.next().unwrap().parse().unwrap();
    let recorder = Pid::from_raw(room.only().pid);
    let mut stdin = child.stdin.take().unwrap();
    // Shells differ in whether a signal interrupts their reading, and one that comes just before it does not: there is
    // always one more line to read, until nobody is left to read it.
    let lines_to_read = std::thread::spawn(move || {
        while stdin.write_all(b"\n").is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let send =
        |signal| if to_the_group { killpg(pid(&child), signal) } else { kill(recorder, signal) }.unwrap();
    send(Signal::SIGTERM);
    assert_eq!(lines.next().as_deref(), Some("got"));
    send(Signal::SIGINT);
    assert_eq!(lines.collect::<Vec<_>>(), ["end"]);
    assert_eq!(child.wait().unwrap().code(), Some(5));
    assert!(gone(inner));
    lines_to_read.join().unwrap();
}

#[test]
fn the_command_dies_with_the_recorder() {
    let room = Room::new();
    let mut child =
        room.record("run", &["sh", "-c", "echo $$; exec sleep 100"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let inner = line.trim().parse().unwrap();
    wait_until("the end of the command", || gone(inner));
    assert_eq!(room.only().end, None);
}

#[rstest]
#[case("create", "")]
#[case("start", "out\n")]
fn nobody_else_who_holds_the_streams_is_waited_for(#[case] operation: &str, #[case] captured: &str) {
    let room = Room::new();
    let into = room.0.path().join("output");
    let output = File::create(&into).unwrap();
    let mut command = room.record(operation, &["sh", "-c", "sleep 100 & echo $! >pid; echo out"]);
    command.current_dir(room.0.path()).stdout(output.try_clone().unwrap()).stderr(output);
    let status = command.status().unwrap();
    let sleeper: i32 = fs::read_to_string(room.0.path().join("pid")).unwrap().trim().parse().unwrap();
    assert!(!gone(sleeper));
    kill(Pid::from_raw(sleeper), Signal::SIGKILL).unwrap();
    assert!(status.success());
    assert_eq!(fs::read_to_string(into).unwrap(), "out\n");
    assert_eq!(room.only().end.unwrap().stdout.data.to_text(), captured);
}

#[test]
fn a_terminal_stays_one() {
    let room = Room::new();
    let pty = openpty(None, None).unwrap();
    let mut command = Command::new("setsid");
    let script = "test -t 0 && test -t 1 && echo terminal; read -r line; echo \"<$line>\"; exit 3";
    let recorded = room.record("run", &["sh", "-c", script]);
    command.args(["--ctty", "--wait", PROGRAM]).args(recorded.get_args());
    let end = || Stdio::from(pty.slave.try_clone().unwrap());
    let mut child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    drop((command, pty.slave));
    let mut master = File::from(pty.master);
    master.write_all(b"hello\n").unwrap();
    let mut text = Vec::new();
    // Reading a terminal that nobody holds any more is an error.
    let _ = master.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).replace('\r', "");
    assert_eq!(child.wait().unwrap().code(), Some(3), "{text}");
    assert!(text.contains("terminal\n") && text.ends_with("<hello>\n"), "{text}");
    let call = room.only();
    assert_eq!(call.stdio, [recorder::Stdio::Tty; 3]);
    assert_eq!(call.end.unwrap().stdout.not_captured.as_deref(), Some("terminal"));
}

#[test]
fn notes_that_cannot_be_written_are_no_harm() {
    let room = Room::new();
    let mut command = Command::new(PROGRAM);
    command.args(["record", "--into"]).arg(room.0.path().join("none"));
    let output = command.args(["--operation", "query", "--", "echo", "{}"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), b"{}\n".to_vec(), vec![]));
    let said = fs::read_to_string(room.0.path().join("none.error")).unwrap();
    assert!(said.contains("cannot write to"), "{said}");
}

#[test]
fn long_output_passes_whole_and_is_kept_in_part() {
    let room = Room::new();
    let script = "yes 'äöü' | head -c 3000000";
    let output = room.record("run", &["sh", "-c", script]).output().unwrap();
    assert_eq!(output.stdout.len(), 3_000_000);
    let stdout = room.only().end.unwrap().stdout;
    assert_eq!((stdout.total, stdout.truncated), (3_000_000, true));
    assert!(matches!(stdout.data, recorder::Bytes::Text(_)));
}

#[test]
fn a_reader_that_went_away_is_felt() {
    let room = Room::new();
    let mut child = room.record("run", &["sh", "-c", "yes; exit 4"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(4));
}
