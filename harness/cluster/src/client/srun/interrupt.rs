//! What Ctrl-C means to srun: the first asks how it stands, a second within a second ends the step, a third ends srun.

use std::time::{Duration, Instant};

/// A second Ctrl-C within this ends the step (srun(1), SIGNALS AND ESCAPE SEQUENCES).
const TWICE_WITHIN: Duration = Duration::from_secs(1);

/// What a Ctrl-C asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Say how the tasks stand.
    Report,
    /// End the step.
    Abort,
    /// Leave, whatever becomes of the step.
    Leave,
}

/// The Ctrl-Cs so far.
#[derive(Debug, Default)]
pub struct Interrupts {
    last: Option<Instant>,
    aborted: bool,
}

impl Interrupts {
    /// One more, `now`.
    pub fn press(&mut self, now: Instant) -> Wish {
        if self.aborted {
            return Wish::Leave;
        }
        let twice = self.last.is_some_and(|last| now.duration_since(last) <= TWICE_WITHIN);
        self.last = Some(now);
        self.aborted = twice;
        if twice { Wish::Abort } else { Wish::Report }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reports_two_abort_three_leave() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut interrupts = Interrupts::default();
        assert_eq!(interrupts.press(at(0)), Wish::Report);
        assert_eq!(interrupts.press(at(1500)), Wish::Report);
        assert_eq!(interrupts.press(at(1900)), Wish::Abort);
        assert_eq!(interrupts.press(at(9000)), Wish::Leave);
    }
}
