//! Bundles: what may be missing or odd in one, and the paths by which one is named.

use super::super::scenario::Act::{Idle, Run, UntilQueue};
use super::super::scenario::{BundleForm, CREATE_START, Conf, Scenario};
use crate::rules::{G_LIM_3, L_REQ_1, L_SET_3, L_SET_4, L_SET_5, L_TASK_4, L_TASK_5};

const TRUE: &str = "srun --container {bundle} /bin/true";

/// The scenarios.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "bundle.absent",
        what: "No bundle at the path.",
        rules: &[G_LIM_3, L_SET_3],
        bundle: BundleForm::Absent,
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.absent-batch",
        what: "No bundle at the path of a batch job, which is requeued and held.",
        rules: &[G_LIM_3],
        bundle: BundleForm::Absent,
        acts: &[
            Run("sbatch -o {shared}/out --container {bundle} --wrap true"),
            UntilQueue("PENDING launch_failed_requeued_held"),
            Run("scancel {job}"),
            Idle,
        ],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.absent-create-start",
        what: "No bundle at the path, in create/start mode.",
        rules: &[L_SET_3],
        conf: Conf::Usual(CREATE_START),
        bundle: BundleForm::Absent,
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.no-config",
        what: "A bundle without config.json.",
        rules: &[L_SET_3],
        bundle: BundleForm::NoConfig,
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.config-unreadable",
        what: "A config.json that its user may not read.",
        rules: &[L_SET_3],
        bundle: BundleForm::Unreadable,
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.config-folder",
        what: "A folder in the place of config.json.",
        rules: &[L_SET_3],
        bundle: BundleForm::Folder,
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.config-empty",
        what: "An empty config.json.",
        rules: &[L_SET_3],
        bundle: BundleForm::Bytes(""),
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.config-no-json",
        what: "A config.json that is no JSON.",
        rules: &[L_SET_3],
        bundle: BundleForm::Bytes("{\"ociVersion\": "),
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.no-rootfs",
        what: "A bundle without its root file system: the runtime's to refuse.",
        rules: &[L_SET_5],
        bundle: BundleForm::NoRootfs,
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.root-path-missing",
        what: "A config.json without root.path.",
        rules: &[L_SET_5],
        bundle: BundleForm::Edited(&[("/root/path", "")]),
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.root-path-other",
        what: "A root.path of another name.",
        rules: &[L_SET_5],
        bundle: BundleForm::Edited(&[("/root/path", "\"./rootfs\"")]),
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.env-missing",
        what: "A config.json without process.env.",
        rules: &[L_SET_4],
        bundle: BundleForm::Edited(&[("/process/env", "")]),
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.env-number",
        what: "A process.env with an entry that is no string.",
        rules: &[L_SET_4],
        bundle: BundleForm::Edited(&[("/process/env", "[\"PATH=/bin\", 7]")]),
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.mounts-missing",
        what: "A config.json without mounts.",
        rules: &[L_TASK_4],
        bundle: BundleForm::Edited(&[("/mounts", "")]),
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.members-survive",
        what: "Members that nobody knows survive, and a terminal that was asked for is asked for no more.",
        rules: &[L_TASK_4],
        bundle: BundleForm::Edited(&[
            ("/process/terminal", "true"),
            ("/annotations", "{\"plimsoll.kept\": \"yes\"}"),
            ("/x-plimsoll", "[1, 2.5, null, {\"a\": \"ä\"}]"),
        ]),
        acts: &[Run(TRUE)],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.relative",
        what: "A bundle named by a relative path.",
        rules: &[L_REQ_1],
        acts: &[Run("cd {shared} && srun --container bundle /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.symlink",
        what: "A bundle named by a symbolic link.",
        rules: &[L_SET_5, L_TASK_5],
        acts: &[Run("ln -s bundle {shared}/link && srun --container {shared}/link /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.trailing-slash",
        what: "A bundle named with a slash behind it.",
        rules: &[L_SET_5, L_TASK_5],
        acts: &[Run("srun --container {bundle}/ /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.dots",
        what: "A bundle named with dots in its path.",
        rules: &[L_SET_5],
        acts: &[Run("srun --container {bundle}/../bundle/. /bin/true")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.empty-name",
        what: "A request with an empty path.",
        rules: &[L_REQ_1],
        acts: &[Run("srun --container '' /bin/echo where")],
        ..Scenario::USUAL
    },
    Scenario {
        id: "bundle.space-in-path",
        what: "A bundle whose path holds a space.",
        rules: &[L_TASK_5],
        acts: &[Run("ln -s bundle '{shared}/a b' && srun --container '{shared}/a b' /bin/true")],
        ..Scenario::USUAL
    },
];
