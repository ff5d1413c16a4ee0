//! Every sentence of the guide with the rule that it became, or with the reason why it is none. A command, a file and an expected
//! output count as one sentence each.

use plimsoll_profiles::guide;

use super::table::{Rule, find};

/// `LINE.SENTENCE RULE: how it begins`, or `LINE.SENTENCE -REASON: how it begins`, in the guide's order.
const TABLE: &str = include_str!("sentences.txt");

/// Why a sentence is no rule.
const REASONS: [(&str, &str); 3] = [
    ("heading", "a heading, a mark of a list, or a date"),
    ("background", "says why there is such a thing, and nothing that a program could do wrong"),
    ("host", "about how to install something that is not Slurm's, a runtime's or a bundle's"),
];

/// What became of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// This rule.
    Rule(&'static Rule),
    /// None, for this reason.
    Nothing(&'static str),
}

/// One sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Its line in the guide's text, from 1.
    pub line: usize,
    /// Its place in the line, from 1.
    pub place: usize,
    /// Its words.
    pub text: &'static str,
    /// What became of it; none where the table does not say.
    pub became: Option<Became>,
}

/// Every sentence, in the guide's order.
pub fn sentences() -> Vec<Sentence> {
    let mut all = Vec::new();
    for (line, text) in (1..).zip(guide::TEXT.lines()) {
        for (place, text) in (1..).zip(split(text)) {
            all.push(Sentence { line, place, text, became: became(line, place, text) });
        }
    }
    all
}

/// A line's sentences: one ends with a full stop before a capital letter.
fn split(line: &'static str) -> Vec<&'static str> {
    let mut sentences = Vec::new();
    let mut rest = line;
    let mut from = 0;
    while let Some(stop) = rest[from..].find(". ").map(|at| from + at + 2) {
        if rest[stop..].starts_with(|letter: char| letter.is_ascii_uppercase()) {
            sentences.push(&rest[..stop - 1]);
            rest = &rest[stop..];
            from = 0;
        } else {
            from = stop;
        }
    }
    if !rest.trim().is_empty() {
        sentences.push(rest);
    }
    sentences
}

/// What the table says of a sentence, whose beginning has to be the one that it names.
fn became(line: usize, place: usize, text: &str) -> Option<Became> {
    let key = format!("{line}.{place} ");
    let (word, beginning) = TABLE.lines().find_map(|row| row.strip_prefix(&key)?.split_once(": "))?;
    if !text.starts_with(beginning) {
        return None;
    }
    match word.strip_prefix('-') {
        Some(reason) => REASONS.iter().find(|(name, _)| *name == reason).map(|(_, why)| Became::Nothing(why)),
        None => find(word).map(Became::Rule),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules;

    #[test]
    fn every_sentence_is_a_rule_or_says_why_not() {
        let lost: Vec<Sentence> =
            sentences().into_iter().filter(|sentence| sentence.became.is_none()).collect();
        assert_eq!(lost, []);
        // No row is left over that would speak of another text.
        assert_eq!(TABLE.lines().count(), sentences().len());
    }

    #[test]
    fn every_rule_of_the_guide_has_a_sentence() {
        let cited: BTreeSet<&str> = sentences()
            .iter()
            .filter_map(|sentence| match sentence.became {
                Some(Became::Rule(rule)) => Some(rule.id),
                _ => None,
            })
            .collect();
        let guides = rules::all().map(|rule| rule.id).filter(|id| id.starts_with("G-"));
        assert_eq!(guides.filter(|id| !cited.contains(id)).collect::<Vec<_>>(), Vec::<&str>::new());
    }

    #[test]
    fn a_sentence_that_is_changed_is_found() {
        let one = sentences()[20];
        assert!(one.became.is_some());
        assert_eq!(became(one.line, one.place, "another text"), None);
        assert_eq!(became(9999, 1, one.text), None);
    }
}
