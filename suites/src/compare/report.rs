//! What is shown of a comparison: for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::diff::Difference;
use super::run::Compared;
use crate::rules;

/// The most lines that are shown of one side of a difference.
const SHOWN: usize = 30;

/// `{"scenarios":[{"id":…,"release":…,"explained":[…],"unexplained":[…]}]}`
pub fn json(scenarios: &[Compared]) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        scenarios: &'a [Compared],
    }
    // Strings and lists always print.
    serde_json::to_string_pretty(&Report { scenarios }).unwrap_or_default() + "\n"
}

/// One scenario with its differences.
pub fn one(compared: &Compared) -> String {
    let mut text = String::new();
    let verdict = match (&compared.error, compared.unexplained.len(), compared.explained.len()) {
        (Some(_), ..) => "error".to_owned(),
        (None, 0, 0) => "same".to_owned(),
        (None, 0, explained) => format!("same but for {explained} explained"),
        (None, unexplained, _) => format!("{unexplained} different"),
    };
    let _ = writeln!(text, "{:<40} {verdict}", compared.id);
    if let Some(error) = &compared.error {
        let _ = writeln!(text, "    {error}");
    }
    for difference in &compared.unexplained {
        show(difference, &mut text);
    }
    text
}

fn show(difference: &Difference, text: &mut String) {
    let rule = rules::find(difference.rule).map_or("", |rule| rule.text);
    let _ = writeln!(text, "    {} concerns {}: {rule}", difference.fact, difference.rule);
    for (sign, lines) in [("real", &difference.real), ("mock", &difference.mock)] {
        for line in lines.iter().take(SHOWN) {
            let _ = writeln!(text, "        {sign} | {line}");
        }
        if lines.len() > SHOWN {
            let _ = writeln!(text, "        {sign} | … {} more", lines.len() - SHOWN);
        }
    }
}

/// The last line.
pub fn summary(scenarios: &[Compared]) -> String {
    let count = |holds: &dyn Fn(&&Compared) -> bool| scenarios.iter().filter(holds).count();
    let errors = count(&|one| one.error.is_some());
    let different = count(&|one| !one.unexplained.is_empty());
    let explained = count(&|one| !one.explained.is_empty());
    format!(
        "{} scenarios compared: {} the same, {different} different, {explained} with explained differences, {errors} errors\n",
        scenarios.len(),
        scenarios.len() - different - errors,
    )
}
