//! What stands above the results: how the run ended, what ran where, what there is to hear beside the verdicts.

use std::fmt::Write as _;

use super::escape::{line, text};
use super::matrix::WORST_FIRST;
use crate::record::open_end;
use crate::waiver::WaiverReport;
use crate::{Record, Verdict};

/// The verdicts counted, the worst first: `2 fail, 5 pass`.
pub fn verdicts(record: &Record) -> Vec<(Verdict, usize)> {
    WORST_FIRST
        .into_iter()
        .map(|verdict| (verdict, record.count(verdict)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// The heading of the page.
pub fn header(record: &Record) -> String {
    let run = &record.run;
    let mut html = "<header>\n<h1>plimsoll</h1>\n<p class=\"counts\">".to_owned();
    for (verdict, count) in verdicts(record) {
        let _ = write!(html, "<b class=\"{verdict}\">{count} {verdict}</b> ");
    }
    html += "</p>\n";
    if let Some(end) = open_end(record) {
        let _ = writeln!(html, "<p class=\"fail\"><b>{}</b></p>", line(&end));
    }
    html += "<dl class=\"run\">\n";
    let seconds = format!("{}.{} s", record.millis / 1000, record.millis % 1000 / 100);
    let command = run.command.join(" ");
    let rows = [
        ("run", run.id.as_str()),
        ("started", run.started.as_str()),
        ("took", &seconds),
        ("world", run.world.as_str()),
        ("release", run.release.as_str()),
        ("plimsoll", run.plimsoll.as_str()),
        ("command", &command),
    ];
    let host = run.host.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in rows.into_iter().chain(host) {
        let whole = if value.len() > 40 { " class=\"whole\"" } else { "" };
        let _ = writeln!(html, "<div{whole}><dt>{}</dt><dd>{}</dd></div>", line(name), text(value));
    }
    html += "</dl>\n</header>\n";
    html
}

/// What drives each profile; a double is never to be taken for the program whose name it bears.
pub fn profiles(record: &Record) -> String {
    let mut html = "<details><summary>What drives each profile</summary>\n<ul>\n".to_owned();
    for (id, profile) in record.profiles() {
        let Some(profile) = profile else { continue };
        let double = if profile.real { "" } else { "<b class=\"waived\">double</b> " };
        let (id, mode, why) = (line(id), line(&profile.mode), line(&profile.why));
        let _ = writeln!(html, "<li><b>{id}</b>, {mode} mode: {double}{why}</li>");
    }
    html += "</ul></details>\n";
    html
}

/// Notes and what became of the waivers.
pub fn remarks(record: &Record) -> String {
    let waivers = record.waivers.iter().filter_map(WaiverReport::remark);
    let remarks: Vec<String> = waivers.chain(record.notes.iter().cloned()).collect();
    if remarks.is_empty() {
        return String::new();
    }
    let items: String = remarks.iter().map(|remark| format!("<li>{}</li>\n", line(remark))).collect();
    format!("<section aria-labelledby=\"notes\"><h2 id=\"notes\">Notes</h2>\n<ul>\n{items}</ul></section>\n")
}

/// The form that chooses what is shown. It is hidden until the script makes it work.
pub fn filters(record: &Record, areas: &[&str]) -> String {
    let mut html =
        "<form id=\"filters\" hidden aria-label=\"Filter the results\">\n<fieldset><legend>verdict</legend>"
            .to_owned();
    for (verdict, count) in verdicts(record) {
        let _ = write!(
            html,
            "<label><input type=\"checkbox\" name=\"v\" value=\"{verdict}\" checked> {verdict} ({count})</label> "
        );
    }
    html += "</fieldset>\n<label>profile <select name=\"p\"><option value=\"\">all</option>";
    for (index, (id, _)) in record.profiles().iter().enumerate() {
        let _ = write!(html, "<option value=\"{index}\">{}</option>", line(id));
    }
    html += "</select></label>\n<label>area <select name=\"a\"><option value=\"\">all</option>";
    for (index, area) in areas.iter().enumerate() {
        let _ = write!(html, "<option value=\"{index}\">{}</option>", line(area));
    }
    html += "</select></label>\n<label>search <input type=\"search\" name=\"q\" autocomplete=\"off\"></label>\n\
             <button type=\"reset\">Show all</button>\n<button type=\"button\" id=\"previous\">Previous problem</button>\n\
             <button type=\"button\" id=\"next\">Next problem</button>\n</form>\n<p id=\"shown\" role=\"status\"></p>\n";
    html
}
