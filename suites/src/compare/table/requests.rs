//! Each form in which a container is asked for, and how many tasks and nodes.

use plimsoll_launcher::Release;

use super::super::scenario::Act::{Join, Run, Start, UntilQueue};
use super::super::scenario::{CREATE_START, Conf, LIMIT_OF_A_HANG, Scenario};
use crate::case::Releases;
use crate::rules::{
    G_OVER_1, G_REQ_1, G_REQ_2, G_REQ_3, G_REQ_4, G_REQ_5, G_REQ_6, G_REQ_7, L_CS_3, L_CS_4, L_DIR_1,
    L_DIR_2, L_DIR_3, L_REQ_2, L_REQ_3, L_REQ_4, L_REQ_5, L_SET_8, L_TASK_1, L_TASK_4, L_TASK_8,
};

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "request.srun",
        what: "srun --container makes a job whose step 0 is inside.",
        rules: &[G_REQ_5],
        acts: &[Run(
            "srun --container {bundle} /bin/sh -c 'echo inside; cat /.plimsoll/nonce >/dev/null && echo proven'",
        )],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.srun-create-start",
        what: "The same in create/start mode, the runtime's streams apart.",
        rules: &[G_REQ_5, L_CS_3, L_CS_4],
        conf: Conf::Usual(CREATE_START),
        acts: &[Run("srun --container {bundle} /bin/sh -c 'echo inside'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.srun-long-option",
        what: "--container=BUNDLE is the same as --container BUNDLE.",
        rules: &[G_REQ_5],
        acts: &[Run("srun --container={bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.srun-variable",
        what: "SRUN_CONTAINER does what the option does.",
        rules: &[L_REQ_2],
        acts: &[Run("SRUN_CONTAINER={bundle} srun /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.slurm-variable",
        what: "SLURM_CONTAINER in the surroundings of srun asks for nothing or for a container, as the release has it.",
        rules: &[L_REQ_2],
        acts: &[Run("SLURM_CONTAINER={bundle} srun /bin/sh -c 'echo $SLURM_CONTAINER'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.sbatch-wrap",
        what: "sbatch --container runs the batch step inside.",
        rules: &[G_REQ_1],
        acts: &[Run("sbatch -W -o {shared}/out --container {bundle} --wrap 'echo inside'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.sbatch-step",
        what: "A batch job on the host starts its step 0 inside.",
        rules: &[G_REQ_2, G_REQ_7],
        acts: &[Run("sbatch -W -o {shared}/out --wrap 'srun --container {bundle} /bin/echo inside'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.sbatch-option-in-quotes",
        what: "The guide's printed form, with the option inside the quoted command, is no request.",
        rules: &[G_REQ_2],
        acts: &[Run(
            "sbatch -W -o {shared}/out -e /dev/null --wrap 'srun bash -c \"--container {bundle} cat /etc/hostname\"'",
        )],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.sbatch-directive",
        what: "#SBATCH --container in the script asks like the option.",
        rules: &[G_REQ_1],
        files: &[("script", "#!/bin/sh\n#SBATCH --container={bundle}\necho inside\n")],
        acts: &[Run("sbatch -W -o {shared}/out {shared}/script")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.sbatch-variable",
        what: "SBATCH_CONTAINER does what the option does.",
        rules: &[L_REQ_2],
        acts: &[Run("SBATCH_CONTAINER={bundle} sbatch -W -o {shared}/out --wrap 'echo inside'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.sbatch-not-inherited",
        what: "A job's container is not its steps'.",
        rules: &[G_REQ_7],
        acts: &[Run(
            "sbatch -W -o {shared}/out --container {bundle} --wrap 'echo $SLURM_CONTAINER; command -v srun || echo no srun here'",
        )],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.salloc-command",
        what: "salloc --container with a command of its own runs it on the host.",
        rules: &[G_REQ_3, L_REQ_3],
        acts: &[Run(
            "salloc --container {bundle} /bin/sh -c 'echo $SLURM_CONTAINER; test -e /.plimsoll && echo inside || echo outside'",
        )],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.salloc-refused",
        what: "salloc --container is refused where LaunchParameters lacks use_interactive_step.",
        rules: &[L_REQ_3],
        settings: &[("LaunchParameters", "test_exec")],
        acts: &[Run("salloc --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.salloc-srun",
        what: "salloc srun --container runs step 0 inside.",
        rules: &[G_REQ_4],
        acts: &[Run("salloc srun --container {bundle} /bin/echo inside")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.salloc-container-srun",
        what: "A step of salloc --container is not inside unless it asks itself.",
        rules: &[G_REQ_7],
        acts: &[Run(
            "salloc --container {bundle} srun /bin/sh -c 'echo $SLURM_CONTAINER; test -e /.plimsoll && echo inside || echo outside'",
        )],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.srun-in-srun",
        what: "srun srun --container waits for the outer step's CPUs.",
        rules: &[G_REQ_6],
        limit: LIMIT_OF_A_HANG,
        acts: &[Run("srun -c1 srun -c1 --container {bundle} /bin/echo inside")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.srun-in-srun-overlap",
        what: "With --overlap the inner step of srun srun is inside.",
        rules: &[G_REQ_6],
        acts: &[Run("srun srun --overlap --container {bundle} /bin/echo inside")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.container-id",
        what: "--container-id is known from 23.02 on and shown to the step.",
        rules: &[L_REQ_2],
        acts: &[Run("srun --container {bundle} --container-id mine /bin/sh -c 'echo $SLURM_CONTAINER_ID'")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.container-type",
        what: "--container-type is refused before 26.05.",
        rules: &[L_REQ_5],
        releases: Releases::until(Release::V25_11).without(Releases::GUIDE),
        acts: &[Run("srun --container-type oci --container {bundle} /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.shown",
        what: "scontrol and squeue show the request of a job that waits.",
        rules: &[L_REQ_4],
        acts: &[
            Start("sbatch -H -o {shared}/out --container {bundle} --wrap true"),
            Join,
            UntilQueue("PENDING JobHeldUser"),
            Run("scontrol show job {job} | grep -i container"),
            Run("squeue -h -O Container:200 | sed 's/ *$//'"),
            Run("scancel {job}"),
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.two-tasks",
        what: "Two tasks on one node.",
        rules: &[L_SET_8, L_TASK_1],
        acts: &[Run("srun -n2 -l --container {bundle} /bin/echo inside | sort")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.two-nodes",
        what: "One task on each of two nodes.",
        rules: &[G_OVER_1, L_TASK_1],
        nodes: 2,
        acts: &[Run("srun -N2 -l --container {bundle} /bin/sh -c 'echo $SLURM_NODEID' | sort")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.four-tasks-two-nodes",
        what: "Two tasks on each of two nodes.",
        rules: &[L_SET_8, L_DIR_2],
        nodes: 2,
        acts: &[Run("srun -N2 -n4 --ntasks-per-node=2 -l --container {bundle} /bin/echo inside 2>&1 | sort")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.two-steps",
        what: "Two steps of a job, one behind the other, have folders and ids of their own.",
        rules: &[L_DIR_1, L_DIR_2, L_DIR_3],
        acts: &[Run(
            "sbatch -W -o {shared}/out --wrap 'srun --container {bundle} /bin/echo one; srun --container {bundle} /bin/echo two'",
        )],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.pty",
        what: "srun --pty asks for a terminal inside, from 23.11 on.",
        rules: &[L_TASK_4],
        acts: &[Run(
            "script -qec \"exec env -u _ -u SHLVL srun --pty --container {bundle} /bin/sh -c 'tty >/dev/null && echo terminal || echo none'\" /dev/null </dev/null | tr -d '\\r' | sed 's/\\^@//g' | grep .",
        )],
        ..Scenario::USUAL
    },
    Scenario {
        id: "request.chdir",
        what: "--chdir does not move the runtime.",
        rules: &[L_TASK_8],
        acts: &[Run("srun --chdir=/tmp --container {bundle} /bin/sh -c 'echo $PWD'")],
        ..Scenario::USUAL
    },
];
