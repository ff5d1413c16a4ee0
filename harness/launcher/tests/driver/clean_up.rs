//! Section 7: who runs what with which patterns, and what is left.

use plimsoll_launcher::Release;

use crate::Test;
use crate::world::{RUN, World, myself, other};

pub const TESTS: &[Test] = &[
    ("clean_up::patterns_mean_no_task", no_task),
    ("clean_up::operations_run_as_the_user_on_the_guides_terms_alone", whose),
    ("clean_up::an_ignored_config_is_killed_and_deleted_as_promised", ignored),
    ("clean_up::it_can_be_disabled", disabled),
    ("clean_up::somebody_elses_files_stay", other_files),
];

/// Rule L-CLEAN-1.
fn no_task() {
    for release in Release::ALL {
        let world = World::new(release, myself(), RUN);
        world.run();
        // 23.02 and the one before kept the patterns of the first expansion.
        let id = if release.at_least(Release::V23_11) { "-1" } else { "0" };
        assert_eq!(world.calls(), ["run n1.7.0.0".to_owned(), format!("state n1.7.0.{id}")], "{release}");
    }
}

/// G-LIM-1 and R-OPEN-8.
fn whose() {
    let Some(user) = other() else {
        return eprintln!("skipped: needs root and a user `plimsoll`");
    };
    for release in [Release::V22_05, Release::V24_11, Release::V26_05, Release::Guide] {
        let world = World::new(release, user.clone(), RUN);
        world.run();
        let uid = if release == Release::Guide { user.uid } else { 0 };
        let calls = world.read("site/calls");
        let of = |operation: &str| calls.lines().find(|line| line.starts_with(operation)).unwrap().to_owned();
        assert!(of("run").contains(&format!("uid={} ", user.uid)), "{release}: {calls}");
        assert!(of("state").contains(&format!("uid={uid} ")), "{release}: {calls}");
    }
}

/// Rule L-KILL-3, R-OPEN-3.
fn ignored() {
    for release in Release::ALL.into_iter().filter(|release| *release != Release::V22_05) {
        let text = format!("IgnoreFileConfigJson=true\nCreateEnvFile=newline\n{RUN}");
        let world = World::new(release, myself(), &text);
        world.run();
        let kills = world
            .calls()
            .iter()
            .filter(|call| call.starts_with("kill") || call.starts_with("delete"))
            .count();
        assert_eq!(kills, if release == Release::Guide { 2 } else { 0 }, "{release}: {:?}", world.calls());
        world.assert_spool_is_empty();
    }
}

/// Rule L-CLEAN-2.
fn disabled() {
    let world =
        World::new(Release::Guide, myself(), &format!("DisableCleanup=true\nCreateEnvFile=null\n{RUN}"));
    world.run();
    for name in ["config.json", "environment"] {
        assert!(world.path("spool/oci-job7-0/task-0").join(name).exists());
    }
}

/// Rule L-CLEAN-3.
fn other_files() {
    let world = World::new(Release::Guide, myself(), RUN);
    world.script("program", "#!/bin/sh\ntouch mine; rm config.json\n");
    world.run();
    assert!(world.path("spool/oci-job7-0/task-0/mine").exists());
    assert!(!world.path("spool/oci-job7-0/task-0/config.json").exists());
}
