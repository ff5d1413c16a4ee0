//! How a contained program ends, and what srun says of it.

use super::super::scenario::Act::Run;
use super::super::scenario::{CREATE_START, Conf, Scenario};
use crate::rules::{L_CS_1, L_CS_3, L_RUN_1, L_RUN_2, L_TASK_2};

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "end.zero",
        what: "A program that ends with 0.",
        rules: &[L_RUN_1, L_RUN_2],
        acts: &[Run("srun --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.seven",
        what: "A program that ends with 7.",
        rules: &[L_RUN_1],
        acts: &[Run("srun --container {bundle} /bin/sh -c 'exit 7'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.highest",
        what: "A program that ends with 255.",
        rules: &[L_RUN_1],
        acts: &[Run("srun --container {bundle} /bin/sh -c 'exit 255'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.seven-of-create-start",
        what: "A program that ends with 7 in create/start mode.",
        rules: &[L_CS_3],
        conf: Conf::Usual(CREATE_START),
        acts: &[Run("srun --container {bundle} /bin/sh -c 'exit 7'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.signal",
        what: "A program that kills a program of its own by SIGKILL, and takes its code.",
        rules: &[L_RUN_1],
        acts: &[Run("srun --container {bundle} /bin/sh -c 'sh -c \"kill -9 \\$\\$\"; exit $?'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.runtime-by-signal",
        what: "A runtime that dies by a signal.",
        rules: &[L_RUN_1],
        conf: Conf::Usual(super::super::scenario::Usual {
            instead: &[(plimsoll_launcher::Operation::Run, "{shared}/die")],
            ..super::super::scenario::RUN
        }),
        files: &[("die", "#!/bin/sh\nkill -9 $$\n")],
        acts: &[Run("srun --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.not-found",
        what: "A command that exists nowhere.",
        rules: &[L_TASK_2],
        acts: &[Run("srun --container {bundle} no-such-command")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.batch-seven",
        what: "A batch script that ends with 7 inside.",
        rules: &[L_RUN_1],
        acts: &[Run("sbatch -W -o {shared}/out --container {bundle} --wrap 'exit 7'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.one-of-two-nodes",
        what: "On two nodes one program fails; srun's code is the higher one.",
        rules: &[L_RUN_1],
        nodes: 2,
        acts: &[Run("srun -N2 --container {bundle} /bin/sh -c 'test $(hostname) = x; exit 3' 2>&1 | sort")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.streams",
        what: "Standard input, output and error go through the runtime.",
        rules: &[L_RUN_1],
        acts: &[Run("echo words | srun --container {bundle} /bin/sh -c 'cat; echo wrong >&2'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "end.streams-of-create-start",
        what: "The streams in create/start mode.",
        rules: &[L_CS_1],
        conf: Conf::Usual(CREATE_START),
        acts: &[Run("echo words | srun --container {bundle} /bin/sh -c 'cat; echo wrong >&2'")],
        ..Scenario::USUAL
    },
];
