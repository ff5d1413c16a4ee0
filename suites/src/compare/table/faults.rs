//! Runtimes that fail, hang or lie at each operation.

use plimsoll_launcher::Operation;
use plimsoll_launcher::Operation::{Create, Delete, Kill, Query, Run as RunOp, Start as StartOp};

use super::super::scenario::Act::{Idle, Run};
use super::super::scenario::{CREATE_START, Conf, LIMIT_OF_A_HANG, RUN, Scenario, Usual};
use crate::rules::{L_CS_1, L_CS_2, L_CS_3, L_CS_4, L_CS_6, L_KILL_1, L_KILL_2, L_KILL_4, L_RUN_1, Rule};

const TRUE: &str = "srun --container {bundle} /bin/true";

/// Answers, each a script.
const ANSWERS: &[(&str, &str)] = &[
    ("says-created", "#!/bin/sh\necho '{\"status\": \"created\"}'\n"),
    ("says-running", "#!/bin/sh\necho '{\"status\": \"running\"}'\n"),
    ("says-stopped", "#!/bin/sh\necho '{\"status\": \"stopped\"}'\n"),
    ("says-paused", "#!/bin/sh\necho '{\"status\": \"paused\"}'\n"),
    ("says-number", "#!/bin/sh\necho '{\"status\": 7}'\n"),
    ("says-rubbish", "#!/bin/sh\necho 'no such thing'\n"),
    ("says-and-fails", "#!/bin/sh\necho '{\"status\": \"created\"}'\nexit 1\n"),
    ("says-upper-case", "#!/bin/sh\necho '{\"status\": \"STOPPED\"}'\n"),
    ("warns", "#!/bin/sh\necho 'level=warning msg=odd' >&2\nsleep 0.2\necho '{\"status\": \"stopped\"}'\n"),
    (
        "created-then-stopped",
        "#!/bin/sh\nif [ -e {shared}/started ]; then echo '{\"status\": \"stopped\"}'; else echo '{\"status\": \"created\"}'; fi\n",
    ),
    (
        "creating-first",
        "#!/bin/sh\nn=$(cat {shared}/n 2>/dev/null || echo 0); echo $((n + 1)) > {shared}/n\ncase $n in\n0) echo '{\"status\": \"creating\"}';;\n1) echo '{\"status\": \"created\"}';;\n2) echo '{\"status\": \"running\"}';;\n*) echo '{\"status\": \"stopped\"}';;\nesac\n",
    ),
    ("start", "#!/bin/sh\ntouch {shared}/started\n"),
    ("start-3", "#!/bin/sh\ntouch {shared}/started\nexit 3\n"),
    ("fails", "#!/bin/sh\necho wrong >&2\nexit 9\n"),
    ("talks", "#!/bin/sh\necho talk\necho wrong >&2\n"),
    ("never", "#!/bin/sh\nexec sleep 600\n"),
];

/// A scenario of run mode with other commands.
const fn run(
    id: &'static str,
    what: &'static str,
    instead: &'static [(Operation, &'static str)],
    rules: &'static [&'static Rule],
) -> Scenario {
    Scenario {
        id,
        what,
        rules,
        conf: Conf::Usual(Usual { instead, ..RUN }),
        files: ANSWERS,
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    }
}

/// The same in create/start mode.
const fn create(
    id: &'static str,
    what: &'static str,
    instead: &'static [(Operation, &'static str)],
    rules: &'static [&'static Rule],
) -> Scenario {
    Scenario { conf: Conf::Usual(Usual { instead, ..CREATE_START }), ..run(id, what, &[], rules) }
}

/// One that hangs.
const fn hangs(scenario: Scenario) -> Scenario {
    Scenario { limit: LIMIT_OF_A_HANG, acts: &[Run(TRUE)], ..scenario }
}

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    run("fault.run-fails", "RunTimeRun fails.", &[(RunOp, "{shared}/fails")], &[L_RUN_1]),
    run("fault.run-missing", "RunTimeRun names no program.", &[(RunOp, "/nonexistent/runtime")], &[L_RUN_1]),
    run("fault.run-talks", "RunTimeRun does nothing but talk.", &[(RunOp, "{shared}/talks")], &[L_RUN_1]),
    run(
        "fault.query-rubbish",
        "RunTimeQuery answers rubbish at clean-up.",
        &[(Query, "{shared}/says-rubbish")],
        &[L_CS_6, L_KILL_1],
    ),
    run(
        "fault.query-stopped",
        "RunTimeQuery says stopped at clean-up: deleted once.",
        &[(Query, "{shared}/says-stopped"), (Delete, "true")],
        &[L_KILL_2],
    ),
    run(
        "fault.query-created",
        "RunTimeQuery says created at clean-up.",
        &[(Query, "{shared}/says-created"), (Delete, "true")],
        &[L_KILL_1, L_KILL_2],
    ),
    run(
        "fault.query-upper-case",
        "RunTimeQuery says STOPPED.",
        &[(Query, "{shared}/says-upper-case"), (Delete, "true")],
        &[L_KILL_2],
    ),
    run(
        "fault.query-warns",
        "RunTimeQuery warns on standard error.",
        &[(Query, "{shared}/warns"), (Delete, "true")],
        &[L_CS_6],
    ),
    run(
        "fault.query-fails-with-answer",
        "RunTimeQuery answers and fails.",
        &[(Query, "{shared}/says-and-fails"), (Delete, "true")],
        &[L_CS_6],
    ),
    run(
        "fault.query-number",
        "RunTimeQuery's status is a number.",
        &[(Query, "{shared}/says-number"), (Delete, "true")],
        &[L_CS_6],
    ),
    run(
        "fault.delete-fails",
        "RunTimeDelete fails at clean-up.",
        &[(Query, "{shared}/says-stopped"), (Delete, "{shared}/fails")],
        &[L_KILL_4],
    ),
    run(
        "fault.kill-fails",
        "RunTimeKill fails at clean-up.",
        &[(Query, "{shared}/says-running"), (Kill, "{shared}/fails"), (Delete, "true")],
        &[L_KILL_1, L_KILL_4],
    ),
    create(
        "fault.create-fails",
        "RunTimeCreate fails, and the container is never there.",
        &[(Create, "{shared}/fails")],
        &[L_CS_1, L_CS_2],
    ),
    hangs(create(
        "fault.create-hangs",
        "RunTimeCreate never ends.",
        &[(Create, "{shared}/never")],
        &[L_CS_1],
    )),
    hangs(create(
        "fault.create-as-printed",
        "RunTimeCreate as the guide prints it: the container holds its output.",
        &[(Create, "{create as printed}")],
        &[L_CS_1],
    )),
    create(
        "fault.create-lies",
        "RunTimeCreate makes nothing, RunTimeQuery says created and then stopped.",
        &[
            (Create, "true"),
            (StartOp, "{shared}/start"),
            (Query, "{shared}/created-then-stopped"),
            (Kill, "true"),
            (Delete, "true"),
        ],
        &[L_CS_3, L_CS_4],
    ),
    create(
        "fault.start-fails",
        "RunTimeStart fails with 3.",
        &[
            (Create, "true"),
            (StartOp, "{shared}/start-3"),
            (Query, "{shared}/created-then-stopped"),
            (Kill, "true"),
            (Delete, "true"),
        ],
        &[L_CS_3],
    ),
    create(
        "fault.creating-first",
        "RunTimeQuery says creating, created, running, stopped.",
        &[
            (Create, "true"),
            (StartOp, "true"),
            (Query, "{shared}/creating-first"),
            (Kill, "true"),
            (Delete, "true"),
        ],
        &[L_CS_2, L_CS_4],
    ),
    create(
        "fault.status-unexpected",
        "RunTimeQuery says paused before the start.",
        &[(Create, "true"), (Query, "{shared}/says-paused"), (Kill, "true"), (Delete, "true")],
        &[L_CS_2],
    ),
    create(
        "fault.start-talks",
        "RunTimeStart talks.",
        &[
            (Create, "true"),
            (StartOp, "{shared}/talks"),
            (Query, "{shared}/creating-first"),
            (Kill, "true"),
            (Delete, "true"),
        ],
        &[L_CS_3],
    ),
    create(
        "fault.delete-fails-in-the-task",
        "RunTimeDelete fails in the task.",
        &[
            (Create, "true"),
            (StartOp, "true"),
            (Query, "{shared}/creating-first"),
            (Kill, "true"),
            (Delete, "{shared}/fails"),
        ],
        &[L_KILL_4],
    ),
    hangs(create(
        "fault.start-hangs",
        "RunTimeStart never ends.",
        &[(Create, "true"), (StartOp, "{shared}/never"), (Query, "{shared}/says-created")],
        &[L_CS_3],
    )),
];
