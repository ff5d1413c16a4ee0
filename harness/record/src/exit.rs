//! The exit code of a run, as a fold over its record (source: the command line's contract).

use crate::{Outcome, Record, Verdict};

/// Every case that ran passed, was waived, or is unsupported.
pub const OK: i32 = 0;
/// A case failed or was flaky.
pub const FAILED: i32 = 1;
/// Bad usage, or an input that does not load.
pub const USAGE: i32 = 2;
/// The harness itself broke.
pub const BROKEN: i32 = 3;
/// No case ran.
pub const NOTHING_RAN: i32 = 4;
/// `--pedantic`, and something was unsupported.
pub const UNSUPPORTED: i32 = 5;
/// Interrupted; the record is complete up to there.
pub const INTERRUPTED: i32 = 130;

/// The exit code of a run. A broken harness outweighs a fail: what it says of the product is in doubt.
pub fn code(record: &Record, pedantic: bool) -> i32 {
    let some = |verdict| record.count(verdict) > 0;
    let ran = record.results().any(|result| result.verdict != Verdict::Unsupported);
    match record.outcome {
        Some(Outcome::Interrupted) => INTERRUPTED,
        _ if some(Verdict::Error) => BROKEN,
        _ if some(Verdict::Fail) || some(Verdict::Flaky) => FAILED,
        _ if !ran => NOTHING_RAN,
        _ if pedantic && some(Verdict::Unsupported) => UNSUPPORTED,
        _ => OK,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{Event, sample};

    #[rstest]
    #[case(&[Verdict::Pass], Outcome::Completed, false, OK)]
    #[case(&[Verdict::Pass, Verdict::Waived, Verdict::Unsupported], Outcome::Completed, false, OK)]
    #[case(&[Verdict::Pass, Verdict::Unsupported], Outcome::Completed, true, UNSUPPORTED)]
    #[case(&[Verdict::Pass, Verdict::Fail], Outcome::Stopped, true, FAILED)]
    #[case(&[Verdict::Flaky], Outcome::Completed, false, FAILED)]
    #[case(&[Verdict::Fail, Verdict::Error], Outcome::Completed, false, BROKEN)]
    #[case(&[], Outcome::Completed, false, NOTHING_RAN)]
    #[case(&[Verdict::Unsupported], Outcome::Completed, true, NOTHING_RAN)]
    #[case(&[Verdict::Fail], Outcome::Interrupted, false, INTERRUPTED)]
    fn codes_are_those_of_the_contract(
        #[case] verdicts: &[Verdict],
        #[case] outcome: Outcome,
        #[case] pedantic: bool,
        #[case] expected: i32,
    ) {
        let mut events = vec![sample::events().remove(0)];
        for (index, verdict) in verdicts.iter().enumerate() {
            let result = sample::result(&format!("case.{index}"), "p", *verdict);
            events.push(Event::CaseFinished { result });
        }
        events.push(Event::RunFinished { outcome, millis: 1 });
        assert_eq!(code(&Record::from_events(&events).unwrap(), pedantic), expected);
    }
}
