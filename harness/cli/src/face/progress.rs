//! What standard error shows while cases run: a bar on a terminal, and a line for each result that is no pass.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use owo_colors::OwoColorize as _;
use plimsoll_record::text::one_line;
use plimsoll_record::waiver::Waivers;
use plimsoll_record::{Event, Verdict};

/// Shows events as they come.
pub struct Progress {
    bar: ProgressBar,
    running: Vec<String>,
    waivers: Waivers,
}

impl Progress {
    /// A bar for so many results; hidden where standard error is no terminal.
    pub fn new(results: usize, waivers: Waivers) -> Self {
        let bar = ProgressBar::new(u64::try_from(results).unwrap_or(u64::MAX));
        if !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        // The template is constant, and a test reads it.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self { bar, running: Vec::new(), waivers }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::CaseStarted { case, profile } => self.running.push(format!("{case} ({profile})")),
            Event::CaseFinished { result } => {
                let name = format!("{} ({})", result.case, result.profile);
                if let Some(at) = self.running.iter().position(|running| *running == name) {
                    self.running.remove(at);
                }
                self.bar.inc(1);
                let waived = self.waivers.covering(result).map(|_| Verdict::Waived);
                if let Some(word) = word(waived.unwrap_or(result.verdict)) {
                    let reason = result.reason.as_deref().unwrap_or("no reason was given");
                    let line = one_line(&format!("{name}: {reason}")).into_owned();
                    let line = format!("{word} {line}");
                    self.bar.suspend(|| anstream::eprintln!("{line}"));
                }
            }
            Event::RunFinished { .. } => self.bar.finish_and_clear(),
            Event::RunStarted { .. } | Event::RunResumed { .. } | Event::Note { .. } | Event::Unknown => {}
        }
        self.bar.set_message(self.running.join(", "));
    }
}

const TEMPLATE: &str = "{pos}/{len} [{bar:30}] {elapsed} {wide_msg}";

/// The word of a verdict that deserves a line at once.
fn word(verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Fail => Some("FAIL".red().bold().to_string()),
        Verdict::Waived => Some("WAIVED".yellow().bold().to_string()),
        Verdict::Error => Some("ERROR".magenta().bold().to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_is_read() {
        assert!(indicatif::ProgressStyle::with_template(super::TEMPLATE).is_ok());
    }
}
