//! Every code of a finding: what it means, by which rule, and what the release does.

use super::diagnostic::{Severity, Stage};

/// A code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// `oci-conf/…`, for good.
    pub code: &'static str,
    /// Its rule in the specification.
    pub rule: &'static str,
    /// Whether the file fails for it.
    pub severity: Severity,
    /// When.
    pub stage: Stage,
    /// What it means and what to do: a sentence or two.
    pub what: &'static str,
}

const fn reject(code: &'static str, rule: &'static str, what: &'static str) -> Code {
    Code { code, rule, severity: Severity::Error, stage: Stage::Load, what }
}

const fn dies(code: &'static str, rule: &'static str, what: &'static str) -> Code {
    Code { code, rule, severity: Severity::Error, stage: Stage::Expand, what }
}

const fn warn(code: &'static str, rule: &'static str, what: &'static str) -> Code {
    Code { code, rule, severity: Severity::Warning, stage: Stage::Load, what }
}

/// All of them.
pub const CODES: [Code; 47] = [
    reject("oci-conf/too-long", "C-FILE-1", "The file is so long that it cannot be an oci.conf."),
    reject("oci-conf/not-text", "C-LEX-1", "The file holds bytes that are no UTF-8 text."),
    reject(
        "oci-conf/nul-byte",
        "C-LEX-1",
        "A NUL byte ends the line for Slurm, and hides what stands behind it.",
    ),
    reject(
        "oci-conf/byte-order-mark",
        "C-LEX-5",
        "A byte order mark before the first key makes it a key that is not known; save the file without one.",
    ),
    reject(
        "oci-conf/odd-space",
        "C-LEX-4",
        "A no-break space or one of no width, as web pages have them, separates nothing: it becomes part of a key or value.",
    ),
    reject(
        "oci-conf/unknown-key",
        "C-LEX-5",
        "One unknown key rejects the whole file: every container step fails at set-up.",
    ),
    reject(
        "oci-conf/key-not-in-release",
        "C-LEX-5",
        "The key came with a later release; this one rejects the file for it.",
    ),
    reject(
        "oci-conf/old-key",
        "C-LEX-5",
        "OCIRunTime* names are older than the first release with containers; write RunTime*.",
    ),
    reject(
        "oci-conf/no-equals",
        "C-LEX-5",
        "Text that is no Key=Value pair rejects the file; a value with spaces needs double quotes.",
    ),
    reject("oci-conf/no-key", "C-LEX-4", "A pair without a key."),
    reject("oci-conf/bad-key", "C-LEX-4", "Keys are made of letters, digits, underscores and dots."),
    reject(
        "oci-conf/no-value",
        "C-LEX-4",
        "A pair without a value; an empty one is written as two double quotes.",
    ),
    reject("oci-conf/unterminated-quote", "C-LEX-4", "A double quote must be closed on its (joined) line."),
    reject(
        "oci-conf/text-behind-quote",
        "C-LEX-4",
        "A quoted value ends at the next double quote: there is no way to write one inside it.",
    ),
    reject(
        "oci-conf/typographic-quote",
        "C-LEX-4",
        "A word processor's quotes are no quotes; text copied from a web page often has them.",
    ),
    reject("oci-conf/section", "C-LEX-5", "oci.conf has no sections."),
    reject(
        "oci-conf/bad-boolean",
        "C-LEX-7",
        "Booleans are yes, up, true, 1 and no, down, false, 0 in any case.",
    ),
    reject(
        "oci-conf/bad-env-file",
        "C-LEX-7",
        "CreateEnvFile is null, newline or disabled; true and y mean null, false and n disabled.",
    ),
    reject(
        "oci-conf/env-file-not-boolean",
        "C-LEX-7",
        "22.05's CreateEnvFile is a boolean and takes no newline or null.",
    ),
    reject(
        "oci-conf/bad-env-exclude",
        "C-SET-6",
        "EnvExclude must compile as a POSIX extended regular expression.",
    ),
    reject(
        "oci-conf/bad-runtime-env-exclude",
        "C-SET-6",
        "RunTimeEnvExclude must compile as a POSIX extended regular expression.",
    ),
    reject("oci-conf/include-missing", "C-LEX-8", "An included file cannot be read."),
    reject("oci-conf/include-cycle", "C-LEX-8", "A file includes itself, directly or through another one."),
    reject("oci-conf/include-depth", "C-LEX-8", "Files include one another too deep."),
    reject("oci-conf/include-without-file", "C-LEX-8", "Include needs the name of a file."),
    reject(
        "oci-conf/no-operations",
        "C-SET-1",
        "Without any operation there is nothing to run; to switch containers off remove the file.",
    ),
    reject(
        "oci-conf/both-modes",
        "C-SET-4",
        "A runtime is driven by RunTimeRun, or by RunTimeCreate and RunTimeStart, not by both.",
    ),
    reject("oci-conf/no-start", "C-SET-4", "No operation starts a container."),
    reject("oci-conf/missing-create", "C-SET-2", "create/start mode needs RunTimeCreate."),
    reject("oci-conf/missing-start", "C-SET-2", "create/start mode needs RunTimeStart."),
    reject("oci-conf/missing-kill", "C-SET-3", "Both modes need RunTimeKill."),
    reject("oci-conf/missing-delete", "C-SET-3", "Both modes need RunTimeDelete."),
    reject(
        "oci-conf/missing-query",
        "C-SET-2",
        "create/start mode needs RunTimeQuery; 22.05 needs it always.",
    ),
    dies(
        "oci-conf/unknown-letter",
        "C-PAT-1",
        "A letter behind % that stands for nothing: accepted at load, fatal at each launch.",
    ),
    dies(
        "oci-conf/letter-not-in-release",
        "C-PAT-1",
        "The letter came with a later release: accepted at load, fatal at each launch.",
    ),
    dies(
        "oci-conf/trailing-percent",
        "C-PAT-1",
        "A pattern that ends in a single %: accepted at load, fatal at each launch.",
    ),
    dies(
        "oci-conf/ignore-without-run",
        "C-SET-5",
        "IgnoreFileConfigJson with create/start: accepted at load, fatal when a task is launched.",
    ),
    warn(
        "oci-conf/dangling-continuation",
        "C-LEX-1",
        "The last line ends in a backslash, as if one more were to come.",
    ),
    warn(
        "oci-conf/unquoted-path",
        "C-PAT-1",
        "Patterns go to a shell, and paths are not quoted: one with a space in it falls apart. Write '%b' and '%r'.",
    ),
    warn("oci-conf/duplicate-key", "C-LEX-6", "A key is given twice: the last one wins."),
    warn(
        "oci-conf/empty-operation",
        "C-SET-4",
        "An operation is given and empty: it counts as given, and does nothing.",
    ),
    warn(
        "oci-conf/sudo",
        "G-PROF-7",
        "The guide calls sudo and setuid runtimes a security risk, for tests only.",
    ),
    warn(
        "oci-conf/shared-root",
        "G-RT-3",
        "The runtime's root directory must be safe from other users' eyes and hands.",
    ),
    warn(
        "oci-conf/unknown-hook",
        "R-OPEN-1",
        "DisableHooks names a kind of hook that config.json does not have.",
    ),
    warn(
        "oci-conf/hooks-kept",
        "R-OPEN-1",
        "DisableHooks is documented to drop hooks, and real releases drop none.",
    ),
    warn(
        "oci-conf/kill-unreached",
        "R-OPEN-3",
        "Real releases reach Kill and Delete through a status that is never asked for here.",
    ),
    warn(
        "oci-conf/shared-container-path",
        "L-DIR-2",
        "From 23.02 to 24.11 ContainerPath is a task's directory: without %t two tasks get the same one.",
    ),
];

/// A code's entry.
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|entry| entry.code == code)
}
