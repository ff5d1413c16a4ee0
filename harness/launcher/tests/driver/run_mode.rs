//! Run mode: the files of a task, its environment, its streams and its end.

use std::os::unix::fs::MetadataExt as _;

use plimsoll_launcher::Release;
use plimsoll_launcher::step::{BatchFiles, StepId};
use serde_json::Value;

use crate::Test;
use crate::world::{RUN, World, myself, task, users};

pub const TESTS: &[Test] = &[
    ("run_mode::streams_and_code_are_the_runtimes", streams),
    ("run_mode::a_task_finds_its_bundle", bundle),
    ("run_mode::files_belong_to_the_user", owners),
    ("run_mode::the_environment_file_has_its_forms", environment_file),
    ("run_mode::exclusions_keep_variables_out", exclusions),
    ("run_mode::a_command_is_looked_up_before_its_path_is_excluded", lookup),
    ("run_mode::tasks_are_apart", tasks),
    ("run_mode::a_batch_step_has_its_files", batch),
    ("run_mode::an_existing_config_is_an_error", exclusive),
    ("run_mode::an_unknown_letter_kills_the_task", letter),
];

/// A runtime that keeps what it finds in its bundle.
const KEEPS: &str = "#!/bin/sh\ncp config.json KEPT/config.json\ncp environment KEPT/ 2>/dev/null\nenv >KEPT/env\npwd >KEPT/cwd\n";

fn keeping(world: &World) {
    world.script("program", &KEEPS.replace("KEPT", &world.path("work").display().to_string()));
}

fn config(world: &World) -> Value {
    serde_json::from_str(&world.read("work/config.json")).unwrap()
}

/// Rule L-RUN-1, in every release, as oneself and as another.
fn streams() {
    for release in Release::ALL {
        for user in users() {
            let world = World::new(release, user, RUN);
            world.script("program", "#!/bin/sh\ncat; echo oops >&2; exit 9\n");
            std::fs::write(world.path("stdin"), "in\n").unwrap();
            let outcome = world.run();
            assert_eq!(outcome.error, None, "{release}");
            assert!(outcome.contained);
            assert_eq!(outcome.tasks[0].code, Some(9), "{release}: {:?}", outcome.tasks);
            assert_eq!((world.read("out.0"), world.read("err.0")), ("in\n".into(), "oops\n".into()));
            world.assert_spool_is_empty();
        }
    }
}

/// Rules L-TASK-4, L-TASK-5 and L-TASK-8.
fn bundle() {
    let mut world = World::new(Release::Guide, myself(), RUN);
    world.spec.tasks = vec![task(0, &["only-inside", "a b"])];
    keeping(&world);
    world.run();
    let config = config(&world);
    let dir = world.path("spool/oci-job7-0/task-0");
    assert_eq!(config["process"]["args"], serde_json::json!(["only-inside", "a b"]));
    assert_eq!(config["root"]["path"], world.path("bundle/rootfs").display().to_string());
    assert_eq!(config["mounts"][0]["source"], dir.display().to_string());
    let env: Vec<&str> =
        config["process"]["env"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(env, ["PATH=/usr/bin:/bin", "FROM_JOB=1", "OF_BUNDLE=1", "SLURM_PROCID=0"]);
    assert_eq!(world.read("work/cwd"), format!("{}\n", dir.display()));
    assert!(world.read("work/env").contains("OF_DAEMON=1"));
    assert!(!world.read("work/env").contains("FROM_JOB"));
}

/// Rules L-SET-7, L-TASK-1 and L-TASK-4.
fn owners() {
    for user in users() {
        let world = World::new(Release::Guide, user, RUN);
        world.script("program", "#!/bin/sh\nstat -c '%a %u %g' .. . config.json\n");
        world.run();
        let ids = format!("{} {}", world.spec.user.uid, world.spec.user.gid);
        assert_eq!(world.read("out.0"), format!("770 {ids}\n770 {ids}\n750 {ids}\n"));
        assert_eq!(world.path("spool").metadata().unwrap().uid(), myself().uid);
    }
}

fn environment_file() {
    for (form, expected) in [("null", "A=1\0B=x\ny\0"), ("newline", "A=1\n")] {
        let mut world = World::new(
            Release::Guide,
            myself(),
            &format!("CreateEnvFile={form}\nEnvExclude=\"^(PATH|FROM_|OF_|SLURM_)\"\n{RUN}"),
        );
        world.spec.env.extend(crate::world::pairs(&[("A", "1"), ("B", "x\ny")]));
        keeping(&world);
        world.run();
        assert_eq!(world.read("work/environment"), expected);
        world.assert_spool_is_empty();
    }
}

/// Rules L-TASK-3 and L-TASK-7.
fn exclusions() {
    let text = format!("EnvExclude=\"^FROM_JOB=\"\nRunTimeEnvExclude=\"^SECRET=\"\n{RUN}");
    let world = World::new(Release::Guide, myself(), &text);
    keeping(&world);
    world.run();
    assert!(!config(&world)["process"]["env"].to_string().contains("FROM_JOB"));
    let env = world.read("work/env");
    assert!(env.contains("OF_DAEMON=1") && !env.contains("SECRET"), "{env}");
}

/// Rule L-TASK-2 comes before L-TASK-3.
fn lookup() {
    let mut world = World::new(Release::Guide, myself(), &format!("EnvExclude=\"^PATH=\"\n{RUN}"));
    world.script("on-host", "");
    let mut bundle: Value = serde_json::from_str(&world.read("bundle/config.json")).unwrap();
    bundle["process"]["env"][0] = format!("PATH={}", world.path("site").display()).into();
    world.config(&bundle);
    world.spec.tasks = vec![task(0, &["on-host"])];
    keeping(&world);
    world.run();
    assert_eq!(config(&world)["process"]["args"][0], world.path("site/on-host").display().to_string());
}

fn tasks() {
    let mut world = World::new(Release::Guide, myself(), RUN);
    world.tasks(3, &["true"]);
    world.script("program", "#!/bin/sh\npwd; grep -o 'SLURM_PROCID=.' config.json\n");
    world.run();
    for id in 0..3 {
        let expected = format!("{}/task-{id}\nSLURM_PROCID={id}\n", world.path("spool/oci-job7-0").display());
        assert_eq!(world.read(&format!("out.{id}")), expected);
    }
    world.assert_spool_is_empty();
}

fn batch() {
    let mut world = World::new(Release::Guide, myself(), RUN);
    let work = world.path("work");
    let file = |name: &str| work.join(name);
    let files = BatchFiles {
        script: file("script"),
        stdin: "/dev/null".into(),
        stdout: file("o"),
        stderr: file("e"),
    };
    world.spec.step = StepId::Batch;
    world.spec.batch = Some(files);
    let script = file("script").display().to_string();
    world.spec.tasks = vec![task(0, &[&script, "argument"])];
    keeping(&world);
    world.run();
    let config = config(&world);
    assert_eq!(config["process"]["args"], serde_json::json!(["/tmp/slurm/startup", "argument"]));
    let mounts = config["mounts"].as_array().unwrap();
    let destinations: Vec<_> =
        mounts.iter().skip(1).map(|mount| mount["destination"].as_str().unwrap()).collect();
    assert_eq!(destinations, ["/tmp/slurm/stdout", "/tmp/slurm/stderr", "/tmp/slurm/startup"]);
    assert!(world.calls()[0].ends_with("n1.7.4294967291.0"));
    world.assert_spool_is_empty();
}

fn exclusive() {
    let world = World::new(Release::Guide, myself(), RUN);
    std::fs::create_dir_all(world.path("spool/oci-job7-0/task-0")).unwrap();
    world.touch("spool/oci-job7-0/task-0/config.json");
    let ended = world.run().tasks.remove(0);
    assert_eq!(ended.code, Some(1));
    assert!(ended.report.contains("task-0/config.json: File exists"), "{}", ended.report);
}

fn letter() {
    for release in [Release::V25_11, Release::V26_05] {
        let outcome = World::new(release, myself(), &RUN.replace("%b\"", "%Z\"")).run();
        let failed = outcome.tasks[0].report.contains("unexpected replacement character: Z");
        assert_eq!(failed, release == Release::V25_11, "{:?}", outcome.tasks);
        assert_eq!(outcome.tasks[0].code, Some(i32::from(failed)));
    }
}
