//! What config.json asks for, done by the built-in runtime: hooks, ids, namespaces, mounts, and what it refuses.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its report")]

mod common;

use std::fs;
use std::process::Stdio;

use common::tool::{Runtime, Tool};
use common::{PROGRAM, Place, installed, stdout, who};
use rstest::rstest;
use serde_json::{Value, json};

const USER: &str = "plimsoll";

fn place(user: &str, script: &str) -> Option<Place> {
    installed("busybox")?;
    Some(Place::new(who(user)?, script))
}

fn run(place: &Place, tool: Tool) -> Option<String> {
    let runtime = Runtime::new(place, tool)?;
    Some(stdout(&runtime.launch("run").stdin(Stdio::null()).output().unwrap()))
}

const KINDS: [&str; 6] =
    ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

/// Hooks that add their kind, a variable and the state they get to a file.
fn with_hooks(place: &Place) -> std::path::PathBuf {
    let log = place.notes().join("hooks");
    place.configure(|config| {
        for kind in KINDS {
            // Inside the container the file is somewhere else.
            let (shell, file) = match kind {
                "startContainer" => ("/bin/sh", "/notes/hooks".to_owned()),
                _ => ("/bin/sh", log.display().to_string()),
            };
            let script = format!("echo \"{kind} $A $(cat)\" >>{file}");
            config["hooks"][kind] =
                json!([{"path": shell, "args": ["sh", "-c", script], "env": ["A=b", "PATH=/usr/bin:/bin"]}]);
        }
        let mount =
            json!({"destination": "/notes", "type": "bind", "source": place.notes(), "options": ["rbind"]});
        config["mounts"].as_array_mut().unwrap().push(mount);
        config["root"]["readonly"] = json!(false);
        config["annotations"] = json!({"a.b": "c"});
    });
    log
}

fn logged(path: &std::path::Path) -> Vec<(String, String, Value)> {
    let text = fs::read_to_string(path).unwrap();
    // crun and runc lay the state out over several lines.
    let mut entries = Vec::new();
    let mut rest = text.as_str();
    while let Some((head, tail)) = rest.split_once(" {") {
        let (kind, variable) = head.trim().split_once(' ').unwrap();
        let json = format!("{{{tail}");
        let mut stream = serde_json::Deserializer::from_str(&json).into_iter::<Value>();
        let state = stream.next().unwrap().unwrap();
        entries.push((kind.to_owned(), variable.to_owned(), state));
        rest = &tail[stream.byte_offset() - 1..];
    }
    entries
}

#[rstest]
fn hooks_run_in_their_order(#[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool) {
    let Some(place) = place(USER, "true") else { return };
    let log = with_hooks(&place);
    if run(&place, tool).is_none() {
        return;
    }
    let entries = logged(&log);
    let kinds: Vec<&str> = entries.iter().map(|(kind, ..)| kind.as_str()).collect();
    if !tool.ours() {
        // crun and runc go on to poststart without a look at how far the other side is.
        assert!(KINDS.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        return;
    }
    assert_eq!(kinds, KINDS);
    for (kind, variable, state) in &entries {
        assert_eq!(variable, "b");
        assert_eq!(state["id"], json!(place.id()), "{kind}");
        // crun says `/` to the hook inside.
        assert!(state["bundle"] == json!(place.bundle()) || tool == Tool::Crun, "{kind}: {state}");
        assert_eq!(state["annotations"]["a.b"], "c");
    }
    let status = |index: usize| entries[index].2["status"].as_str().unwrap();
    assert_eq!((status(4), status(5)), ("running", "stopped"));
    if tool.ours() {
        assert_eq!([0, 1, 2, 3].map(status), ["creating", "creating", "creating", "created"]);
    }
}

#[test]
fn start_comes_back_when_the_program_runs() {
    let Some(place) = place(USER, "true") else { return };
    let log = with_hooks(&place);
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    assert!(runtime.launch("create").stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success());
    assert_eq!(logged(&log).len(), 3);
    assert!(runtime.operation(&["start"]).status.success());
    let kinds: Vec<String> = logged(&log).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, KINDS[..5]);
    runtime.wait_for(Some("stopped"));
    assert!(runtime.operation(&["delete"]).status.success());
    assert_eq!(logged(&log).pop().unwrap().0, "poststop");
}

#[rstest]
fn a_hook_that_fails_stops_the_container(
    #[values("prestart", "createRuntime", "createContainer", "startContainer")] kind: &str,
    #[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool,
) {
    let Some(place) = place(USER, "echo started") else { return };
    place.configure(|config| {
        config["hooks"][kind] = json!([{"path": "/bin/sh", "args": ["sh", "-c", "exit 3"]}]);
    });
    let Some(runtime) = Runtime::new(&place, tool) else { return };
    let output = runtime.launch("run").output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    if tool.ours() {
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("hook /bin/sh: exit status: 3"),
            "{output:?}"
        );
        runtime.assert_clean();
    }
}

#[test]
fn a_hook_has_its_time() {
    let Some(place) = place(USER, "true") else { return };
    place.configure(|config| {
        config["hooks"]["prestart"] = json!([{"path": "/bin/sleep", "args": ["sleep", "100"], "timeout": 1}]);
    });
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    let output = runtime.launch("run").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("timeout of 1 s"), "{output:?}");
    runtime.assert_clean();
}

#[rstest]
fn several_ids_are_mapped(#[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool) {
    let Some(place) = place(USER, "id -u; id -g; cat /proc/self/uid_map") else { return };
    let text = fs::read_to_string("/etc/subuid").unwrap_or_default();
    let first =
        text.lines().find_map(|line| line.strip_prefix("plimsoll:")?.split(':').next()?.parse::<u32>().ok());
    let (Some(first), Some(_), true) = (first, installed("newuidmap"), tool != Tool::Crun) else {
        // In the user namespace that hides cgroups from crun, newuidmap has no power.
        eprintln!("skipped: no subordinate ids for `{USER}` here");
        return;
    };
    place.configure(|config| {
        let maps = |own: u32| json!([{"containerID": 0, "hostID": own, "size": 1}, {"containerID": 1, "hostID": first, "size": 1000}]);
        config["linux"]["uidMappings"] = maps(place.who.uid);
        config["linux"]["gidMappings"] = maps(place.who.gid);
        config["process"]["user"] = json!({"uid": 7, "gid": 8});
    });
    let Some(text) = run(&place, tool) else { return };
    let words: Vec<u32> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(words, [7, 8, 0, place.who.uid, 1, 1, first, 1000]);
}

#[rstest]
fn without_ranges_the_own_id_is_the_programs(
    #[values(0, 5)] uid: u32,
    #[values(Tool::Crun, Tool::OursIsolated)] tool: Tool,
) {
    if tool == Tool::Crun && uid != 0 {
        // crun 1.8 wants root inside.
        return;
    }
    let Some(place) = place(USER, "id -u; id -g; cat /proc/self/uid_map") else { return };
    place.configure(|config| {
        config["linux"].as_object_mut().unwrap().retain(|name, _| !name.ends_with("Mappings"));
        config["process"]["user"] = json!({"uid": uid, "gid": uid});
    });
    // In a user namespace with one id, no other can be had.
    let own = stdout(&place.run(&[PROGRAM, "isolate", "cat", "/proc/self/uid_map"]));
    if own.split_whitespace().nth(2) != Some("1") {
        eprintln!("skipped: user namespaces are needed for hiding cgroups here only where they are hybrid");
        return;
    }
    let Some(text) = run(&place, tool) else { return };
    let words: Vec<u32> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(words, [uid, uid, uid, place.who.uid, 1]);
}

#[test]
fn a_user_without_a_user_namespace_gets_one() {
    let Some(place) = place(USER, "id -u; exit 0") else { return };
    place.configure(|config| {
        config["linux"]["namespaces"] = json!([{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}]);
    });
    assert_eq!(run(&place, Tool::OursAsCrun).as_deref(), Some("0\n"));
}

#[rstest]
fn root_without_a_user_namespace(#[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool) {
    let script = "id -u; id -G; cat /proc/self/uid_map; test -c /dev/null && echo null >/dev/null; hostname";
    let Some(place) = place("root", script) else { return };
    place.configure(|config| {
        config["linux"]["namespaces"] =
            json!([{"type": "mount"}, {"type": "pid"}, {"type": "uts"}, {"type": "ipc"}]);
        config["linux"].as_object_mut().unwrap().retain(|name, _| !name.ends_with("Mappings"));
        config["process"]["user"] = json!({"uid": 5, "gid": 6, "additionalGids": [7, 8]});
    });
    let Some(text) = run(&place, tool) else { return };
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(words, ["5", "6", "7", "8", "0", "0", "4294967295", "inside"]);
}

#[rstest]
fn a_namespace_is_joined(#[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool) {
    let Some(place) = place("root", "hostname; readlink /proc/self/ns/net") else { return };
    place.configure(|config| {
        config["linux"]["namespaces"] = json!([
            {"type": "mount"}, {"type": "pid"},
            {"type": "uts", "path": "/proc/self/ns/uts"}, {"type": "network", "path": "/proc/self/ns/net"}
        ]);
        config["linux"].as_object_mut().unwrap().retain(|name, _| !name.ends_with("Mappings"));
        config.as_object_mut().unwrap().remove("hostname");
    });
    let Some(text) = run(&place, tool) else { return };
    let host = nix::unistd::gethostname().unwrap();
    let net = fs::read_link("/proc/self/ns/net").unwrap();
    assert_eq!(text, format!("{}\n{}\n", host.display(), net.display()));
}

#[rstest]
fn a_network_of_its_own(#[values(Tool::Crun, Tool::Runc, Tool::OursAsCrun)] tool: Tool) {
    let Some(place) = place(USER, "cat /proc/net/dev | grep -c :; cat /sys/class/net/lo/flags") else {
        return;
    };
    place.configure(|config| {
        config["linux"]["namespaces"].as_array_mut().unwrap().push(json!({"type": "network"}));
        config["mounts"][5] =
            json!({"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]});
    });
    let Some(text) = run(&place, tool) else { return };
    // The loopback device alone, and up.
    assert_eq!(text, "1\n0x9\n");
}

#[test]
fn mounts_of_every_kind() {
    let script = "cat /file /deep/er/file; touch /ro/x 2>/dev/null || echo ro; echo >/rw/x && echo rw; ls /copy; mount | grep -c 'size=4k'";
    let Some(place) = place(USER, script) else { return };
    let source = place.notes();
    fs::write(source.join("file"), "text\n").unwrap();
    std::os::unix::fs::symlink("/run/inside", place.bundle().join("rootfs/copy")).unwrap();
    place.configure(|config| {
        let mounts = config["mounts"].as_array_mut().unwrap();
        let bind = |to: &str, from: Value, options: Value| json!({"destination": to, "source": from, "options": options});
        mounts.push(bind("/file", json!(source.join("file")), json!(["bind", "ro"])));
        mounts.push(bind("/deep/er/file", json!("../notes/file"), json!(["rbind"])));
        mounts.push(bind("/ro", json!(source), json!(["bind", "ro", "nosuid", "nodev", "noexec", "rprivate"])));
        mounts.push(bind("/rw", json!(source), json!(["bind"])));
        mounts.push(json!({"destination": "/copy", "type": "bind", "source": source, "options": ["rbind"]}));
        mounts.push(json!({"destination": "/small", "type": "tmpfs", "source": "tmpfs", "options": ["size=4k", "nosuid"]}));
        mounts.push(json!({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["ro"]}));
    });
    let text = run(&place, Tool::OursAsCrun).unwrap();
    assert_eq!(text, "text\ntext\nro\nrw\nfile\nx\n1\n");
    assert!(place.bundle().join("rootfs/run/inside").is_dir(), "a link led out of the root");
}

#[rstest]
#[case::seccomp("/linux", json!({"namespaces": [{"type": "mount"}], "seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}}), "seccomp")]
#[case::mount("/linux/namespaces", json!([{"type": "pid"}]), "`mount`")]
#[case::args("/process/args", json!([]), "`process.args`")]
#[case::cwd("/process/cwd", json!("tmp"), "`process.cwd`")]
#[case::limit("/process/rlimits", json!([{"type": "RLIMIT_NOFILE", "soft": 9, "hard": 3}]), "RlimitNofile")]
#[case::user("/process/user", json!({"uid": 77, "gid": 0}), "user 77")]
#[case::mount_kind("/mounts", json!([{"destination": "/x", "type": "nofs", "source": "x"}]), "mount nofs on /x")]
#[case::source("/mounts", json!([{"destination": "/x", "source": "/no/such", "options": ["bind"]}]), "/no/such")]
#[case::cwd_missing("/process/cwd", json!("/nowhere"), "/nowhere")]
fn what_cannot_be_done_is_said(#[case] pointer: &str, #[case] value: Value, #[case] words: &str) {
    let Some(place) = place(USER, "true") else { return };
    place.configure(|config| *config.pointer_mut(pointer).unwrap() = value);
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    let log = place.notes().join("log");
    let words_of_run = ["--log", log.to_str().unwrap(), "--log-format=json", "run", "-b", "bundle", "x"];
    let output = runtime.command(&words_of_run).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.starts_with("plimsoll runtime: ") && said.contains(words), "{said}");
    let line: Value = serde_json::from_slice(&fs::read(log).unwrap()).unwrap();
    assert!(said.contains(line["msg"].as_str().unwrap()) && line["level"] == "error");
    runtime.assert_clean();
}

#[test]
fn descriptors_are_kept_as_asked() {
    let Some(place) = place(USER, "cat <&3; test -e /proc/self/fd/4 || echo closed") else { return };
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    let command = runtime.command(&["run", "--preserve-fds", "1", "-b", "bundle", "x"]);
    let mut words = vec!["-c", "exec 3<<X 4</dev/null\ntext\nX\nexec \"$@\"", "sh"];
    words.push(command.get_program().to_str().unwrap());
    words.extend(command.get_args().map(|word| word.to_str().unwrap()));
    let output =
        std::process::Command::new("bash").args(words).current_dir(place.dir.path()).output().unwrap();
    assert_eq!(stdout(&output), "text\nclosed\n");
}

#[test]
fn a_spec_to_start_from() {
    let Some(place) = place(USER, "true") else { return };
    fs::remove_file(place.bundle().join("config.json")).unwrap();
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    stdout(&runtime.command(&["spec", "--rootless", "-b", "bundle"]).output().unwrap());
    assert!(!runtime.command(&["spec", "-b", "bundle"]).output().unwrap().status.success(), "it is there");
    place.configure(|config| {
        assert_eq!(config["linux"]["uidMappings"][0]["hostID"], place.who.uid);
        config["process"]["terminal"] = json!(false);
        config["process"]["args"] = json!(["sh", "-c", "hostname; id -u"]);
    });
    for tool in [Tool::Runc, Tool::OursAsCrun] {
        if let Some(text) = run(&place, tool) {
            assert!(text.ends_with("\n0\n"), "{text}");
        }
    }
}

#[test]
fn containers_are_listed() {
    let Some(place) = place(USER, "true") else { return };
    let runtime = Runtime::new(&place, Tool::OursAsCrun).unwrap();
    fs::create_dir(place.state().join("systemd")).unwrap();
    assert!(runtime.launch("create").stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success());
    assert_eq!(stdout(&runtime.command(&["list", "-q"]).output().unwrap()), format!("{}\n", place.id()));
    let json: Value =
        serde_json::from_slice(&runtime.command(&["list", "-f", "json"]).output().unwrap().stdout).unwrap();
    assert_eq!((&json[0]["status"], &json[0]["owner"]), (&json!("created"), &json!(USER)));
    assert!(runtime.operation(&["delete"]).status.success());
}
