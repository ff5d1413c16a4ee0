//! The text as it was probably meant: every mend that there is no doubt about, made.

use std::path::Path;

use super::diagnostic::{Severity, repaired};
use super::load::load;
use crate::Release;

/// How often a mended text is looked at again: one mend can bring the next fault to light.
const ROUNDS: usize = 5;

/// Mends the errors of a file; none when it has none, or when some are left that only its owner can mend. Warnings and
/// included files stay as they are.
pub fn repair(text: &[u8], path: &Path, release: Release) -> Option<String> {
    let mut mended = String::from_utf8(text.to_vec()).ok()?;
    for round in 0..=ROUNDS {
        let mut found = load(mended.as_bytes(), path, release).diagnostics;
        found.retain(|found| found.severity == Severity::Error);
        if found.is_empty() {
            return (round > 0).then_some(mended);
        }
        mended = repaired(&mended, path, &found)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "RunTimeDelete=d RunTimeRun=r\n";

    #[rstest::rstest]
    #[case(
        "OCIRunTimeKill=\"a b RunTimeDelete=d RunTimeRun=r",
        "RunTimeKill=\"a b\" RunTimeDelete=d RunTimeRun=r"
    )]
    #[case("RunTimeKil=\"a # b\" ", "RunTimeKill=\"a \\# b\" ")]
    #[case("RunTimeKill=\"a%", "RunTimeKill=\"a%%\"")]
    fn what_is_beyond_doubt_is_mended(#[case] text: &str, #[case] mended: &str) {
        let rest = if text.contains("RunTimeRun") { "" } else { REST };
        let (text, mended) = (format!("{text}\n{rest}"), format!("{mended}\n{rest}"));
        assert_eq!(repair(text.as_bytes(), Path::new("/nonexistent"), Release::Guide), Some(mended));
    }

    #[rstest::rstest]
    #[case("RunTimeKill=a RunTimeDelete=d RunTimeRun=r")]
    #[case("Bogus=1 OCIRunTimeKill=a RunTimeDelete=d RunTimeRun=r")]
    #[case("RunTimeKill=a")]
    fn what_is_sound_or_in_doubt_is_left_alone(#[case] text: &str) {
        assert_eq!(repair(text.as_bytes(), Path::new("/nonexistent"), Release::Guide), None);
    }
}
