//! scancel at each stage, time limits, and signals.

use plimsoll_launcher::Operation::{Create, Kill, Query, Run as RunOp};

use super::super::scenario::Act::{
    Idle, Join, Run, Signal, Start, UntilCall, UntilEnded, UntilError, UntilFile, UntilQueue,
};
use super::super::scenario::{CREATE_START, Conf, RUN, Scenario, Usual};
use crate::rules::{L_CLEAN_1, L_CS_1, L_CS_2, L_CS_4, L_KILL_1, L_KILL_2, L_RUN_1, L_SET_1};

/// A contained program that says that it runs, and ends at SIGTERM with 9.
const HEEDS: &str = "srun --container {bundle} /bin/sh -c 'trap \"exit 9\" TERM; cd /.plimsoll/proof; mkfifo f; exec 3<>f; touch up; echo up >&2; read x <&3'";
/// The same in a batch job.
const BATCH: &str = "sbatch -o {shared}/out --container {bundle} --wrap 'touch /.plimsoll/proof/up; echo up >&2; exec sleep 600'";
/// One that ignores SIGTERM, as a namespace's first process does by default.
const IGNORES: &str =
    "srun --container {bundle} /bin/sh -c 'touch /.plimsoll/proof/up; echo up >&2; exec sleep 600'";
/// Where the container leaves its sign, as the host sees it.
const UP: &str = "bundle/proof/up";

/// A runtime whose program ends by what it is sent, and which knows nothing afterwards.
const OBEYS: Conf = Conf::Usual(Usual { instead: &[(RunOp, "{shared}/obey"), (Query, "false")], ..RUN });
/// That program.
const OBEY: &[(&str, &str)] =
    &[("obey", "#!/bin/sh\necho up >&2\ntouch {bundle}/proof/up\nexec sleep 600\n")];
/// RunTimeQuery knows nothing.
const NO_ANSWER: Conf = Conf::Usual(Usual { instead: &[(Query, "false")], ..RUN });

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "stop.pending",
        what: "scancel of a job that waits: no runtime is ever called.",
        rules: &[L_SET_1],
        acts: &[
            Run("sbatch -H -o {shared}/out --container {bundle} --wrap true"),
            UntilQueue("PENDING JobHeldUser"),
            Run("scancel {job}"),
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.running",
        what: "scancel of a runtime that ends by SIGTERM.",
        rules: &[L_RUN_1, L_CLEAN_1],
        conf: OBEYS,
        files: OBEY,
        acts: &[Start("srun --container {bundle} /bin/true"), UntilFile(UP), Run("scancel {job}"), Join],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.ignored",
        what: "scancel of a container whose first process ignores SIGTERM.",
        rules: &[L_RUN_1],
        acts: &[Start(IGNORES), UntilFile(UP), Run("scancel {job}"), Join],
        limit: std::time::Duration::from_secs(60),
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.step",
        what: "scancel of the step alone.",
        rules: &[L_RUN_1],
        // What is left of a killed container is gone sooner or later.
        conf: NO_ANSWER,
        acts: &[Start(HEEDS), UntilFile(UP), Run("scancel {job}.0"), Join],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.usr1",
        what: "scancel -s USR1 reaches the runtime's process group.",
        rules: &[L_RUN_1],
        conf: OBEYS,
        files: OBEY,
        acts: &[
            Start("srun --container {bundle} /bin/true"),
            UntilFile(UP),
            Run("scancel -s USR1 {job}"),
            Join,
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.kill",
        what: "scancel -s KILL of the step.",
        rules: &[L_RUN_1, L_KILL_1],
        conf: OBEYS,
        files: OBEY,
        acts: &[
            Start("srun --container {bundle} /bin/true"),
            UntilFile(UP),
            Run("scancel -s KILL {job}"),
            Join,
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.create",
        what: "scancel while RunTimeCreate does not end.",
        rules: &[L_CS_1],
        conf: Conf::Usual(Usual { instead: &[(Create, "{shared}/never")], ..CREATE_START }),
        files: &[("never", "#!/bin/sh\nexec sleep 600\n")],
        acts: &[
            Start("srun --container {bundle} /bin/true"),
            UntilCall(Create, 1),
            Run("scancel {job}"),
            Join,
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.query",
        what: "scancel while RunTimeQuery does not end.",
        rules: &[L_CS_2],
        conf: Conf::Usual(Usual { instead: &[(Create, "true"), (Query, "{shared}/never")], ..CREATE_START }),
        files: &[(
            "never",
            "#!/bin/sh\n[ -e {shared}/asked ] && exit 1\ntouch {shared}/asked\nexec sleep 600\n",
        )],
        acts: &[
            Start("srun --container {bundle} /bin/true"),
            UntilCall(Query, 1),
            Run("scancel {job}"),
            Join,
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.create-start-running",
        what: "scancel of a container in create/start mode.",
        rules: &[L_CS_4, L_KILL_1],
        conf: Conf::Usual(Usual {
            instead: &[(Query, "{shared}/stubborn query --bundle %b %n.%u.%j.%s.%t")],
            ..CREATE_START
        }),
        // An answer that is cut short by the cancellation would be no answer.
        files: &[("stubborn", "#!/bin/sh\ntrap '' TERM\nexec {shared}/runtime \"$@\"\n")],
        acts: &[Start(HEEDS), UntilFile(UP), UntilEnded(Query, 10), Run("scancel {job}"), Join, Idle],
        limit: std::time::Duration::from_secs(60),
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.batch",
        what: "scancel of a batch job inside whose program ignores SIGTERM.",
        rules: &[L_RUN_1],
        // What is left of a killed container is gone sooner or later.
        conf: NO_ANSWER,
        acts: &[Run(BATCH), UntilFile(UP), Run("scancel {job}"), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.clean-up",
        what: "scancel while the clean-up's RunTimeQuery does not end.",
        rules: &[L_CLEAN_1],
        conf: Conf::Usual(Usual { instead: &[(Query, "{shared}/slow")], ..RUN }),
        files: &[("slow", "#!/bin/sh\nsleep 6\nexit 1\n")],
        acts: &[
            Start("srun --container {bundle} /bin/true"),
            UntilCall(Query, 1),
            Join,
            Run("scancel {job}"),
            Idle,
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.killed-and-running",
        what: "A runtime that says `running` for ever at clean-up is killed ten times and deleted once.",
        rules: &[L_KILL_1, L_KILL_2],
        conf: Conf::Usual(Usual { instead: &[(Query, "{shared}/running"), (Kill, "true")], ..RUN }),
        files: &[("running", "#!/bin/sh\necho '{\"status\": \"running\"}'\n")],
        acts: &[Run("srun --container {bundle} /bin/true"), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.ctrl-c",
        what: "SIGINT to srun is first told, then handed on.",
        rules: &[L_RUN_1],
        // What is left of a killed container is gone sooner or later.
        conf: NO_ANSWER,
        acts: &[
            Start(
                "exec srun --container {bundle} /bin/sh -c 'touch /.plimsoll/proof/up; echo up >&2; exec sleep 600'",
            ),
            UntilError("up"),
            Signal("INT"),
            UntilError("one more within"),
            Signal("INT"),
            Join,
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.sigterm-to-srun",
        what: "SIGTERM to srun ends its step.",
        rules: &[L_RUN_1],
        // What is left of a killed container is gone sooner or later.
        conf: NO_ANSWER,
        acts: &[
            Start(
                "exec srun --container {bundle} /bin/sh -c 'trap \"exit 9\" TERM; cd /.plimsoll/proof; mkfifo f; exec 3<>f; touch up; echo up >&2; read x <&3'",
            ),
            UntilError("up"),
            Signal("TERM"),
            Join,
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "stop.run-never-starts",
        what: "scancel while RunTimeRun does not start anything.",
        rules: &[L_RUN_1],
        conf: Conf::Usual(Usual { instead: &[(RunOp, "sleep 600")], ..RUN }),
        acts: &[
            Start("srun --container {bundle} /bin/true"),
            UntilCall(RunOp, 1),
            Run("scancel {job}"),
            Join,
        ],
        ..Scenario::USUAL
    },
];
