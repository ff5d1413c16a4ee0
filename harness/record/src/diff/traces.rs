//! How evidence changed: the traces of the two sides, as far as the records still hold them.

use std::path::Path;

use super::surroundings::unified;
use super::{Change, Seen};
use crate::evidence;

/// The lines that differ between the traces of the two sides, at most so many; none where one side has no evidence left.
pub fn changed(change: &Change, before: &Path, after: &Path, most: usize) -> Option<Vec<String>> {
    let read = |seen: &Option<Seen>, dir: &Path| {
        let dir = dir.join(&seen.as_ref()?.evidence);
        dir.is_dir().then(|| evidence::trace(&dir))
    };
    let (old, new) = (read(&change.before, before)?, read(&change.after, after)?);
    let diff = unified(&old, &new);
    let differs = |line: &&str| line.starts_with(['+', '-']);
    let mut lines: Vec<String> = diff.lines().filter(differs).map(str::to_owned).collect();
    if lines.len() > most {
        let more = lines.len() - most;
        lines.truncate(most);
        lines.push(format!("… {more} more lines"));
    }
    Some(lines)
}
