//! The evidence of a case on the page: commands and their streams, the runtime's calls on a line of time, the change of
//! `config.json`, other files.

use std::fmt::Write as _;
use std::path::Path;

use super::escape::{line, text};
use crate::evidence::{CallNote, Excerpt, calls, commands, config_change, files};

/// Width of the line of time, in its own units.
const WIDTH: u64 = 1000;

/// What lies in the folder of a case; empty when there is nothing.
pub fn section(dir: &Path) -> String {
    let commands = commands(dir);
    let mut html = String::new();
    for command in &commands {
        html += &command_line(&command.line);
        let _ = writeln!(html, "<p>{}, {} ms</p>", line(&command.end), command.millis);
        html += &stream("standard output", &command.stdout);
        html += &stream("standard error", &command.stderr);
    }
    match calls(dir) {
        Ok((notes, more, calls)) => {
            html += &timeline(&notes, more);
            if let Some(change) = config_change(dir, &commands, &calls) {
                html += &config(&change);
            }
        }
        Err(error) => {
            let _ = writeln!(html, "<p>{}</p>", line(&error));
        }
    }
    for file in files(dir).iter().filter(|file| !file.text.is_empty()) {
        html += &format!("<details><summary>{}</summary>{}</details>\n", line(&file.name), pre(&file.text));
    }
    html
}

/// A command with a button that copies it.
pub fn command_line(command: &str) -> String {
    format!(
        "<div class=\"cmd\"><pre><code>{}</code></pre><button type=\"button\" class=\"copy\" hidden>Copy</button></div>\n",
        text(command)
    )
}

fn stream(name: &str, excerpt: &Excerpt) -> String {
    if excerpt.is_empty() {
        return String::new();
    }
    format!("<p>{name}, {} bytes</p>{}\n", excerpt.total, pre(excerpt))
}

/// Lines that can be scrolled to the side, with the keyboard too.
fn pre(excerpt: &Excerpt) -> String {
    format!("<pre tabindex=\"0\">{}</pre>", text(&excerpt.text))
}

fn timeline(calls: &[CallNote], more: usize) -> String {
    let Some(last) = calls.iter().map(|call| call.after + call.micros.unwrap_or(0)).max() else {
        return String::new();
    };
    let scale = |micros: u64| micros.saturating_mul(WIDTH) / last.max(1);
    let mut html = "<div class=\"wide\"><table class=\"calls\"><caption>Calls of the runtime</caption>\n<thead><tr>\
                    <th scope=\"col\">operation</th><th scope=\"col\">began after</th><th scope=\"col\">took</th>\
                    <th scope=\"col\">ended with</th><th scope=\"col\">when</th><th scope=\"col\">command</th></tr></thead>\n<tbody>\n"
        .to_owned();
    for call in calls {
        let took = call.micros.map_or_else(|| "-".to_owned(), millis);
        let (x, width) = (scale(call.after), scale(call.micros.unwrap_or(0)).max(4));
        let _ = write!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{took}</td><td>{}</td><td><svg viewBox=\"0 0 {WIDTH} 10\" \
             preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect x=\"{x}\" y=\"0\" width=\"{width}\" height=\"10\"/></svg></td>\
             <td><code>{}</code>",
            line(&call.operation),
            millis(call.after),
            line(&call.end),
            line(&call.line),
        );
        if !call.output.is_empty() {
            let _ = write!(html, "<pre tabindex=\"0\">{}</pre>", text(&call.output));
        }
        html += "</td></tr>\n";
    }
    html += "</tbody></table></div>\n";
    if more > 0 {
        let _ = writeln!(html, "<p>{more} more calls are in the record.</p>");
    }
    html
}

fn millis(micros: u64) -> String {
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}

fn config(change: &str) -> String {
    if change.is_empty() {
        return "<p>config.json was given to the runtime as the user wrote it.</p>\n".to_owned();
    }
    let mut html =
        "<details><summary>What became of config.json</summary><pre class=\"diff\" tabindex=\"0\">"
            .to_owned();
    for one in change.lines() {
        let (open, close) = match one.as_bytes().first() {
            Some(b'+') => ("<ins>", "</ins>"),
            Some(b'-') => ("<del>", "</del>"),
            _ => ("", ""),
        };
        let _ = writeln!(html, "{open}{}{close}", line(one));
    }
    html + "</pre></details>\n"
}
