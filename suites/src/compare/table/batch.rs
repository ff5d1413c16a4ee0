//! Batch steps: the script, its arguments, and the files that are bound into the container.

use super::super::scenario::Act::{Idle, Run};
use super::super::scenario::{CREATE_START, Conf, Scenario};
use crate::rules::{G_REQ_1, L_CS_3, L_SET_4, L_TASK_4};

const SCRIPT: &[(&str, &str)] =
    &[("script", "#!/bin/sh\necho \"$# $*\"\necho wrong >&2\n"), ("in", "words\n")];

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "batch.arguments",
        what: "A script with arguments.",
        rules: &[L_TASK_4],
        files: SCRIPT,
        acts: &[Run("sbatch -W -o {shared}/out --container {bundle} {shared}/script one 'two words'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "batch.files-apart",
        what: "Input, output and error in files of their own.",
        rules: &[L_TASK_4],
        files: SCRIPT,
        acts: &[Run(
            "sbatch -W -i {shared}/in -o {shared}/out -e {shared}/out.err --container {bundle} {shared}/script",
        )],
        ..Scenario::USUAL
    },
    Scenario {
        id: "batch.output-null",
        what: "Output to /dev/null is bound nowhere.",
        rules: &[L_TASK_4],
        files: SCRIPT,
        acts: &[Run("sbatch -W -o /dev/null --container {bundle} {shared}/script")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "batch.error-null",
        what: "Errors to /dev/null, output to a file.",
        rules: &[L_TASK_4],
        files: SCRIPT,
        acts: &[Run("sbatch -W -o {shared}/out -e /dev/null --container {bundle} {shared}/script")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "batch.default-output",
        what: "The output file that nobody named.",
        rules: &[L_TASK_4],
        files: SCRIPT,
        acts: &[Run("cd {shared} && sbatch -W --container {bundle} {shared}/script && cat slurm-{job}.out")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "batch.create-start",
        what: "A batch step in create/start mode.",
        rules: &[L_CS_3, L_TASK_4],
        conf: Conf::Usual(CREATE_START),
        files: SCRIPT,
        acts: &[Run("sbatch -W -o {shared}/out --container {bundle} {shared}/script"), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "batch.environment",
        what: "What a batch script inside finds in its environment.",
        rules: &[L_SET_4],
        acts: &[Run("sbatch -W -o {shared}/out --container {bundle} --wrap 'env | sort'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "batch.array",
        what: "Two tasks of a job array inside.",
        rules: &[G_REQ_1],
        acts: &[
            Run(
                "sbatch -W -a 1-2%1 -o {shared}/out.%a --container {bundle} --wrap 'echo $SLURM_ARRAY_TASK_ID'",
            ),
            Idle,
        ],
        ..Scenario::USUAL
    },
];
