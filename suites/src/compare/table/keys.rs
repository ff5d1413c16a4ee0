//! Each key of oci.conf. What a release does not know it rejects, which is to be seen as well.

use plimsoll_launcher::{Mode, Operation, Release};

use super::super::scenario::Act::{Idle, NewConf, Run};
use super::super::scenario::{BundleForm, Conf, RUN, Scenario, Usual};
use crate::case::Releases;
use crate::rules::{
    C_FILE_2, C_LEX_5, C_LEX_6, C_SET_1, C_SET_2, C_SET_3, C_SET_5, C_SET_6, L_CLEAN_2, L_DIR_1, L_DIR_2,
    L_DIR_3, L_KILL_3, L_SET_6, L_SET_7, L_TASK_3, L_TASK_4, L_TASK_5, L_TASK_6, L_TASK_7, L_TASK_9, Rule,
};

const TRUE: &str = "srun --container {bundle} /bin/true";
const FROM_23_02: Releases = Releases::from(Release::V23_02).without(Releases::GUIDE);

/// A scenario about a line of the file.
const fn line(
    id: &'static str,
    what: &'static str,
    lines: &'static str,
    rules: &'static [&'static Rule],
) -> Scenario {
    Scenario {
        id,
        what,
        rules,
        conf: Conf::Usual(Usual { lines, ..RUN }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    }
}

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    line(
        "key.container-path",
        "ContainerPath with a letter for the task.",
        "ContainerPath=\"{shared}/spool/%u/%j.%s.%t/\"\n",
        &[L_DIR_1, L_DIR_2, L_DIR_3],
    ),
    line(
        "key.container-path-no-slash",
        "ContainerPath without a slash at its end.",
        "ContainerPath=\"{shared}/spool/%j.%s.%t\"\n",
        &[L_DIR_1, L_DIR_2, L_DIR_3],
    ),
    line(
        "key.container-path-no-task",
        "ContainerPath without a letter for the task.",
        "ContainerPath=\"{shared}/spool/%j.%s/\"\n",
        &[L_DIR_1, L_DIR_2, L_DIR_3],
    ),
    line(
        "key.container-path-task-in-the-middle",
        "ContainerPath whose letter for the task is in the middle.",
        "ContainerPath=\"{shared}/spool/%t/%j/%s/\"\n",
        &[L_DIR_2],
    ),
    Scenario {
        id: "key.container-path-parent-there",
        what: "ContainerPath below a folder that is there.",
        rules: &[L_DIR_1, L_DIR_2, L_DIR_3],
        conf: Conf::Usual(Usual {
            lines: "ContainerPath=\"{shared}/spool/%j.%s.%t\"\n",
            words: "%b %e",
            ..RUN
        }),
        acts: &[Run("mkdir {shared}/spool && srun --container {bundle} /bin/true"), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "key.container-path-there",
        what: "ContainerPath that is there already.",
        rules: &[L_DIR_1, L_DIR_2, L_DIR_3],
        conf: Conf::Usual(Usual { lines: "ContainerPath=\"{shared}/spool/%t/\"\n", words: "%b %e", ..RUN }),
        acts: &[Run("mkdir -p {shared}/spool/0 && srun --container {bundle} /bin/true"), Idle],
        ..Scenario::USUAL
    },
    line(
        "key.container-path-closed",
        "ContainerPath where the user may not write.",
        "ContainerPath=\"/proc/plimsoll/%j.%t/\"\n",
        &[L_SET_7],
    ),
    line("key.create-env-file-disabled", "CreateEnvFile=disabled.", "CreateEnvFile=disabled\n", &[L_TASK_6]),
    line("key.create-env-file-false", "CreateEnvFile=false.", "CreateEnvFile=false\n", &[L_TASK_6]),
    line("key.debug-flags", "DebugFlags.", "DebugFlags=Protocol\n", &[C_LEX_5]),
    line("key.file-debug", "FileDebug.", "FileDebug=debug3\n", &[C_LEX_5]),
    line("key.stdio-debug", "StdIODebug.", "StdIODebug=quiet\n", &[C_LEX_5]),
    line("key.syslog-debug", "SyslogDebug.", "SyslogDebug=quiet\n", &[C_LEX_5]),
    line("key.disable-cleanup", "DisableCleanup leaves the files.", "DisableCleanup=true\n", &[L_CLEAN_2]),
    Scenario {
        id: "key.disable-hooks",
        what: "DisableHooks names kinds of hooks.",
        rules: &[L_TASK_4],
        conf: Conf::Usual(Usual { lines: "DisableHooks=prestart,poststop\n", ..RUN }),
        bundle: BundleForm::Edited(&[(
            "/hooks",
            "{\"prestart\": [{\"path\": \"/bin/true\"}], \"poststart\": [{\"path\": \"/bin/true\"}]}",
        )]),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    line(
        "key.env-exclude-22-05",
        "EnvExclude, as every release takes it.",
        "EnvExclude=^PLIMSOLL_\n",
        &[L_TASK_3],
    ),
    line(
        "key.runtime-env-exclude-22-05",
        "RunTimeEnvExclude, likewise.",
        "RunTimeEnvExclude=^PLIMSOLL_\n",
        &[L_TASK_7],
    ),
    Scenario {
        id: "key.ignore-file-config-json",
        what: "IgnoreFileConfigJson: the bundle is passed on as it is.",
        rules: &[L_TASK_5, L_KILL_3],
        conf: Conf::Usual(Usual {
            lines: "IgnoreFileConfigJson=true\n",
            words: "%r %e -- %@",
            instead: &[(Operation::Run, "/bin/echo %b %r -- %@")],
            ..RUN
        }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "key.ignore-without-query",
        what: "IgnoreFileConfigJson with run alone.",
        rules: &[C_SET_1, L_TASK_9],
        conf: Conf::Text("IgnoreFileConfigJson=true\nRunTimeRun=\"{record run} /bin/echo %r -- %@\"\n"),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "key.ignore-create-start",
        what: "IgnoreFileConfigJson in create/start mode.",
        rules: &[C_SET_5],
        conf: Conf::Usual(Usual { mode: Mode::CreateStart, lines: "IgnoreFileConfigJson=true\n", ..RUN }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    line("key.mount-spool-dir", "MountSpoolDir names another place.", "MountSpoolDir=/spool/\n", &[L_SET_6]),
    line(
        "key.mount-spool-dir-letters",
        "MountSpoolDir with letters.",
        "MountSpoolDir=\"/spool/%j.%s.%t/\"\n",
        &[L_SET_6],
    ),
    line("key.srun-path", "SrunPath, which steps do not use.", "SrunPath=/usr/bin/srun\n", &[C_LEX_5]),
    line("key.srun-args", "SrunArgs twice.", "SrunArgs=--quiet\nSrunArgs=--label\n", &[C_LEX_6]),
    Scenario {
        id: "key.run-without-query",
        what: "Run mode without RunTimeQuery, which 22.05 demands.",
        rules: &[C_SET_3, L_TASK_9],
        conf: Conf::Usual(Usual { without: &[Operation::Query], ..RUN }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "key.run-without-kill",
        what: "Run mode without RunTimeKill.",
        rules: &[C_SET_3],
        conf: Conf::Usual(Usual { without: &[Operation::Kill], ..RUN }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "key.create-without-start",
        what: "Create/start mode without RunTimeStart.",
        rules: &[C_SET_2],
        conf: Conf::Usual(Usual { mode: Mode::CreateStart, without: &[Operation::Start], ..RUN }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
    Scenario {
        id: "key.read-anew",
        what: "A changed file takes effect at the next step.",
        rules: &[C_FILE_2],
        acts: &[
            Run(TRUE),
            Idle,
            NewConf(Some(
                "RunTimeQuery=\"false\"\nRunTimeKill=\"true\"\nRunTimeDelete=\"true\"\nRunTimeRun=\"exit 5\"\n",
            )),
            Run(TRUE),
            Idle,
            NewConf(None),
            Run("srun --container {bundle} /bin/sh -c 'exit 6'"),
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "key.exclude-does-not-compile",
        what: "An EnvExclude that is no regular expression.",
        rules: &[C_SET_6],
        releases: FROM_23_02,
        conf: Conf::Usual(Usual { lines: "EnvExclude=\"(\"\n", ..RUN }),
        acts: &[Run(TRUE), Idle],
        ..Scenario::USUAL
    },
];
