//! Signals, cancelling, time limits, and the loss of daemons.

mod cancel;
mod disturbed;
mod loss;

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[&Case] = &[
    &cancel::HANDLED,
    &cancel::IGNORED,
    &cancel::USR1,
    &cancel::PENDING,
    &cancel::INTERRUPT,
    &cancel::SRUN_KILLED,
    &cancel::KILL,
    &loss::STEP_DAEMON,
    &loss::NODE,
    &loss::CONTROLLER,
    &disturbed::PAUSED,
    &disturbed::CUT,
    &disturbed::GONE,
];
