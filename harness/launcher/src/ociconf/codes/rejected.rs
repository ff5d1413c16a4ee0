//! Codes for which a file is rejected.

use super::{Code, Severity, Stage};

const fn code(code: &'static str, rule: &'static str, what: &'static str, remedy: &'static str) -> Code {
    Code { code, rule, severity: Severity::Error, stage: Stage::Load, what, remedy }
}

/// In the order in which a file is read.
pub const CODES: [Code; 39] = [
    code(
        "oci-conf/too-long",
        "C-FILE-1",
        "The file and those that it includes are longer than this program reads. Slurm itself has no such limit.",
        "Check that this is an oci.conf, or make it shorter.",
    ),
    code(
        "oci-conf/not-text",
        "C-LEX-4",
        "A byte outside comments is no UTF-8. Slurm takes any byte; this program handles text only.",
        "Save the file as UTF-8, or write the value in ASCII.",
    ),
    code(
        "oci-conf/byte-order-mark",
        "C-LEX-5",
        "The file begins with a byte order mark, as some editors write it. To Slurm it is the beginning of a key.",
        "Save the file as UTF-8 without a byte order mark.",
    ),
    code(
        "oci-conf/odd-space",
        "C-LEX-5",
        "A character looks like a space and is none: white space is ASCII's alone. Text from a web page often has it.",
        "Write a plain space in its place.",
    ),
    code(
        "oci-conf/unknown-key",
        "C-LEX-5",
        "A key is not known. One unknown key rejects the whole file, so that a slip of the pen is never passed over.",
        "Write the key that was meant, or remove it.",
    ),
    code(
        "oci-conf/old-key",
        "C-LEX-5",
        "OCIRunTime* names, as in the guide's example for hpcng Singularity 3.8.0, are accepted by no release.",
        "Write RunTime* instead, without OCI.",
    ),
    code(
        "oci-conf/key-not-in-release",
        "C-LEX-5",
        "The key came with a later release than this one, to which it is unknown.",
        "Remove the key, or run a release that has it.",
    ),
    code(
        "oci-conf/second-pair",
        "C-LEX-4",
        "Two pairs stand on one line, as the guide prints its files. Release 22.05 rejects the file for it; later ones do not.",
        "Give each pair a line of its own.",
    ),
    code(
        "oci-conf/no-equals",
        "C-LEX-5",
        "A word is no Key=Value pair. Most often a value with spaces has no double quotes around it.",
        "Write Key=Value, and put values with spaces into double quotes.",
    ),
    code(
        "oci-conf/colon",
        "C-LEX-5",
        "A key is followed by a colon, as in YAML, where an equals sign belongs.",
        "Write Key=Value.",
    ),
    code(
        "oci-conf/no-key",
        "C-LEX-4",
        "An equals sign has no key before it.",
        "Write the key before it, or remove it.",
    ),
    code(
        "oci-conf/bad-key",
        "C-LEX-4",
        "What stands before an equals sign is no key: keys are made of letters, digits, underscores and dots.",
        "Write a key that oci.conf has.",
    ),
    code(
        "oci-conf/no-value",
        "C-LEX-4",
        "A key has an equals sign and nothing behind it on its line.",
        "Write a value, two double quotes for an empty one, or remove the key.",
    ),
    code(
        "oci-conf/unterminated-quote",
        "C-LEX-4",
        "A double quote has no partner on its (joined) line: the value ends at the first space, and the words behind it \
         are no pairs. The guide's example for hpcng Singularity 3.8.0 ends like this.",
        "Add a double quote at the value's end.",
    ),
    code(
        "oci-conf/comment-in-quotes",
        "C-LEX-2",
        "A # begins a comment in quotes too, and takes the closing quote away.",
        "Write a backslash before the #.",
    ),
    code(
        "oci-conf/text-behind-quote",
        "C-LEX-4",
        "Text stands directly behind a closing quote. There is no way to write a double quote inside a quoted value.",
        "Use single quotes inside the value.",
    ),
    code(
        "oci-conf/quote-inside-word",
        "C-LEX-4",
        "A quote stands inside a word, as a shell would allow. Here only a quote directly behind = holds words together.",
        "Put the whole value into double quotes.",
    ),
    code(
        "oci-conf/typographic-quote",
        "C-LEX-4",
        "A word processor's quotes are no quotes: the value ends at the first space.",
        "Write the plain double quote on both sides.",
    ),
    code(
        "oci-conf/section",
        "C-LEX-5",
        "A line begins a section, as INI files have them. oci.conf has none.",
        "Remove the line and leave the pairs below it.",
    ),
    code(
        "oci-conf/foreign-comment",
        "C-LEX-2",
        "A comment begins in the way of another language. Here comments begin with # alone.",
        "Write # before it.",
    ),
    code(
        "oci-conf/bad-boolean",
        "C-LEX-7",
        "A key that is on or off has another value. The words are yes, up, true, 1 and no, down, false, 0 in any case.",
        "Write one of the eight words.",
    ),
    code(
        "oci-conf/bad-env-file",
        "C-LEX-7",
        "CreateEnvFile has a value that it does not take.",
        "Write null, newline or disabled; true, y, yes and 1 mean null, false, n, no and 0 disabled.",
    ),
    code(
        "oci-conf/env-file-not-boolean",
        "C-LEX-7",
        "22.05's CreateEnvFile is a boolean and takes neither null nor newline, which came with 23.02.",
        "Write yes or no, or run Slurm 23.02 or later.",
    ),
    code(
        "oci-conf/bad-env-exclude",
        "C-SET-6",
        "EnvExclude does not compile as a POSIX extended regular expression, by which variables are taken away from the \
         container.",
        "Write an expression that `grep -E` takes.",
    ),
    code(
        "oci-conf/bad-runtime-env-exclude",
        "C-SET-6",
        "RunTimeEnvExclude does not compile as a POSIX extended regular expression, by which variables are taken away \
         from the runtime.",
        "Write an expression that `grep -E` takes.",
    ),
    code(
        "oci-conf/include-missing",
        "C-LEX-8",
        "An included file cannot be read. Slurm waits a minute for it, at each step, and then rejects the file.",
        "Correct the name, which is taken from the including file's folder on and stands in no quotes.",
    ),
    code(
        "oci-conf/include-cycle",
        "C-LEX-8",
        "A file includes itself, directly or through another one. Slurm reads on until it can open no more files.",
        "Remove the line that closes the circle.",
    ),
    code(
        "oci-conf/include-depth",
        "C-LEX-8",
        "Files include one another deeper, or more of them, than this program follows. Slurm follows until it can open no \
         more files.",
        "Put the text into fewer files.",
    ),
    code(
        "oci-conf/include-without-file",
        "C-LEX-8",
        "An Include line names no file.",
        "Write Include FILE, or remove the line.",
    ),
    code(
        "oci-conf/include-not-first",
        "C-LEX-8",
        "Include counts only as the very first word of a line. Behind a pair, or a space, it is text that is no pair.",
        "Put it on a line of its own, at the first column.",
    ),
    code(
        "oci-conf/text-behind-include",
        "C-LEX-8",
        "Something stands behind the name of an included file, which has the line for itself.",
        "Put it on a line of its own.",
    ),
    code(
        "oci-conf/no-operations",
        "C-SET-1",
        "None of the six operations is given: there is nothing to run. An empty file does not switch containers off, it \
         makes every container step fail.",
        "Give RunTimeRun, RunTimeKill and RunTimeDelete; to switch containers off remove the file.",
    ),
    code(
        "oci-conf/both-modes",
        "C-SET-4",
        "RunTimeRun is given beside RunTimeCreate or RunTimeStart. A runtime is driven in one way or the other.",
        "Keep RunTimeRun alone, or RunTimeCreate and RunTimeStart.",
    ),
    code(
        "oci-conf/no-start",
        "C-SET-4",
        "Operations are given, and none of them starts a container.",
        "Give RunTimeRun, or RunTimeCreate and RunTimeStart.",
    ),
    code(
        "oci-conf/missing-create",
        "C-SET-2",
        "RunTimeStart is given without RunTimeCreate.",
        "Give RunTimeCreate.",
    ),
    code(
        "oci-conf/missing-start",
        "C-SET-2",
        "RunTimeCreate is given without RunTimeStart.",
        "Give RunTimeStart.",
    ),
    code(
        "oci-conf/missing-kill",
        "C-SET-3",
        "RunTimeKill is absent. Both modes need it, to end a container that is cancelled.",
        "Give RunTimeKill.",
    ),
    code(
        "oci-conf/missing-delete",
        "C-SET-3",
        "RunTimeDelete is absent. Both modes need it, to remove what the runtime keeps of a container.",
        "Give RunTimeDelete.",
    ),
    code(
        "oci-conf/missing-query",
        "C-SET-2",
        "RunTimeQuery is absent. create/start mode polls by it; 22.05 wants it in run mode too.",
        "Give RunTimeQuery.",
    ),
];
