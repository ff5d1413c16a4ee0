//! The form of `scontrol show`: lines of `Key=Value` that are indented under the first one, or all in one line.

use plimsoll_launcher::Release;

/// How things are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// `-d`
    pub(super) details: bool,
    /// `-o`
    pub(super) oneliner: bool,
}

/// Whether a release shows trackable resources as asked for and as got, each in its own line.
pub(super) fn splits_tres(release: Release) -> bool {
    release.at_least(Release::V23_02)
}

/// One thing: its lines, joined as the style says, with the empty line that ends it.
pub(super) fn block(lines: &[String], style: Style) -> String {
    if style.oneliner {
        let words: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
        return words.join(" ") + "\n";
    }
    lines.join("\n   ") + "\n\n"
}

/// `YES` or `NO`.
pub(super) const fn yes_no(yes: bool) -> &'static str {
    if yes { "YES" } else { "NO" }
}

/// A list of hosts, or `(null)` for none.
pub(super) fn hosts_or_null(hosts: &[String]) -> String {
    if hosts.is_empty() { "(null)".to_owned() } else { crate::hostlist::compress(hosts) }
}
