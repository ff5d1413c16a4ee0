//! Each letter of a pattern, as every operation gets it.

use plimsoll_launcher::Release;

use super::super::scenario::Act::{Idle, Run};
use super::super::scenario::{CREATE_START, Conf, RUN, Scenario, Usual};
use crate::case::Releases;
use crate::rules::{G_RT_1, L_CLEAN_1, L_CS_5, L_DIR_1, L_DIR_2, L_DIR_3, L_TASK_1};

const FROM_23_02: Releases = Releases::from(Release::V23_02).without(Releases::GUIDE);
const TRUE: &str = "srun --container {bundle} /bin/true one 'two words'";

/// A scenario about letters.
const fn letters(id: &'static str, what: &'static str, words: &'static str) -> Scenario {
    Scenario {
        id,
        what,
        rules: &[G_RT_1, L_CLEAN_1],
        conf: Conf::Usual(Usual { words, ..RUN }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    }
}

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    letters("letter.percent", "%% is a percent sign.", "100%% %%j"),
    letters("letter.command", "%@ is the command.", "x%@x %@"),
    letters("letter.bundle", "%b is the bundle.", "%b %b/x"),
    letters("letter.environment-file", "%e is the environment file, made or not.", "%e"),
    letters("letter.ids", "%j, %s and %t are job, step and task.", "%j %s %t"),
    letters("letter.names", "%n and %u are node and user.", "%n %u"),
    letters("letter.rootfs", "%r is the root file system.", "%r"),
    letters("letter.spool", "%m is the step's spool directory, from 23.02 on.", "%m"),
    letters("letter.pid", "%p is the task's pid, from 23.02 on.", "%p"),
    letters("letter.uid", "%U is the numeric user id, from 23.02 on.", "%U"),
    letters("letter.work-dir", "%Z is the job's working directory, from 26.05 on.", "%Z"),
    letters("letter.unknown", "A letter that no release knows.", "%q"),
    letters("letter.none", "A percent sign at the end.", "100%"),
    Scenario {
        id: "letter.unknown-at-kill",
        what: "A letter that no release knows, in an operation that is not called.",
        rules: &[G_RT_1],
        conf: Conf::Usual(Usual { instead: &[(plimsoll_launcher::Operation::Kill, "true %q")], ..RUN }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "letter.all-in-create-start",
        what: "The letters of every release in create/start mode.",
        rules: &[G_RT_1, L_CS_5],
        conf: Conf::Usual(Usual { words: "%b %e %j %s %t %n %u %r -- %@", ..CREATE_START }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "letter.all-of-a-batch-step",
        what: "The letters of every release in a batch step.",
        rules: &[G_RT_1, L_DIR_1, L_DIR_2, L_DIR_3],
        conf: Conf::Usual(Usual { words: "%b %e %j %s %t %n %u %r -- %@", ..RUN }),
        acts: &[Run("sbatch -W -o {shared}/out --container {bundle} --wrap 'echo inside'"), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "letter.task-of-two",
        what: "%t, %p and %m with two tasks on a node.",
        rules: &[G_RT_1, L_TASK_1],
        releases: FROM_23_02,
        conf: Conf::Usual(Usual { words: "%t %p %m %b", ..RUN }),
        acts: &[Run("srun -n2 --container {bundle} /bin/true"), Idle],
        ..Scenario::USUAL
    },
];
