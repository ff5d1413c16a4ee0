//! Codes for which each task dies at its launch, although the file is accepted.

use super::{Code, Severity, Stage};

const fn code(code: &'static str, rule: &'static str, what: &'static str, remedy: &'static str) -> Code {
    Code { code, rule, severity: Severity::Error, stage: Stage::Expand, what, remedy }
}

/// In the order in which a launch meets them.
pub const CODES: [Code; 5] = [
    code(
        "oci-conf/unknown-letter",
        "L-TASK-9",
        "A letter behind % stands for nothing in any release. Patterns are expanded when a task is launched, which is \
         when it is noticed: `unexpected replacement character`.",
        "Write two percent signs for one, or a letter that there is.",
    ),
    code(
        "oci-conf/letter-not-in-release",
        "L-TASK-9",
        "A letter behind % came with a later release: 22.05 has no %m, %p and %U, and before 26.05 there is no %Z. Every \
         example of the guide has %U, so that none works as printed on 22.05.",
        "Run a release that has the letter; for a directory of the user's own %u will do.",
    ),
    code(
        "oci-conf/trailing-percent",
        "L-TASK-9",
        "A pattern ends in a single %, which has no letter behind it.",
        "Write two percent signs for one.",
    ),
    code(
        "oci-conf/open-shell-quote",
        "L-TASK-10",
        "An operation is a text for `/bin/sh -c`, and the shell refuses one with a quote that is not closed. Where a value \
         without a space lacks its closing double quote, the opening one is part of the text.",
        "Add the quote's partner, or remove it.",
    ),
    code(
        "oci-conf/ignore-without-run",
        "C-SET-5",
        "IgnoreFileConfigJson switches the check for completeness off, but it works with RunTimeRun only.",
        "Give RunTimeRun, or remove IgnoreFileConfigJson.",
    ),
];
