//! Job array expressions: `0-15:4%2,17` (sbatch(1), --array).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A job array as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArraySpec {
    /// The indices, lowest first, each once.
    pub indices: Vec<u32>,
    /// How many may run at a time (`%2`), none for all.
    pub max_running: Option<u32>,
}

/// An array expression that cannot be read, or an index that is too high.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid job array specification")]
pub struct ArrayError;

/// Reads an array expression; indices stay below `max_array_size` (MaxArraySize).
pub fn parse(text: &str, max_array_size: u32) -> Result<ArraySpec, ArrayError> {
    let mut indices = BTreeSet::new();
    let mut max_running = None;
    for item in text.split(',') {
        let (range, limit) = item.split_once('%').map_or((item, None), |(range, limit)| (range, Some(limit)));
        if let Some(limit) = limit {
            max_running = match number(limit)? {
                0 => None,
                limit => Some(limit),
            };
        }
        let (range, step) = range.split_once(':').map_or((range, None), |(range, step)| (range, Some(step)));
        let step = step.map_or(Ok(1), number)?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (number(first)?, number(last)?);
        if step == 0 || last < first || last >= max_array_size {
            return Err(ArrayError);
        }
        indices.extend((first..=last).step_by(step as usize));
    }
    Ok(ArraySpec { indices: indices.into_iter().collect(), max_running })
}

fn number(text: &str) -> Result<u32, ArrayError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ArrayError);
    }
    text.parse().map_err(|_| ArrayError)
}

/// Writes indices as squeue shows those of waiting array jobs, without the brackets: `0-3,7%2`; evenly spaced ones
/// as `0-12:4`.
pub fn compress(indices: &[u32], max_running: Option<u32>) -> String {
    let mut items: Vec<String> = Vec::new();
    let mut rest = indices;
    while let [first, behind @ ..] = rest {
        let step = behind.first().map_or(1, |second| second.saturating_sub(*first));
        let mut length = 1;
        while rest.get(length).is_some_and(|next| next.checked_sub(rest[length - 1]) == Some(step)) {
            length += 1;
        }
        // Two indices that are apart are no series: `3,7`.
        if length == 2 && step > 1 {
            length = 1;
        }
        let last = rest[length - 1];
        items.push(match (length, step) {
            (1, _) => first.to_string(),
            (_, 1) => format!("{first}-{last}"),
            (_, step) => format!("{first}-{last}:{step}"),
        });
        rest = &rest[length..];
    }
    let list = items.join(",");
    match max_running {
        Some(limit) => format!("{list}%{limit}"),
        None => list,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0-15:4%2,17", &[0, 4, 8, 12, 17], Some(2))]
    #[case("3", &[3], None)]
    #[case("5,1-3,2", &[1, 2, 3, 5], None)]
    #[case("0-1%0", &[0, 1], None)]
    fn expressions_are_read(#[case] text: &str, #[case] indices: &[u32], #[case] limit: Option<u32>) {
        assert_eq!(parse(text, 1001), Ok(ArraySpec { indices: indices.to_vec(), max_running: limit }));
    }

    #[rstest]
    #[case("")]
    #[case("1-")]
    #[case("3-1")]
    #[case("1-3:0")]
    #[case("1001")]
    #[case("1,,2")]
    #[case("1%x")]
    fn rubbish_is_refused(#[case] text: &str) {
        assert_eq!(parse(text, 1001), Err(ArrayError));
    }

    #[test]
    fn indices_are_written_short() {
        assert_eq!(compress(&[0, 1, 2, 3, 7], Some(2)), "0-3,7%2");
        assert_eq!(compress(&[0, 4, 8, 12, 17], None), "0-12:4,17");
        assert_eq!(compress(&[3, 7], None), "3,7");
    }
}
