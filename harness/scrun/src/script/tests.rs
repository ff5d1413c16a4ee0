//! Scripts, good and bad.

use rstest::rstest;

use super::*;
use crate::site::scripts;

#[derive(Default)]
struct Notes(RefCell<Vec<String>>);

impl Host for Notes {
    fn allocator_command(&self, script: &str) -> (i32, String) {
        self.0.borrow_mut().push(format!("here: {script}"));
        let output = std::process::Command::new("sh").args(["-c", script]).output().unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn remote_command(&self, script: &str) -> (i32, String) {
        self.0.borrow_mut().push(format!("there: {script}"));
        (0, String::new())
    }

    fn log(&self, level: Level, text: &str) {
        self.0.borrow_mut().push(format!("{level:?}: {text}"));
    }
}

fn container(dir: &Path) -> Container {
    Container {
        id: "c1".into(),
        bundle: dir.into(),
        root: dir.join("rootfs"),
        spool: dir.join("spool"),
        config: dir.join("config.json"),
        job: 7,
        uid: 1000,
        gid: 100,
        env: vec![("SLURM_JOB_ID".into(), "7".into())],
    }
}

fn load(dir: &Path, text: &str) -> (Result<Script, ScriptError>, Rc<Notes>) {
    let path = dir.join("scrun.lua");
    std::fs::write(&path, text).unwrap();
    let notes = Rc::new(Notes::default());
    let host: Rc<dyn Host> = Rc::<Notes>::clone(&notes);
    (Script::load(&path, &host), notes)
}

#[test]
fn our_shared_script_makes_a_config_for_an_unprivileged_runtime() {
    let dir = tempfile::tempdir().unwrap();
    let config = serde_json::json!({
        "ociVersion": "1.0.2",
        "root": {"path": "rootfs"},
        "process": {
            "args": ["sh"], "env": [], "rlimits": [{"type": "RLIMIT_CORE", "hard": 1, "soft": 1}],
            "user": {"uid": 5, "gid": 6, "additionalGids": [1]},
        },
        "mounts": [{"destination": "/dev/pts", "type": "devpts", "options": ["gid=5", "nosuid"]}],
        "hooks": {"prestart": [{"path": "/x"}]},
        "linux": {
            "namespaces": [{"type": "mount"}, {"type": "network", "path": "/p"}],
            "resources": {}, "seccomp": {}, "maskedPaths": [],
        },
    });
    std::fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    let (script, _) = load(dir.path(), scripts::SHARED);
    let script = script.unwrap();
    let changes = script.stage_in(&container(dir.path())).unwrap();
    assert_eq!(changes.bundle, Some(dir.path().join("slurm")));
    let made = std::fs::read(dir.path().join("slurm/config.json")).unwrap();
    let made: serde_json::Value = serde_json::from_slice(&made).unwrap();
    assert_eq!(made["root"]["path"], dir.path().join("rootfs").to_string_lossy().as_ref());
    assert_eq!(
        made["linux"],
        serde_json::json!({
            "namespaces": [{"type": "user"}, {"type": "mount"}],
            "uidMappings": [{"containerID": 5, "hostID": 1000, "size": 1}],
            "gidMappings": [{"containerID": 6, "hostID": 100, "size": 1}],
            "maskedPaths": [],
        })
    );
    assert_eq!(made["mounts"][0]["options"], serde_json::json!(["nosuid"]));
    assert_eq!(made["process"]["env"], serde_json::json!([]));
    assert_eq!(made["process"]["user"], serde_json::json!({"uid": 5, "gid": 6}));
    assert!(made["hooks"].is_null() && made["process"]["rlimits"].is_null());
    script.stage_out(&container(dir.path()), &changes).unwrap();
    assert!(!dir.path().join("slurm").exists());
}

#[test]
fn our_scripts_have_what_they_must() {
    let dir = tempfile::tempdir().unwrap();
    for text in [scripts::SHARED, scripts::STAGED] {
        let (script, _) = load(dir.path(), text);
        assert!(script.unwrap().missing().is_empty());
    }
}

#[rstest]
#[case("syntax error here", "scrun.lua")]
#[case("return 5", "the script returned 5")]
#[case("error('no disk')", "no disk")]
fn a_script_that_does_not_load(#[case] text: &str, #[case] message: &str) {
    let dir = tempfile::tempdir().unwrap();
    let error = load(dir.path(), text).0.unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

#[rstest]
#[case("", "function slurm_scrun_stage_in is missing")]
#[case("function slurm_scrun_stage_in() return slurm.ERROR end", "slurm_scrun_stage_in returned -1")]
#[case("function slurm_scrun_stage_in() end", "slurm_scrun_stage_in returned nil")]
#[case("function slurm_scrun_stage_in() return 'yes' end", "slurm_scrun_stage_in returned yes")]
#[case("function slurm_scrun_stage_in() error('no disk') end", "no disk")]
fn a_stage_in_that_fails(#[case] text: &str, #[case] message: &str) {
    let dir = tempfile::tempdir().unwrap();
    let script = load(dir.path(), text).0.unwrap();
    let error = script.stage_in(&container(dir.path())).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

#[test]
fn what_is_provided_does_what_the_manual_says() {
    let text = r#"
        function slurm_scrun_stage_in(id, bundle, spool, config, job, user, group, env)
            slurm.log_info(string.format("%s %d %d %d %s", id, job, user, group, env[1]))
            slurm.log("x", 3)
            slurm.error("%s-%d", "bad", 1)
            local status, output = slurm.allocator_command("echo hi; exit 3")
            slurm.log_debug2(status .. output)
            slurm.remote_command("true")
            slurm.set_bundle_path("/new")
            slurm.set_root_path("/new/rootfs")
            return slurm.SUCCESS
        end
        function slurm_scrun_stage_out(id, bundle, orig, root, orig_root, spool, config, job, user, group)
            slurm.user_msg(bundle .. orig .. root .. orig_root .. group)
            return slurm.success
        end
    "#;
    let dir = tempfile::tempdir().unwrap();
    let (script, notes) = load(dir.path(), text);
    let script = script.unwrap();
    let container = container(Path::new("/b"));
    let changes = script.stage_in(&container).unwrap();
    assert_eq!(changes, Changes { bundle: Some("/new".into()), root: Some("/new/rootfs".into()) });
    script.stage_out(&container, &changes).unwrap();
    let expected = [
        "Info: c1 7 1000 100 SLURM_JOB_ID=7",
        "Debug(1): x",
        "Error: bad-1",
        "here: echo hi; exit 3",
        "Debug(2): 3hi\n",
        "there: true",
        "Info: /new/b/new/rootfs/b/rootfs100",
    ];
    assert_eq!(*notes.0.borrow(), expected);
}

#[rstest]
#[case("5", Some(5))]
#[case("5:30", Some(6))]
#[case("1:00:00", Some(60))]
#[case("2-", Some(2880))]
#[case("1-1", Some(1500))]
#[case("1-1:1", Some(1501))]
#[case("0-0:0:1", Some(1))]
#[case("UNLIMITED", Some(INFINITE))]
#[case("-1", Some(INFINITE))]
#[case("soon", None)]
#[case("", None)]
fn times(#[case] text: &str, #[case] expected: Option<i64>) {
    assert_eq!(minutes(text), expected);
}
