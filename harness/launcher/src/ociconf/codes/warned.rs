//! Codes for what is accepted and does not do what it seems to.

use super::{Code, Severity, Stage};

const fn code(code: &'static str, rule: &'static str, what: &'static str, remedy: &'static str) -> Code {
    Code { code, rule, severity: Severity::Warning, stage: Stage::Load, what, remedy }
}

/// First the text, then the values, then what runs.
pub const CODES: [Code; 23] = [
    code(
        "oci-conf/nul-byte",
        "C-LEX-1",
        "A NUL byte hides the rest of its line from Slurm, which reads on with the next one.",
        "Remove it. An editor or a full disk may have put it there, so look at the rest of the file too.",
    ),
    code(
        "oci-conf/dangling-continuation",
        "C-LEX-1",
        "The last line ends in a backslash, as if one more were to come. Perhaps the file was cut short.",
        "Remove the backslash, or add the line that it announces.",
    ),
    code(
        "oci-conf/include-not-a-file",
        "C-LEX-8",
        "What is included is a directory, a pipe or a device. Slurm reads nothing from a directory; this program reads \
         plain files only.",
        "Name a file, or remove the line.",
    ),
    code(
        "oci-conf/duplicate-key",
        "C-LEX-6",
        "A key is given twice. The last one wins, with a complaint in a log that few will read. SrunArgs alone collects.",
        "Keep one of them.",
    ),
    code(
        "oci-conf/operator",
        "C-LEX-4",
        "A sign stands before the equals sign. The lines of slurm.conf may have one; in oci.conf it changes nothing.",
        "Write the equals sign alone.",
    ),
    code(
        "oci-conf/double-equals",
        "C-LEX-4",
        "There are two equals signs: the second one is the value's first character.",
        "Write one equals sign.",
    ),
    code(
        "oci-conf/swallowed-key",
        "C-LEX-4",
        "A key has no value of its own, and the next pair was taken for it: white space behind = does not count.",
        "Give the key a value, two double quotes for an empty one, or remove it.",
    ),
    code(
        "oci-conf/quote-in-value",
        "C-LEX-4",
        "A quote that has no partner, or text behind its partner, or that is a word processor's, is part of the value.",
        "Begin the value with a plain double quote and end it with one, or leave quotes out.",
    ),
    code(
        "oci-conf/odd-space-in-value",
        "C-LEX-4",
        "A character looks like a space and is none to Slurm or a shell, and so does not end the value.",
        "Write a plain space, and put the value into double quotes if it belongs there.",
    ),
    code(
        "oci-conf/empty-operation",
        "L-TASK-10",
        "An operation is given and empty. It counts as given, the shell runs nothing, and says that all went well.",
        "Give the command, or remove the key.",
    ),
    code(
        "oci-conf/sudo",
        "G-PROF-8",
        "A command gains rights by sudo. The guide calls that a security risk, as users can change what it is given.",
        "Use a rootless runtime, and keep this for tests.",
    ),
    code(
        "oci-conf/shared-root",
        "G-RT-3",
        "The runtime's root directory is one that every user may write to. The guide wants it safe from other users' eyes \
         and hands.",
        "Use a directory of mode 0700, as /run/user/%U.",
    ),
    code(
        "oci-conf/unquoted-path",
        "L-TASK-10",
        "%b or %r stands in no quotes. Slurm puts the path in as it is, and the shell takes one with a space apart. The \
         guide's own examples do this.",
        "Put the letter into single quotes.",
    ),
    code(
        "oci-conf/quoted-command",
        "L-TASK-10",
        "%@ stands in quotes. It puts each argument into single quotes itself, and quotes around it undo that: users' \
         arguments become shell text.",
        "Write it without quotes.",
    ),
    code(
        "oci-conf/env-file-absent",
        "L-TASK-6",
        "%e is expanded whether or not there is such a file, and without CreateEnvFile there is none.",
        "Add CreateEnvFile=newline or CreateEnvFile=null, as the runtime wants it.",
    ),
    code(
        "oci-conf/shared-container-path",
        "L-DIR-2",
        "Up to 24.11 ContainerPath is taken as it is. Without %j and %s two steps get the same directory, and from 23.02 \
         on two tasks without %t; the second one fails, as the file it would write is there already.",
        "Add the letters that are absent.",
    ),
    code(
        "oci-conf/unknown-hook",
        "R-OPEN-1",
        "DisableHooks names a kind of hook that config.json does not have.",
        "Write some of prestart, createRuntime, createContainer, startContainer, poststart and poststop.",
    ),
    code(
        "oci-conf/hooks-kept",
        "R-OPEN-1",
        "DisableHooks is documented to drop hooks from config.json; real releases read it and seem to drop none.",
        "Do not rely on it: remove the hooks from the bundle.",
    ),
    code(
        "oci-conf/kill-unreached",
        "R-OPEN-3",
        "With IgnoreFileConfigJson RunTimeQuery is not asked, and real releases reach kill and delete only through its \
         answer.",
        "Choose a runtime that ends at Slurm's own signals to the task.",
    ),
    code(
        "oci-conf/batch-script-unseen",
        "R-OPEN-11",
        "With IgnoreFileConfigJson nothing binds the batch script into the container, and so `sbatch --container` fails.",
        "Let batch scripts run outside, and use `srun --container` in them.",
    ),
    code(
        "oci-conf/polling",
        "G-RT-2",
        "create/start mode polls the runtime, which costs time in the job and notices the end late.",
        "Use RunTimeRun where the runtime has a run operation.",
    ),
    code(
        "oci-conf/create-hangs",
        "R-OPEN-7",
        "Real releases read what RunTimeCreate prints to its end. The container holds that pipe open, so that the step \
         hangs and the node drains.",
        "Use RunTimeRun, or redirect the output of RunTimeCreate.",
    ),
    code(
        "oci-conf/exit-code-lost",
        "R-OPEN-2",
        "In create/start mode real releases end a step with the exit code of RunTimeStart: a program that fails counts as \
         one that succeeded.",
        "Use RunTimeRun where the runtime has a run operation.",
    ),
];
