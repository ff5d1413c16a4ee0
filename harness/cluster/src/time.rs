//! Times as Slurm's commands read and print them: time limits, elapsed times, dates.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, tz::TimeZone};

use crate::view::UnixTime;

/// A time that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// No form of a time limit.
    #[error(
        "Invalid time limit specification `{0}`: use minutes, minutes:seconds, [days-]hours:minutes:seconds, days-hours or UNLIMITED"
    )]
    Limit(String),
    /// No form of a date.
    #[error(
        "Invalid time specification `{0}`: use now, now+COUNT[seconds|minutes|hours|days|weeks] or YYYY-MM-DD[THH:MM[:SS]]"
    )]
    Date(String),
}

/// Now, in whole seconds.
pub fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::try_from(since.as_secs()).unwrap_or(UnixTime::MAX)
}

/// Reads a time limit as minutes, seconds rounded up; none for no limit (`UNLIMITED`, `INFINITE`, `-1` and `0`).
/// Forms: `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes`,
/// `days-hours:minutes:seconds` (sbatch(1), --time).
pub fn parse_limit(text: &str) -> Result<Option<u32>, TimeError> {
    let text = text.trim();
    if text == "-1" || text.eq_ignore_ascii_case("unlimited") || text.eq_ignore_ascii_case("infinite") {
        return Ok(None);
    }
    let bad = || TimeError::Limit(text.to_owned());
    let number = |part: &str| -> Result<u64, TimeError> {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        part.parse::<u32>().map(u64::from).map_err(|_| bad())
    };
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (Some(number(days)?), clock),
        None => (None, text),
    };
    let parts = clock.split(':').map(number).collect::<Result<Vec<u64>, _>>()?;
    let (hours, minutes, seconds) = match (days.is_some(), parts.as_slice()) {
        (true, [hours]) => (*hours, 0, 0),
        (true, [hours, minutes]) => (*hours, *minutes, 0),
        (false, [minutes]) => (0, *minutes, 0),
        (false, [minutes, seconds]) => (0, *minutes, *seconds),
        (_, [hours, minutes, seconds]) => (*hours, *minutes, *seconds),
        _ => return Err(bad()),
    };
    let total = ((days.unwrap_or(0) * 24 + hours) * 60 + minutes) * 60 + seconds;
    match u32::try_from(total.div_ceil(60)).map_err(|_| bad())? {
        0 => Ok(None),
        minutes => Ok(Some(minutes)),
    }
}

/// An elapsed time as squeue prints it: `0:05`, `2:03:04`, `1-02:03:04`.
pub fn format_elapsed(seconds: u64) -> String {
    let (days, hours, minutes, seconds) = split(seconds);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, _) => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{days}-{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

/// An elapsed time as scontrol prints it: `00:00:05`, `1-02:03:04`.
pub fn format_elapsed_full(seconds: u64) -> String {
    let (days, hours, minutes, seconds) = split(seconds);
    if days == 0 {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    } else {
        format!("{days}-{hours:02}:{minutes:02}:{seconds:02}")
    }
}

/// A time limit in minutes as squeue prints it: `1:00`, `1-00:00:00`, `UNLIMITED`.
pub fn format_limit(minutes: Option<u32>) -> String {
    minutes.map_or_else(|| "UNLIMITED".to_owned(), |minutes| format_elapsed(u64::from(minutes) * 60))
}

/// A time limit in minutes as scontrol prints it: `00:01:00`, `1-00:00:00`, `UNLIMITED`.
pub fn format_limit_full(minutes: Option<u32>) -> String {
    minutes.map_or_else(|| "UNLIMITED".to_owned(), |minutes| format_elapsed_full(u64::from(minutes) * 60))
}

const fn split(seconds: u64) -> (u64, u64, u64, u64) {
    (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// A date in local time, `2026-11-24T05:18:44`; `unknown` where there is none (`N/A` in squeue, `Unknown` in scontrol).
pub fn format_date(time: UnixTime, unknown: &str) -> String {
    match Timestamp::from_second(time) {
        Ok(stamp) if time > 0 => {
            stamp.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
        }
        _ => unknown.to_owned(),
    }
}

/// Reads `--begin` and `StartTime=`: `now`, `now+COUNT[unit]` or a date; `now` is passed in.
pub fn parse_date(text: &str, now: UnixTime) -> Result<UnixTime, TimeError> {
    let bad = || TimeError::Date(text.to_owned());
    let lower = text.trim().to_ascii_lowercase();
    if lower == "now" {
        return Ok(now);
    }
    if let Some(later) = lower.strip_prefix("now+") {
        let unit_at = later.find(|character: char| !character.is_ascii_digit()).unwrap_or(later.len());
        let count: UnixTime = later[..unit_at].parse().map_err(|_| bad())?;
        let unit = match later[unit_at..].trim_end_matches('s') {
            "" | "sec" | "second" => 1,
            "min" | "minute" => 60,
            "hr" | "hour" => 3_600,
            "day" => 86_400,
            "week" => 604_800,
            _ => return Err(bad()),
        };
        return count.checked_mul(unit).and_then(|wait| now.checked_add(wait)).ok_or_else(bad);
    }
    let civil = text.trim();
    let date: jiff::civil::DateTime = civil.parse().map_err(|_| bad())?;
    date.to_zoned_datetime(TimeZone::system()).map(|zoned| zoned.timestamp().as_second()).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("5", Some(5))]
    #[case("5:01", Some(6))]
    #[case("1:02:03", Some(63))]
    #[case("1-0", Some(1440))]
    #[case("1-02:03", Some(1563))]
    #[case("1-02:03:04", Some(1564))]
    #[case("UNLIMITED", None)]
    #[case("infinite", None)]
    #[case("0", None)]
    fn time_limits_are_minutes(#[case] text: &str, #[case] minutes: Option<u32>) {
        assert_eq!(parse_limit(text), Ok(minutes));
    }

    #[rstest]
    #[case("")]
    #[case("5m")]
    #[case("1:2:3:4")]
    #[case("-")]
    #[case("1-")]
    #[case("-5")]
    #[case("99999999999")]
    fn rubbish_is_no_time_limit(#[case] text: &str) {
        assert!(parse_limit(text).is_err());
    }

    #[test]
    fn elapsed_times_print_like_slurm() {
        assert_eq!(format_elapsed(5), "0:05");
        assert_eq!(format_elapsed(7384), "2:03:04");
        assert_eq!(format_elapsed(93_784), "1-02:03:04");
        assert_eq!(format_elapsed_full(5), "00:00:05");
        assert_eq!(format_limit(Some(1)), "1:00");
        assert_eq!(format_limit_full(None), "UNLIMITED");
    }

    #[test]
    fn dates_are_read_from_now_on() {
        assert_eq!(parse_date("now+2minutes", 100), Ok(220));
        assert_eq!(parse_date("now+7", 100), Ok(107));
        assert!(parse_date("teatime+1", 100).is_err());
        let date = parse_date("2026-11-24T05:18:44", 0).unwrap();
        assert_eq!(format_date(date, "N/A"), "2026-11-24T05:18:44");
        assert_eq!(format_date(0, "N/A"), "N/A");
    }
}
