//! Rules that no case cites yet, each with the reason. A case that cites one of them takes its line out.

use super::table::Rule;
#[allow(clippy::wildcard_imports, reason = "this is a list of rules")]
use super::{guide::*, launcher::*};

const DOCTOR_NEED: &str = "a need: `plimsoll doctor` probes it";

/// The rules without a case, and why.
pub const UNCOVERED: &[(&Rule, &str)] = &[
    (G_PRE_1, DOCTOR_NEED),
    (G_PRE_2, DOCTOR_NEED),
    (G_RT_2, "a comparison, not a check: `cargo bench --bench launch` measures it"),
    (G_BND_1, "needs images, which only a machine with their tools and sources has"),
    (
        L_CS_4,
        "real releases alone poll, and there every step of this mode hangs (R-OPEN-7); the state machine's tests check it",
    ),
];

/// Why no case cites a rule, where that is known.
pub fn uncovered_reason(rule: &Rule) -> Option<&'static str> {
    UNCOVERED.iter().find(|(uncovered, _)| uncovered.id == rule.id).map(|(_, reason)| *reason)
}
