//! Diagnostics as `miette` shows them: with the piece of the file that is meant.

use std::fmt;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::diagnostic::{Diagnostic, Severity, Stage};

/// How much of a line is shown before and behind the span, in bytes: whole files may stand on one line.
const AROUND: usize = 60;

/// A diagnostic with its place in the text.
#[derive(Clone, Debug)]
pub struct Report {
    diagnostic: Diagnostic,
    excerpt: Excerpt,
}

/// A piece of one line.
#[derive(Clone, Debug)]
struct Excerpt {
    path: String,
    text: String,
    /// Byte offset of the piece in the file.
    start: usize,
    /// Line of the span, from 0.
    line: usize,
    /// Column of the span in characters, from 0.
    column: usize,
    span: SourceSpan,
}

impl Report {
    /// Of a diagnostic, and the text of the file that it speaks of (empty when that cannot be had).
    pub fn new(diagnostic: &Diagnostic, text: &str) -> Self {
        Self { diagnostic: diagnostic.clone(), excerpt: Excerpt::new(diagnostic, text) }
    }
}

impl Excerpt {
    fn new(diagnostic: &Diagnostic, text: &str) -> Self {
        let (from, length) = diagnostic.span;
        let from = floor(text, from);
        let line_start = text[..from].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[from..].find('\n').map_or(text.len(), |at| from + at);
        let to = floor(text, from.saturating_add(length)).clamp(from, line_end);
        let start = floor(text, from.saturating_sub(AROUND)).max(line_start);
        let end = floor(text, to.saturating_add(AROUND).min(line_end)).max(to);
        Self {
            path: diagnostic.path.display().to_string(),
            // A terminal obeys control characters; each is one byte long, as is what stands for it.
            text: text[start..end]
                .replace(|character: char| character.is_ascii_control() && character != '\t', "?"),
            start,
            line: diagnostic.line.saturating_sub(1),
            column: diagnostic.column.saturating_sub(1),
            span: (from, to - from).into(),
        }
    }
}

/// The last border of characters up to an offset.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

impl SourceCode for Excerpt {
    /// The excerpt; without context, which is how the place of a span is asked for, the span alone.
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let skipped = if (before, after) == (0, 0) { self.span.offset() - self.start } else { 0 };
        let data = self.text.as_bytes().get(skipped..).ok_or(MietteError::OutOfBounds)?;
        let span = (self.start + skipped, data.len()).into();
        let (name, column) = (self.path.clone(), if skipped > 0 { self.column } else { 0 });
        Ok(Box::new(MietteSpanContents::new_named(name, data, span, self.line, column, self.line + 1)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.diagnostic.message, self.diagnostic.rule)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.diagnostic.remedy))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = match (self.diagnostic.severity, self.diagnostic.at) {
            (Severity::Error, Stage::Load) => "the file is rejected for this",
            (Severity::Error, Stage::Expand) => "each task dies of this at its launch",
            (Severity::Warning, _) => "here",
        };
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(
            Some(label.to_owned()),
            self.excerpt.span,
        ))))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use miette::{GraphicalReportHandler, GraphicalTheme};

    use super::super::load::load;
    use super::*;
    use crate::Release;

    fn shown(text: &str) -> String {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(140);
        let mut shown = String::new();
        for found in load(text.as_bytes(), Path::new("oci.conf"), Release::Guide).diagnostics {
            handler.render_report(&mut shown, &Report::new(&found, text)).unwrap();
        }
        shown
    }

    #[test]
    fn a_finding_is_shown_in_its_text() {
        insta::assert_snapshot!(shown("RunTimeRun=\"é \\\n\t%q\"\nRunTimeKill=x RunTimeDelete=y\n"));
    }

    #[test]
    fn a_file_on_one_line_is_shown_around_the_fault() {
        let long = "SrunArgs=--verbose ".repeat(20);
        insta::assert_snapshot!(shown(&format!("{long}OCIRunTimeRun=x {long}")));
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_shown() {
        let shown = shown("RunTimeRun=r RunTimeKill=k RunTimeDelete=d \u{1b}[31m \u{7}=\u{1b}]0;x");
        assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown}");
    }
}
