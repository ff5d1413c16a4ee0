//! Values of options: how each kind is read, and the words in which a wrong one is refused.

use std::ffi::OsStr;

use super::options::{Given, UsageError};
use super::say::Voice;
use crate::hostlist;
use crate::time;
use crate::view::UnixTime;

/// What Slurm's commands exit with when the command line cannot be taken apart or a value makes no sense.
const USAGE_EXIT: i32 = 255;

/// A command line that is refused.
#[derive(Debug, thiserror::Error)]
pub enum OptionError {
    /// It cannot be taken apart.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// No number, or one out of range.
    #[error("Invalid numeric value \"{value}\" for --{option}.")]
    Number {
        /// The option's long name.
        option: &'static str,
        /// What was written.
        value: String,
    },
    /// Not of the form that the option wants.
    #[error("Invalid --{0} specification")]
    Specification(&'static str),
    /// No node count.
    #[error("\"{0}\" is not a valid node count")]
    NodeCount(String),
    /// More nodes at least than at most.
    #[error("Maximum node count {1} is less than minimum node count {0}")]
    NodeRange(u32, u32),
    /// A time, a host list or another expression with its own words.
    #[error("{0}")]
    Words(String),
    /// An error inside a batch script.
    #[error("{error} (line {line} of the script: {text})")]
    Directive {
        /// What is wrong.
        error: Box<OptionError>,
        /// Which line, from 1.
        line: usize,
        /// The line.
        text: String,
    },
}

impl OptionError {
    /// Says it and gives the exit code.
    pub fn report(&self, voice: Voice) -> i32 {
        match self {
            Self::Usage(error) => {
                voice
                    .line(&format_args!("{0}: {error}\nTry \"{0} --help\" for more information", voice.tool));
            }
            Self::Directive { error, line, text } if matches!(**error, Self::Usage(_)) => {
                error.report(voice);
                voice.error(format_args!("line {line} of the script: {text}"));
            }
            _ => voice.error(self),
        }
        self.exit_code()
    }

    fn exit_code(&self) -> i32 {
        match self {
            Self::Number { .. } | Self::Words(_) => 1,
            Self::Directive { error, .. } => error.exit_code(),
            _ => USAGE_EXIT,
        }
    }
}

/// The value as text.
pub fn text(given: &Given) -> Result<String, OptionError> {
    let value = given.value.as_deref().unwrap_or(OsStr::new(""));
    value.to_str().map(str::to_owned).ok_or(OptionError::Specification(given.name))
}

fn not_a_number(given: &Given) -> OptionError {
    let value = given.value.as_deref().unwrap_or_default().to_string_lossy().into_owned();
    OptionError::Number { option: given.name, value }
}

/// A whole number.
pub fn number(given: &Given) -> Result<u32, OptionError> {
    text(given)?.parse().map_err(|_| not_a_number(given))
}

/// A whole number above 0.
pub fn positive(given: &Given) -> Result<u32, OptionError> {
    number(given).and_then(|number| if number == 0 { Err(not_a_number(given)) } else { Ok(number) })
}

/// `0` or `1`, and 1 when nothing is said.
pub fn switch(given: &Given) -> Result<bool, OptionError> {
    match given.value.as_deref().map(OsStr::to_str) {
        None | Some(Some("1")) => Ok(true),
        Some(Some("0")) => Ok(false),
        Some(_) => Err(not_a_number(given)),
    }
}

/// `MIN`, `MIN-MAX`.
pub fn node_count(given: &Given) -> Result<(u32, u32), OptionError> {
    let text = text(given)?;
    let count = |part: &str| match part.parse() {
        Ok(0) | Err(_) => Err(OptionError::NodeCount(text.clone())),
        Ok(count) => Ok(count),
    };
    let (min, max) = text.split_once('-').unwrap_or((&text, &text));
    let (min, max) = (count(min)?, count(max)?);
    if max < min { Err(OptionError::NodeRange(min, max)) } else { Ok((min, max)) }
}

/// A host list, expanded.
pub fn hosts(given: &Given) -> Result<Vec<String>, OptionError> {
    hostlist::expand(&text(given)?).map_err(|error| OptionError::Words(error.to_string()))
}

/// A time limit in minutes.
pub fn time_limit(given: &Given) -> Result<Option<u32>, OptionError> {
    time::parse_limit(&text(given)?).map_err(|_| OptionError::Specification(given.name))
}

/// A point in time.
pub fn date(given: &Given, now: UnixTime) -> Result<UnixTime, OptionError> {
    time::parse_date(&text(given)?, now).map_err(|_| OptionError::Specification(given.name))
}

/// `--immediate`, whose seconds make no difference to a controller that decides at once.
pub fn immediate(given: &Given) -> Result<bool, OptionError> {
    if given.value.is_some() {
        number(given)?;
    }
    Ok(true)
}

/// `append` or `truncate`: whether it is the first.
pub fn open_mode(given: &Given) -> Result<bool, OptionError> {
    match text(given)?.as_str() {
        "a" | "append" => Ok(true),
        "t" | "truncate" => Ok(false),
        _ => Err(OptionError::Specification(given.name)),
    }
}

/// A size in MiB: `500`, `500M`, `2G`; a part of one counts as a whole.
pub fn memory(given: &Given) -> Result<u64, OptionError> {
    let bad = || OptionError::Specification(given.name);
    let text = text(given)?.to_ascii_uppercase();
    let text = text.strip_suffix('B').unwrap_or(&text);
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let size: u64 = digits.parse().map_err(|_| bad())?;
    let factor = match &text[digits.len()..] {
        "K" => return Ok(size.div_ceil(1 << 10)),
        "" | "M" => 1,
        "G" => 1 << 10,
        "T" => 1 << 20,
        _ => return Err(bad()),
    };
    size.checked_mul(factor).ok_or_else(bad)
}

/// `--distribution`: one of the known words at each level.
pub fn distribution(given: &Given) -> Result<String, OptionError> {
    const KNOWN: [&str; 6] = ["block", "cyclic", "arbitrary", "fcyclic", "*", "plane"];
    let text = text(given)?;
    let known = text.split([':', ',']).all(|word| {
        let word = word.split_once('=').map_or(word, |(word, _)| word);
        KNOWN.contains(&word) || matches!(word, "Pack" | "NoPack")
    });
    if known { Ok(text) } else { Err(OptionError::Specification(given.name)) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn given(value: &str) -> Given {
        Given { name: "x", value: Some(value.into()), from: None }
    }

    #[rstest]
    #[case("2", Some((2, 2)))]
    #[case("2-4", Some((2, 4)))]
    #[case("4-2", None)]
    #[case("0", None)]
    #[case("x", None)]
    fn node_counts(#[case] text: &str, #[case] count: Option<(u32, u32)>) {
        assert_eq!(node_count(&given(text)).ok(), count);
    }

    #[rstest]
    #[case("500", Some(500))]
    #[case("1500K", Some(2))]
    #[case("2g", Some(2048))]
    #[case("1TB", Some(1 << 20))]
    #[case("x", None)]
    #[case("1X", None)]
    fn sizes_are_in_mebibytes(#[case] text: &str, #[case] size: Option<u64>) {
        assert_eq!(memory(&given(text)).ok(), size);
    }

    #[rstest]
    #[case("block", true)]
    #[case("cyclic:block", true)]
    #[case("plane=4", true)]
    #[case("foo", false)]
    fn distributions(#[case] text: &str, #[case] good: bool) {
        assert_eq!(distribution(&given(text)).is_ok(), good);
    }

    #[test]
    fn refusals_have_slurms_words() {
        assert_eq!(positive(&given("0")).unwrap_err().to_string(), "Invalid numeric value \"0\" for --x.");
        assert_eq!(node_count(&given("x")).unwrap_err().to_string(), "\"x\" is not a valid node count");
        assert_eq!(open_mode(&given("x")).unwrap_err().to_string(), "Invalid --x specification");
        assert_eq!(time_limit(&given("foo")).unwrap_err().exit_code(), 255);
    }
}
