//! What becomes of the command's words on their way to the runtime.

use super::super::scenario::Act::Run;
use super::super::scenario::{Conf, RUN, Scenario, Usual};
use crate::rules::{G_RT_1, L_TASK_2, L_TASK_4};

/// Shows the words between brackets.
const SHOW: Conf = Conf::Usual(Usual { words: "-- %@", ..RUN });

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "words.quotes",
        what: "Quotes of both kinds in arguments.",
        rules: &[G_RT_1, L_TASK_4],
        conf: SHOW,
        acts: &[Run(r#"srun --container {bundle} /bin/printf '[%s]' "it's" 'say "hi"'"#)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "words.spaces",
        what: "Spaces, and an empty argument.",
        rules: &[G_RT_1, L_TASK_4],
        conf: SHOW,
        acts: &[Run("srun --container {bundle} /bin/printf '[%s]' 'a  b' '' ' c '")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "words.newline",
        what: "A newline in an argument.",
        rules: &[G_RT_1, L_TASK_4],
        conf: SHOW,
        acts: &[Run("srun --container {bundle} /bin/printf '[%s]' 'a\nb'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "words.dollar-and-percent",
        what: "Dollar and percent signs, a backslash and a back quote.",
        rules: &[G_RT_1, L_TASK_4],
        conf: SHOW,
        acts: &[Run("srun --container {bundle} /bin/printf '[%s]' '$HOME' '%j %%' 'a\\b' '`id`'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "words.not-ascii",
        what: "Arguments beyond ASCII.",
        rules: &[L_TASK_4],
        conf: SHOW,
        acts: &[Run("srun --container {bundle} /bin/printf '[%s]' 'ä€😀'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "words.looked-up-on-the-host",
        what: "A command of the host's PATH, from 23.02 on looked up there.",
        rules: &[L_TASK_2],
        acts: &[Run("srun --container {bundle} sh -c 'echo $0'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "words.only-in-the-container",
        what: "A command that exists in the container alone.",
        rules: &[L_TASK_2],
        acts: &[Run("srun --container {bundle} ash -c 'echo inside'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "words.relative-command",
        what: "A command named by a relative path.",
        rules: &[L_TASK_2],
        acts: &[Run("srun --container {bundle} bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "words.option-like",
        what: "Arguments that look like options, behind a double dash.",
        rules: &[L_TASK_4],
        acts: &[Run("srun --container {bundle} -- /bin/echo -n --container x")],
        ..Scenario::USUAL
    },
];
