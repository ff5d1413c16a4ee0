//! The built-in runtime beside crun and runc: the guide's calls, and the same answers.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its report")]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use common::tool::{Runtime, Tool, wait_until};
use common::{Place, installed, stdout, who};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use serde_json::{Value, json};

/// The user of the tests' machine.
const USER: &str = "plimsoll";

fn place(user: &str, script: &str) -> Option<Place> {
    installed("busybox")?;
    Some(Place::new(who(user)?, script))
}

macro_rules! skip_unless {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => return,
        }
    };
}

#[rstest]
fn create_and_start(
    #[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun, Tool::OursAsRunc)] tool: Tool,
    #[values("root", USER)] user: &str,
) {
    let place = skip_unless!(place(user, "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done"));
    let runtime = skip_unless!(Runtime::new(&place, tool));
    assert!(!runtime.operation(&["state"]).status.success());
    let (read, write) = std::io::pipe().unwrap();
    let mut create = runtime.launch("create");
    let status = create.stdin(Stdio::null()).stdout(write).status().unwrap();
    drop(create);
    assert!(status.success());
    assert_eq!(runtime.status().as_deref(), Some("created"));
    assert!(!runtime.launch("create").output().unwrap().status.success(), "the id is taken");
    assert!(runtime.operation(&["start"]).status.success());
    let mut lines = BufReader::new(read).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    assert_eq!(runtime.status().as_deref(), Some("running"));
    assert!(!runtime.operation(&["start"]).status.success(), "it is started already");
    assert!(!runtime.operation(&["delete"]).status.success(), "it runs");
    // Without cgroups `-a` does nothing in crun 1.8 and fails in runc 1.1.
    let kill: &[&str] = if tool.ours() { &["kill", "-a"] } else { &["kill"] };
    assert!(runtime.operation(kill).status.success());
    runtime.wait_for(Some("stopped"));
    assert!(runtime.operation(&["delete"]).status.success());
    assert_eq!(runtime.status(), None);
    assert!(!runtime.operation(&["delete"]).status.success());
    assert!(runtime.operation(&["delete", "--force"]).status.success());
    runtime.assert_clean();
}

#[rstest]
fn what_is_created_can_be_deleted(
    #[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool,
    #[values(&["delete"], &["delete", "--force"])] words: &[&str],
) {
    let place = skip_unless!(place(USER, "true"));
    let runtime = skip_unless!(Runtime::new(&place, tool));
    assert!(runtime.launch("create").stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success());
    assert!(runtime.operation(words).status.success());
    assert_eq!(runtime.status(), None);
    runtime.assert_clean();
}

#[rstest]
#[case("exit 0", 0)]
#[case("exit 42", 42)]
#[case("(sh -c 'kill -TERM $$'; exit $?) 2>/dev/null", 143)]
#[case("(trap '' PIPE; true) && kill -PIPE 1; exit 3", 3)]
fn the_programs_exit_code(
    #[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun, Tool::OursAsRunc)] tool: Tool,
    #[case] script: &str,
    #[case] code: i32,
) {
    let place = skip_unless!(place(USER, script));
    let runtime = skip_unless!(Runtime::new(&place, tool));
    let output = runtime.launch("run").output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    runtime.assert_clean();
}

#[rstest]
fn the_signal_that_ends_the_program(
    #[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool,
    #[values("root", USER)] user: &str,
) {
    let place = skip_unless!(place(user, "echo ready; exec sleep 100"));
    let runtime = skip_unless!(Runtime::new(&place, tool));
    let mut child = runtime.launch("run").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    // The program may speak before the runtime has written down that it runs.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while runtime.status().as_deref() != Some("running") {
        assert!(std::time::Instant::now() < deadline, "never running: {:?}", runtime.status());
    }
    assert!(runtime.operation(&["kill", "KILL"]).status.success());
    assert_eq!(child.wait().unwrap().code(), Some(137));
    assert_eq!(runtime.status(), None, "run deletes it");
    runtime.assert_clean();
}

#[rstest]
fn signals_and_input_reach_the_program(#[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool) {
    let script =
        "trap 'echo term; exit 9' TERM; read -r line; echo \"<$line>\"; while :; do sleep 0.01; done";
    let place = skip_unless!(place(USER, script));
    let runtime = skip_unless!(Runtime::new(&place, tool));
    let mut child = runtime.launch("run").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"hello\n").unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "<hello>");
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "term");
    assert_eq!(child.wait().unwrap().code(), Some(9));
}

#[rstest]
#[case::program(json!(["no-such-program"]), "/process/args", "no-such-program")]
#[case::folder(json!(["/etc"]), "/process/args", "ermission")]
#[case::rootfs(json!("nowhere"), "/root/path", "nowhere")]
fn what_cannot_be_run(
    #[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool,
    #[values("create", "run")] verb: &str,
    #[case] value: Value,
    #[case] pointer: &str,
    #[case] words: &str,
) {
    let place = skip_unless!(place(USER, "true"));
    place.configure(|config| *config.pointer_mut(pointer).unwrap() = value);
    let runtime = skip_unless!(Runtime::new(&place, tool));
    let output = runtime.launch(verb).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    // crun 1.8 has other words for the folder.
    assert!(said.contains(words) || tool == Tool::Crun, "{said}");
    assert_eq!(runtime.status(), None);
    if tool.ours() {
        assert_eq!(said.lines().count(), 1, "{said}");
        runtime.assert_clean();
    }
}

/// Everything a program can see of how it was set up, one line each.
const REPORT: &str = r#"
id; hostname; pwd; umask; env | while read -r line; do echo "env $line"; done
while read -r line; do case $line in Cap*|NoNewPrivs*|Uid*|Gid*) echo $line;; esac; done </proc/self/status
while read -r line; do case $line in *files*|*core*) echo $line;; esac; done </proc/self/limits
cat /proc/self/uid_map /proc/self/gid_map /proc/self/oom_score_adj /proc/sys/kernel/domainname
for file in /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty; do test -c $file && echo $file; done
for link in fd stdin stdout stderr ptmx; do readlink /dev/$link; done
touch /file 2>/dev/null && echo root is writable; touch /tmp/file && echo /tmp is writable
touch /proc/sys/kernel/hostname 2>/dev/null && echo /proc/sys is writable
cat /proc/kcore /proc/keys /proc/timer_list; ls /proc/scsi
echo $$; cat /proc/1/comm; (kill -0 2 2>/dev/null)
while read -r a b c d to options rest; do echo "mount $to ${options%%,*}"; done </proc/self/mountinfo
"#;

/// A line that runtimes may differ in.
fn differs(line: &str) -> bool {
    // What the shell adds. crun write-protects the /dev/null on masked files, and leaves cgroups out of root's /sys.
    let starts = [
        "mount / ",
        "mount /proc/keys ",
        "mount /proc/timer_list ",
        "mount /sys/fs/cgroup",
        "env SHLVL",
        "env OLDPWD",
        "env _=",
    ];
    starts.iter().any(|start| line.starts_with(start))
}

fn report(place: &Place, tool: Tool) -> Option<Vec<String>> {
    let runtime = Runtime::new(place, tool)?;
    let text = stdout(&runtime.launch("run").stderr(Stdio::inherit()).stdin(Stdio::null()).output().unwrap());
    let mut lines: Vec<String> = text.lines().filter(|line| !differs(line)).map(str::to_owned).collect();
    // The order of mounts over parts of /proc is nobody's business.
    let at = lines.iter().position(|line| line.starts_with("mount")).unwrap();
    lines[at..].sort();
    Some(lines)
}

#[rstest]
fn the_program_is_set_up_alike(
    #[values(Tool::Crun, Tool::Runc)] real: Tool,
    #[values("root", USER)] user: &str,
) {
    let place = skip_unless!(place(user, REPORT));
    place.configure(|config| {
        let process = &mut config["process"];
        process["cwd"] = json!("/tmp");
        process["oomScoreAdj"] = json!(100);
        process["rlimits"].as_array_mut().unwrap().push(json!({"type": "RLIMIT_CORE", "soft": 0, "hard": 0}));
        process["capabilities"]["inheritable"] = json!(["CAP_KILL"]);
        process["capabilities"]["ambient"] = json!(["CAP_KILL"]);
    });
    let theirs = skip_unless!(report(&place, real));
    // Beside crun in the same narrow place: for a user that is a user namespace with one id.
    let ours = if real == Tool::Crun { Tool::OursIsolated } else { Tool::OursAsRunc };
    let ours = report(&place, ours).unwrap();
    pretty(&ours, &theirs);
}

#[track_caller]
fn pretty(ours: &[String], theirs: &[String]) {
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>()
    };
    let difference = (only(ours, theirs), only(theirs, ours));
    assert!(
        difference.0.is_empty() && difference.1.is_empty(),
        "ours, theirs: {difference:#?}\nall: {ours:#?}"
    );
}

#[test]
fn the_container_dies_with_the_runtime() {
    let place = skip_unless!(place(USER, "echo ready; exec sleep 100"));
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    let mut child = runtime.launch("run").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    runtime.wait_for(Some("stopped"));
    assert!(lines.next().is_none(), "somebody holds its output");
    assert!(runtime.operation(&["delete"]).status.success());
    runtime.assert_clean();
}

#[test]
fn a_detached_container_lives_on() {
    let place = skip_unless!(place(USER, "exec sleep 100"));
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    let pid_file = place.notes().join("pid");
    let words = ["run", "--detach", "--pid-file", pid_file.to_str().unwrap(), "-b", "bundle", &place.id()];
    let status = runtime.command(&words).stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    assert_eq!(runtime.status().as_deref(), Some("running"));
    let state: Value = serde_json::from_slice(&runtime.operation(&["state"]).stdout).unwrap();
    assert_eq!(state["pid"].to_string(), std::fs::read_to_string(pid_file).unwrap());
    assert!(runtime.operation(&["delete", "--force"]).status.success());
    runtime.assert_clean();
}

#[test]
fn a_signal_ends_what_is_half_made() {
    let place = skip_unless!(place(USER, "true"));
    let mark = place.notes().join("mark");
    let hook = format!("touch {}; exec sleep 100", mark.display());
    place.configure(|config| {
        config["hooks"] = json!({"createContainer": [{"path": "/bin/sh", "args": ["sh", "-c", hook], "env": ["PATH=/usr/bin:/bin"]}]});
    });
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    let child = runtime.launch("run").stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the hook", || mark.exists());
    assert_eq!(runtime.status().as_deref(), Some("creating"));
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    runtime.assert_clean();
}
