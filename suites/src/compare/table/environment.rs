//! The environments: of the contained program, of the runtime, and as a file.

use plimsoll_launcher::Release;

use super::super::scenario::Act::Run;
use super::super::scenario::{BundleForm, Conf, RUN, Scenario, Usual};
use crate::case::Releases;
use crate::rules::{L_SET_4, L_TASK_3, L_TASK_6, L_TASK_7};

const FROM_23_02: Releases = Releases::from(Release::V23_02).without(Releases::GUIDE);

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "environment.inside",
        what: "What a contained program finds in its environment.",
        rules: &[L_SET_4],
        acts: &[Run("PLIMSOLL_OWN=mine srun --container {bundle} /bin/sh -c 'env | sort'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.precedence",
        what: "The same name in the bundle and in the job.",
        rules: &[L_SET_4],
        bundle: BundleForm::Edited(&[(
            "/process/env",
            "[\"PATH=/bundle:/bin\", \"BOTH=bundle\", \"ONE=bundle\", \"NOTHING\", \"EMPTY=\"]",
        )]),
        acts: &[Run("BOTH=job srun --container {bundle} /bin/sh -c 'echo $BOTH $ONE $PATH'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.export-none",
        what: "--export=NONE leaves the user's own variables out.",
        rules: &[L_SET_4],
        acts: &[Run("PLIMSOLL_OWN=mine srun --export=NONE --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.export-some",
        what: "--export with a name and a value.",
        rules: &[L_SET_4],
        acts: &[Run(
            "PLIMSOLL_A=1 PLIMSOLL_B=2 srun --export=PLIMSOLL_A,PLIMSOLL_C=3 --container {bundle} /bin/true",
        )],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.odd-values",
        what: "Values with newlines, quotes and equals signs.",
        rules: &[L_SET_4, L_TASK_6],
        acts: &[Run("PLIMSOLL_A='a\nb' PLIMSOLL_B='x=\"y\"' srun --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.file",
        what: "CreateEnvFile=true, which 22.05 takes for a boolean.",
        rules: &[L_TASK_6],
        conf: Conf::Usual(Usual { lines: "CreateEnvFile=true\n", words: "%e", ..RUN }),
        acts: &[Run("PLIMSOLL_A='a\nb' srun --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.file-null",
        what: "CreateEnvFile=null.",
        rules: &[L_TASK_6],
        conf: Conf::Usual(Usual { lines: "CreateEnvFile=null\n", words: "%e", ..RUN }),
        acts: &[Run("PLIMSOLL_A='a\nb' srun --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.file-newline",
        what: "CreateEnvFile=newline leaves out what holds a newline.",
        rules: &[L_TASK_6],
        conf: Conf::Usual(Usual { lines: "CreateEnvFile=newline\n", words: "%e", ..RUN }),
        acts: &[Run("PLIMSOLL_A='a\nb' srun --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.exclude",
        what: "EnvExclude keeps variables from the container.",
        rules: &[L_TASK_3],
        releases: FROM_23_02,
        conf: Conf::Usual(Usual { lines: "EnvExclude=\"^(SLURM_CONF|PLIMSOLL_.*)=|=secret$\"\n", ..RUN }),
        acts: &[Run("PLIMSOLL_A=1 OTHER=secret KEPT=PLIMSOLL_A= srun --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.runtime-exclude",
        what: "RunTimeEnvExclude keeps variables from the runtime.",
        rules: &[L_TASK_7],
        releases: FROM_23_02,
        conf: Conf::Usual(Usual { lines: "RunTimeEnvExclude=\"^(SLURM_CONF|SLURMD_.*)=\"\n", ..RUN }),
        acts: &[Run("srun --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "environment.excluded-file",
        what: "What EnvExclude removes is not in the file either.",
        rules: &[L_TASK_3, L_TASK_6],
        releases: FROM_23_02,
        conf: Conf::Usual(Usual { lines: "EnvExclude=\"^SLURM_\"\nCreateEnvFile=newline\n", ..RUN }),
        acts: &[Run("srun --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
];
