//! No oci.conf, broken ones, and what the lexer makes of odd ones.

use super::super::scenario::Act::{Idle, Run, UntilQueue};
use super::super::scenario::{BundleForm, Conf, Scenario};
use crate::rules::{
    C_FILE_1, C_LEX_1, C_LEX_2, C_LEX_3, C_LEX_4, C_LEX_5, C_LEX_6, C_LEX_7, C_LEX_8, C_SET_1, C_SET_3,
    C_SET_4, L_SET_1, L_SET_2, Rule,
};

const TRUE: &str = "srun --container {bundle} /bin/sh -c 'test -e /.plimsoll && echo inside || echo outside'";
/// The operations of run mode behind a line.
macro_rules! behind {
    ($lines:literal) => {
        Conf::Text(concat!(
            $lines,
            "\nRunTimeQuery=\"{query}\"\nRunTimeKill=\"{kill}\"\nRunTimeDelete=\"{delete}\"\nRunTimeRun=\"{run}\"\n"
        ))
    };
}

/// A scenario about a text.
const fn text(id: &'static str, what: &'static str, conf: Conf, rules: &'static [&'static Rule]) -> Scenario {
    Scenario { id, what, rules, conf, acts: &[Run(TRUE), Idle], ..Scenario::USUAL }
}

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    text("file.none", "No oci.conf: the step runs on the host.", Conf::Absent, &[L_SET_1, C_FILE_1]),
    Scenario {
        id: "file.none-and-no-bundle",
        what: "No oci.conf and no bundle either.",
        rules: &[L_SET_1, C_FILE_1],
        conf: Conf::Absent,
        bundle: BundleForm::Absent,
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "file.none-batch",
        what: "No oci.conf, and a batch job.",
        rules: &[L_SET_1],
        conf: Conf::Absent,
        acts: &[
            Run(
                "sbatch -W -o {shared}/out --container {bundle} --wrap 'echo $0 | sed s,.*/,,; echo $SLURM_CONTAINER'",
            ),
            Idle,
        ],
        ..Scenario::USUAL
    },
    text("file.empty", "An empty file.", Conf::Text(""), &[C_SET_1]),
    text("file.unknown-key", "A key that nobody knows.", behind!("RunTimeSpeed=fast"), &[C_LEX_5, L_SET_2]),
    Scenario {
        id: "file.unknown-key-batch",
        what: "The same, and a batch job.",
        rules: &[C_LEX_5, L_SET_2],
        conf: behind!("RunTimeSpeed=fast"),
        acts: &[
            Run("sbatch -o {shared}/out --container {bundle} --wrap true"),
            UntilQueue("PENDING launch_failed_requeued_held"),
            Run("scancel {job}"),
            Idle,
        ],
        ..Scenario::USUAL
    },
    text("file.no-pair", "A line that is no pair.", behind!("just words"), &[C_LEX_5]),
    text(
        "file.one-line",
        "Every pair on one line, as the guide prints its files.",
        Conf::Text(
            "RunTimeQuery=\"{query}\" RunTimeKill=\"{kill}\" RunTimeDelete=\"{delete}\" RunTimeRun=\"{run}\"\n",
        ),
        &[C_LEX_4],
    ),
    text(
        "file.comment",
        "Comments, empty lines and indented ones.",
        behind!("# a comment\n\n   # another\n\t"),
        &[C_LEX_2],
    ),
    text("file.lower-case", "A key in lower case.", behind!("createenvfile=false"), &[C_LEX_4]),
    text("file.twice", "A key that is given twice.", behind!("RunTimeRun=false"), &[C_LEX_6]),
    text(
        "file.continued",
        "A line that goes on behind a backslash.",
        behind!("CreateEnvFile=\\\nfalse"),
        &[C_LEX_1],
    ),
    text(
        "file.escaped",
        "A backslash before an ordinary character.",
        behind!("Create\\EnvFile=false"),
        &[C_LEX_3],
    ),
    text("file.bad-boolean", "A boolean that is none.", behind!("CreateEnvFile=perhaps"), &[C_LEX_7]),
    text("file.spaces", "White space around the equals sign.", behind!("CreateEnvFile = false"), &[C_LEX_4]),
    text("file.open-quote", "A quote that is not closed.", behind!("EnvExclude=\"^NONE"), &[C_LEX_4]),
    text(
        "file.empty-run",
        "An empty RunTimeRun.",
        Conf::Text(
            "RunTimeQuery=\"{query}\"\nRunTimeKill=\"{kill}\"\nRunTimeDelete=\"{delete}\"\nRunTimeRun=\"\"\n",
        ),
        &[C_SET_3],
    ),
    text(
        "file.run-and-create",
        "Run and create together.",
        behind!("RunTimeCreate=true\nRunTimeStart=true"),
        &[C_SET_4],
    ),
    text(
        "file.old-names",
        "The names that the guide prints for Singularity 3.8.",
        Conf::Text("OCIRunTimeQuery=\"true\"\nOCIRunTimeCreate=\"true\"\n"),
        &[C_LEX_5],
    ),
    Scenario {
        files: &[("more.conf", "CreateEnvFile=true\n")],
        ..text(
            "file.include",
            "Include reads another file.",
            behind!("Include {shared}/more.conf"),
            &[C_LEX_8],
        )
    },
];
