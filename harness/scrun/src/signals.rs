//! Names and numbers of signals, as `kill` takes them. Pure.

use nix::sys::signal::Signal;

/// The highest real-time signal.
const MAX: i32 = 64;

/// `15`, `TERM`, `SIGTERM` or `term`.
pub fn parse(text: &str) -> Option<i32> {
    if let Ok(number) = text.parse::<i32>() {
        return (1..=MAX).contains(&number).then_some(number);
    }
    let upper = text.to_ascii_uppercase();
    let name = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
    name.parse::<Signal>().ok().map(|signal| signal as i32)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("15", Some(15))]
    #[case("SIGKILL", Some(9))]
    #[case("usr1", Some(10))]
    #[case("37", Some(37))]
    #[case("0", None)]
    #[case("65", None)]
    #[case("NOPE", None)]
    fn names_and_numbers(#[case] text: &str, #[case] signal: Option<i32>) {
        assert_eq!(super::parse(text), signal);
    }
}
