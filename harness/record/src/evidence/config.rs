//! What became of `config.json` on its way from the user's bundle to the runtime, as a unified diff.

use std::path::Path;

use plimsoll_runtime::recorder::Call;
use serde_json::Value;
use similar::TextDiff;

use super::Command;

/// What stands behind a bundle's name in the name of the file that holds its `config.json` as the user wrote it.
pub(super) const ORIGINAL: &str = ".config.json";

/// Lines around a change.
const CONTEXT: usize = 2;

/// Longest `config.json` that is compared, in bytes.
const LONGEST: u64 = 256 << 10;

/// The difference between the `config.json` of the first bundle that the commands name and that of the first call that has
/// one. None when one of them is missing; empty when they are equal.
pub fn config_change(dir: &Path, commands: &[Command], calls: &[Call]) -> Option<String> {
    let bundle = commands.iter().find_map(|command| command.bundles.first())?;
    let path = dir.join(format!("{bundle}{ORIGINAL}"));
    std::fs::metadata(&path).ok().filter(|data| data.len() <= LONGEST)?;
    let before: Value = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
    let after = calls.iter().find_map(|call| call.config.as_ref())?;
    let text = |value: &Value| serde_json::to_string_pretty(value).map(|text| text + "\n").ok();
    let (before, after) = (text(&before)?, text(after).filter(|text| text.len() as u64 <= LONGEST)?);
    let diff = TextDiff::from_lines(&before, &after);
    let header =
        (format!("{bundle}/config.json, as the user wrote it"), "config.json, as the runtime was given it");
    let changed = diff.unified_diff().context_radius(CONTEXT).header(&header.0, header.1).to_string();
    Some(changed)
}
