//! The runtime's calls, as the recorder noted them: when each began, how long it took, how it ended.

use std::path::Path;

use plimsoll_runtime::recorder::{Call, Stream, read_calls};

use super::commands::quoted;

/// The most calls that are shown of a case; a step that polls makes many alike.
const MOST: usize = 60;

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallNote {
    /// What it was for, as `oci.conf` names it.
    pub operation: String,
    /// Microseconds from the first call's beginning to this one's, by the wall clock.
    pub after: u64,
    /// How long it took, in microseconds; none when it did not end.
    pub micros: Option<u64>,
    /// How it ended.
    pub end: String,
    /// The command as a shell reads it.
    pub line: String,
    /// What it wrote, where that was captured.
    pub output: String,
}

/// The calls of a case, and how many more there are. An error says why there are none.
pub fn calls(dir: &Path) -> Result<(Vec<CallNote>, usize, Vec<Call>), String> {
    let calls = read_calls(&dir.join("calls")).map_err(|error| error.to_string())?;
    let first = calls.first().map(|call| micros_of_day(&call.started)).unwrap_or_default();
    let notes = calls.iter().take(MOST).map(|call| note(call, first)).collect();
    let more = calls.len().saturating_sub(MOST);
    Ok((notes, more, calls))
}

fn note(call: &Call, first: u64) -> CallNote {
    let end = match &call.end {
        None => "did not end".to_owned(),
        Some(end) => match (&end.error, end.exit, end.signal) {
            (Some(error), ..) => format!("could not be started: {error}"),
            (None, Some(code), _) => format!("exit code {code}"),
            (None, None, signal) => format!("signal {}", signal.unwrap_or_default()),
        },
    };
    let said = |stream: &Stream| stream.data.to_text().chars().take(600).collect::<String>();
    let output = call.end.as_ref().map(|end| said(&end.stdout) + &said(&end.stderr)).unwrap_or_default();
    CallNote {
        operation: call.operation.name().to_owned(),
        // A night between two calls is a day of its own.
        after: (micros_of_day(&call.started) + DAY - first) % DAY,
        micros: call.end.as_ref().map(|end| end.micros),
        end,
        line: call.words().iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
        output,
    }
}

const DAY: u64 = 24 * 60 * 60 * 1_000_000;

/// Microseconds since midnight of a time as the recorder writes it, `2026-01-01T10:20:30.123456789Z`; 0 for any other text.
fn micros_of_day(time: &str) -> u64 {
    let read = || {
        let (_, clock) = time.split_once('T')?;
        let mut parts = clock.trim_end_matches('Z').split(':');
        let (hour, minute): (u64, u64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (second, fraction) = parts.next()?.split_once('.')?;
        let fraction: u64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
        let seconds = hour
            .checked_mul(3600)?
            .checked_add(minute.checked_mul(60)?)?
            .checked_add(second.parse().ok()?)?;
        seconds.checked_mul(1_000_000)?.checked_add(fraction)
    };
    read().unwrap_or_default() % DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("2026-01-01T00:00:01.5Z", 1_500_000)]
    #[case("2026-01-01T01:01:00.000001999Z", 3_660_000_001)]
    #[case("yesterday", 0)]
    #[case("2026-01-01T99999999999999999:00:00.0Z", 0)]
    fn times_are_read_and_nonsense_is_nothing(#[case] time: &str, #[case] micros: u64) {
        assert_eq!(micros_of_day(time), micros);
    }

    #[test]
    fn calls_that_are_no_calls_are_said() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(calls(dir.path()).unwrap().0, []);
        std::fs::create_dir(dir.path().join("calls")).unwrap();
        std::fs::write(dir.path().join("calls/1.json"), "{}").unwrap();
        assert!(calls(dir.path()).unwrap_err().contains("is no recorded call"));
    }
}
