//! Section 1: what keeps a step from being launched, and what is said of it.

use std::os::unix::fs::PermissionsExt;

use plimsoll_launcher::Release;
use serde_json::json;

use crate::Test;
use crate::world::{CREATE_START, RUN, World, myself, other};

pub const TESTS: &[Test] = &[
    ("set_up::a_missing_bundle_is_named_by_the_guide_alone", missing_bundle),
    ("set_up::a_rejected_oci_conf_fails_the_launch", rejected),
    ("set_up::what_is_wrong_with_a_config_is_named", wrong_config),
    ("set_up::a_fifo_holds_nobody_up", fifo),
    ("set_up::one_task_a_node_in_22_05", one_task),
    ("set_up::a_config_that_is_ignored_need_not_be_there", ignored),
    ("set_up::create_start_needs_a_config", create_start_ignored),
    ("set_up::the_bundle_is_read_with_the_users_rights", rights),
];

/// `[22.05]` demands no other file than this one.
fn world(release: Release) -> World {
    World::new(release, myself(), RUN)
}

fn missing_bundle() {
    for release in Release::ALL {
        let mut world = world(release);
        world.spec.container = Some(world.path("gone").into());
        let (errno, message) = world.run().error.unwrap();
        // Releases behind the first one have no number for it.
        assert_eq!(errno, if release.is_later() { -1 } else { libc::ENOENT }, "{release}");
        let told = message.contains(&*world.path("gone/config.json").to_string_lossy());
        assert_eq!(told, release == Release::Guide, "{release}: {message}");
        world.assert_spool_is_empty();
    }
}

/// Rule L-SET-2.
fn rejected() {
    for release in Release::ALL {
        let outcome = World::new(release, myself(), "RunTimeRan=x\n").run();
        let message = outcome.error.unwrap().1;
        assert!(message.starts_with("Could not parse oci.conf file"), "{release}: {message}");
        assert!(outcome.tasks.is_empty());
    }
}

fn wrong_config() {
    let world = world(Release::Guide);
    let failure = || world.run().error.unwrap().1;
    world.config(&json!({ "root": { "path": "rootfs" }, "process": { "env": ["A=1", 3] } }));
    assert!(failure().ends_with("bundle/config.json: process.env[1] is no string"));
    world.config(&json!({ "process": {} }));
    assert!(failure().ends_with("bundle/config.json: root.path is missing or no string"));
    world.config(&json!([]));
    assert!(failure().ends_with("bundle/config.json holds no JSON object"));
    std::fs::remove_file(world.path("bundle/config.json")).unwrap();
    std::fs::create_dir(world.path("bundle/config.json")).unwrap();
    assert!(failure().ends_with("bundle/config.json is no regular file"));
    assert!(world.calls().is_empty());
}

fn fifo() {
    let world = world(Release::Guide);
    let path = world.path("bundle/config.json");
    std::fs::remove_file(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(world.run().error.unwrap().1.ends_with("config.json is no regular file"));
}

/// Rule L-SET-8.
fn one_task() {
    for release in Release::ALL {
        let mut world = world(release);
        world.tasks(2, &["true"]);
        let outcome = world.run();
        if release == Release::V22_05 {
            assert_eq!(outcome.error.unwrap().1, "unexpected number of tasks 2 > 1");
        } else {
            assert_eq!(outcome.tasks.len(), 2, "{release}: {:?}", outcome.error);
        }
    }
}

fn ignored() {
    let text = "IgnoreFileConfigJson=true\nRunTimeRun=\"echo %r\"\nRunTimeKill=true\nRunTimeDelete=true\n";
    let mut world = World::new(Release::Guide, myself(), text);
    std::fs::remove_file(world.path("bundle/config.json")).unwrap();
    assert_eq!(world.run().tasks[0].code, Some(0));
    assert_eq!(world.read("out.0"), format!("{}\n", world.path("bundle").display()));
    // An image is a file, and a name is for the runtime to understand.
    world.touch("image.sqsh");
    for image in [world.path("image.sqsh"), "docker://alpine".into()] {
        world.spec.container = Some(image.into());
        assert_eq!(world.run().tasks[0].code, Some(0));
    }
    world.spec.container = Some(world.path("gone").into());
    let message = world.run().error.unwrap().1;
    assert!(message.ends_with("/gone: No such file or directory"), "{message}");
}

/// Rule C-SET-5.
fn create_start_ignored() {
    let world = World::new(Release::Guide, myself(), &format!("IgnoreFileConfigJson=true\n{CREATE_START}"));
    let ended = world.run().tasks.remove(0);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.report.starts_with("error: IgnoreFileConfigJson=true needs RunTimeRun"),
        "{}",
        ended.report
    );
}

/// G-LIM-1, and section 1's heading.
fn rights() {
    let Some(user) = other() else {
        return eprintln!("skipped: needs root and a user `plimsoll`");
    };
    let mut world = World::new(Release::Guide, user, RUN);
    let bundle = world.path("bundle");
    std::os::unix::fs::chown(&bundle, Some(0), Some(54_321)).unwrap();
    std::fs::set_permissions(&bundle, PermissionsExt::from_mode(0o750)).unwrap();
    let (errno, message) = world.run().error.unwrap();
    assert_eq!(errno, libc::EACCES, "{message}");
    // One of the user's groups may.
    world.spec.user.groups.push(54_321);
    assert_eq!(world.run().tasks[0].code, Some(0));
}
