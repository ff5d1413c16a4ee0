//! A diff as one page for a browser, in the frame and under the policy of the report's page.

use std::fmt::Write as _;
use std::path::Path;

use super::speed::percent;
use super::surroundings::shown;
use super::{Change, Diff, Kind, Seen, text as words, traces};
use crate::html::{document, line, text};
use crate::text::short_line;

/// Changes of one kind on the page before the rest is counted.
const MOST: usize = 5000;

/// Results whose changed evidence is shown, and lines of each.
const SHOWN: usize = 300;
const LINES: usize = 40;

/// Longest reason, in characters.
const REASON: usize = 2000;

/// The page.
pub fn render(diff: &Diff<'_>, before: &Path, after: &Path) -> String {
    let (class, verdict) =
        if diff.is_regressed() { ("fail", "regressed") } else { ("pass", "no regression") };
    let mut html = format!(
        "<header>\n<h1>plimsoll diff</h1>\n<p class=\"counts\"><b class=\"{class}\">{verdict}</b></p>\n<p>{}</p>\n",
        line(&words::counts(diff))
    );
    html += "<dl class=\"run\">\n";
    for (name, run) in [("before", diff.before), ("after", diff.after)] {
        let value = format!("{} ({}, release {})", run.id, run.world, run.release);
        let _ = writeln!(html, "<div><dt>{name}</dt><dd>{}</dd></div>", line(&value));
    }
    html += "</dl>\n";
    for doubt in &diff.doubts {
        let _ = writeln!(html, "<p class=\"waived\"><b>{}</b></p>", line(doubt));
    }
    html += "</header>\n<main>\n";
    html += &surroundings(diff);
    html += "<section aria-labelledby=\"results\"><h2 id=\"results\" tabindex=\"-1\">Results</h2>\n";
    for kind in Kind::ALL {
        html += &section(kind, &diff.of(kind).collect::<Vec<_>>(), before, after);
    }
    html += "</section>\n";
    html += &speed(diff);
    html += "</main>\n";
    document(&format!("plimsoll diff: {verdict}"), &html)
}

fn surroundings(diff: &Diff<'_>) -> String {
    let mut html = "<section aria-labelledby=\"around\"><h2 id=\"around\">Surroundings</h2>\n".to_owned();
    if diff.surroundings.is_empty() {
        return html + "<p>Nothing that is noted of them changed.</p></section>\n";
    }
    html += "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">what</th><th scope=\"col\">before</th>\
             <th scope=\"col\">after</th></tr></thead>\n<tbody>\n";
    for row in &diff.surroundings {
        let (before, after) = (shown(row.before.as_deref()), shown(row.after.as_deref()));
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            line(&row.what),
            text(&before),
            text(&after)
        );
        if let Some(diff) = &row.diff {
            let lines = diff.lines().map(str::to_owned).collect::<Vec<_>>();
            let _ = writeln!(html, "<tr><td colspan=\"3\">{}</td></tr>", changed(&lines));
        }
    }
    html + "</tbody></table></div></section>\n"
}

/// Lines of a unified diff.
fn changed(lines: &[String]) -> String {
    let mut html = "<pre class=\"diff\" tabindex=\"0\">".to_owned();
    for one in lines {
        let (open, close) = match one.as_bytes().first() {
            Some(b'+') => ("<ins>", "</ins>"),
            Some(b'-') => ("<del>", "</del>"),
            _ => ("", ""),
        };
        let _ = writeln!(html, "{open}{}{close}", line(one));
    }
    html + "</pre>"
}

fn section(kind: Kind, changes: &[&Change], before: &Path, after: &Path) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut html = format!("<section class=\"area\"><h3>{} ({})</h3>\n", kind.title(), changes.len());
    for (index, change) in changes.iter().take(MOST).enumerate() {
        let side = |side: &Option<Seen>| match side {
            Some(seen) => format!("<b class=\"{0}\">{0}</b>", seen.verdict),
            None => "absent".to_owned(),
        };
        let verdict = change.after.as_ref().or(change.before.as_ref()).map_or("", |seen| seen.verdict.name());
        let _ = write!(
            html,
            "<article class=\"case\"><h4>{}</h4>\n<div class=\"r\" data-v=\"{verdict}\"><p>{} <span>{}</span>: {} to {}</p>\n",
            line(&change.case),
            change.level.name().to_uppercase(),
            line(&change.profile),
            side(&change.before),
            side(&change.after),
        );
        if kind == Kind::Evidence && index < SHOWN {
            if let Some(lines) = traces::changed(change, before, after, LINES) {
                html += &changed(&lines);
            }
        } else {
            html += &reasons(change);
        }
        html += "</div></article>\n";
    }
    if changes.len() > MOST {
        let _ = writeln!(html, "<p class=\"waived\">{} more are in the JSON.</p>", changes.len() - MOST);
    }
    html + "</section>\n"
}

fn reasons(change: &Change) -> String {
    let mut html = String::new();
    for (name, side) in [("before", &change.before), ("after", &change.after)] {
        let Some(seen) = side else { continue };
        if let Some(reason) = &seen.reason {
            let _ = writeln!(html, "<p class=\"why\">{name}: {}</p>", text(&short_line(reason, REASON)));
        }
    }
    if let Some(after) = change.after.as_ref().filter(|seen| !seen.repeat.is_empty()) {
        let _ = writeln!(html, "<p>repeat: <code>{}</code></p>", line(&after.repeat));
    }
    html
}

fn speed(diff: &Diff<'_>) -> String {
    let mut html = "<section aria-labelledby=\"times\"><h2 id=\"times\">Times</h2>\n".to_owned();
    if diff.speed.compared == 0 {
        return html + "<p>Not compared: too few samples of a case in both records.</p></section>\n";
    }
    html += "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">what</th><th scope=\"col\">before</th>\
             <th scope=\"col\">after</th><th scope=\"col\">change</th><th scope=\"col\">by chance</th></tr></thead>\n<tbody>\n";
    for profile in &diff.speed.profiles {
        let change = percent(profile.before, profile.after);
        let note = if profile.changed { "" } else { ", which is noise" };
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}: {} slower, {} faster</th><td>{} ms</td><td>{} ms</td><td>{change}{note}</td>\
             <td>{:.2e}</td></tr>",
            line(&profile.profile),
            profile.slower,
            profile.faster,
            profile.before,
            profile.after,
            profile.p
        );
    }
    for pace in diff.speed.cases.iter().take(MOST) {
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{} ({})</th><td>{} ms</td><td>{} ms</td><td>{}</td><td>{:.2e}</td></tr>",
            line(&pace.case),
            line(&pace.profile),
            pace.before,
            pace.after,
            percent(pace.before, pace.after),
            pace.p
        );
    }
    html + "</tbody></table></div></section>\n"
}
