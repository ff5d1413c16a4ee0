//! Signals by the names and numbers in which they are asked for.

use nix::sys::signal::Signal;

use super::error::Error;

/// The number of a signal: `9`, `KILL`, `SIGKILL`, `RTMIN+1`, in any case.
pub(super) fn number(text: &str) -> Result<i32, Error> {
    let unknown = || Error::Usage(format!("`{text}` is no signal"));
    if let Ok(number) = text.parse::<i32>() {
        return if (0..=libc::SIGRTMAX()).contains(&number) { Ok(number) } else { Err(unknown()) };
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let offset = |rest: &str| if rest.is_empty() { Some(0) } else { rest.parse::<i32>().ok() };
    let real_time = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(rest), _) => offset(rest).map(|offset| libc::SIGRTMIN() + offset),
        (_, Some(rest)) => offset(rest).map(|offset| libc::SIGRTMAX() + offset),
        _ => format!("SIG{name}").parse::<Signal>().ok().map(|signal| signal as i32),
    };
    real_time.ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[rstest::rstest]
    #[case("9", 9)]
    #[case("KILL", 9)]
    #[case("sigterm", 15)]
    #[case("RTMIN+1", libc::SIGRTMIN() + 1)]
    #[case("SIGRTMAX-1", libc::SIGRTMAX() - 1)]
    fn names_and_numbers(#[case] text: &str, #[case] expected: i32) {
        assert_eq!(number(text).unwrap(), expected);
    }

    #[rstest::rstest]
    #[case("FOO")]
    #[case("-1")]
    #[case("999")]
    fn what_is_none(#[case] text: &str) {
        assert!(number(text).is_err());
    }
}
