//! A run for GitHub: a summary of the job, and annotations, of which the host shows ten of a kind at most.

use std::fmt::Write as _;

use crate::html::line;
use crate::record::open_end;
use crate::text::{one_line, short_line};
use crate::{Record, Verdict};

/// Annotations that the host shows of one step.
const SHOWN: usize = 10;

/// Failures in the summary, whose length is limited.
const LISTED: usize = 200;

/// Longest reason, in characters.
const REASON: usize = 300;

/// The summary: HTML in Markdown, so that nothing a program said is markup.
pub fn summary(record: &Record) -> String {
    let mut text = "<h2>plimsoll</h2>\n".to_owned();
    if let Some(end) = open_end(record) {
        let _ = writeln!(text, "<p><b>{}</b></p>", line(&end));
    }
    text += "<table>\n<tr><th>profile</th>";
    for verdict in Verdict::ALL {
        let _ = write!(text, "<th>{verdict}</th>");
    }
    text += "<th>driven by</th></tr>\n";
    for (id, profile) in record.profiles() {
        let _ = write!(text, "<tr><td>{}</td>", line(id));
        for verdict in Verdict::ALL {
            let count = record.results().filter(|one| one.profile == id && one.verdict == verdict).count();
            let _ = write!(text, "<td align=\"right\">{count}</td>");
        }
        let why = profile.map(|profile| {
            let double = if profile.real { "" } else { "DOUBLE: " };
            format!("{double}{}", line(&profile.why))
        });
        let _ = writeln!(text, "<td>{}</td></tr>", why.unwrap_or_default());
    }
    text += "</table>\n";
    let wrong = |verdict| matches!(verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error);
    let failed: Vec<_> = record.results().filter(|result| wrong(result.verdict)).collect();
    if !failed.is_empty() {
        text +=
            "<table>\n<tr><th>verdict</th><th>case</th><th>profile</th><th>reason</th><th>repeat</th></tr>\n";
        for result in failed.iter().take(LISTED) {
            let reason = short_line(result.reason.as_deref().unwrap_or_default(), REASON);
            let _ = writeln!(
                text,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
                result.verdict,
                line(&result.case),
                line(&result.profile),
                line(&reason),
                line(&result.repeat)
            );
        }
        text += "</table>\n";
        if failed.len() > LISTED {
            let _ = writeln!(text, "<p>{} more are in the record.</p>", failed.len() - LISTED);
        }
    }
    text
}

/// The annotations, a workflow command a line. What does not fit is counted in the last one.
pub fn annotations(record: &Record) -> String {
    let wrong = |verdict| matches!(verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error);
    let failed: Vec<_> = record.results().filter(|result| wrong(result.verdict)).collect();
    let told = if failed.len() > SHOWN { SHOWN - 1 } else { failed.len() };
    let mut text = String::new();
    for result in failed.iter().take(told) {
        let title = format!("{} ({})", result.case, result.profile);
        let reason = result.reason.as_deref().unwrap_or("no reason was given");
        let _ =
            writeln!(text, "::error title={}::{}", property(&title), message(&short_line(reason, REASON)));
    }
    if told < failed.len() {
        let more = failed.len() - told;
        let _ =
            writeln!(text, "::error title=plimsoll::{more} more cases failed; the job's summary names them");
    }
    text
}

fn message(text: &str) -> String {
    one_line(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_summary_has_tables_and_no_markup_of_others() {
        let mut record = sample::record();
        record.settled[0].result.profile = "<img src=x>".to_owned();
        let text = summary(&record);
        assert!(!text.contains("<img") && text.contains("&lt;img"), "{text}");
        insta::assert_snapshot!(summary(&sample::record()));
    }

    #[test]
    fn an_annotation_is_one_command_whatever_a_program_said() {
        let mut record = sample::record();
        record.settled.retain(|one| one.result.verdict == Verdict::Fail);
        record.settled[0].result.reason = Some("50 %\n::set-output name=x::y".to_owned());
        record.settled[0].result.case = "a,b::c".to_owned();
        let text = annotations(&record);
        assert_eq!(text, "::error title=a%2Cb%3A%3Ac (crun-run)::50 %25␊::set-output name=x::y\n");
        let one = record.settled[0].clone();
        record.settled.extend(std::iter::repeat_n(one, 20));
        let text = annotations(&record);
        assert_eq!((text.lines().count(), text.contains("12 more cases failed")), (10, true), "{text}");
    }
}
