//! What a rule is, the macro that writes a table of them, and look-up by id.

use plimsoll_record::Level;

/// One normative sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable id: `G-REQ-5`.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// The sentence.
    pub text: &'static str,
    /// Where it stands.
    pub source: &'static str,
}

/// Writes a table of rules: a constant each, and the list of them all under the name given first.
macro_rules! rules {
    ($list:ident; $($(#[$meta:meta])* $source:literal { $($name:ident $id:literal $level:ident $text:literal;)+ })+) => {
        $($(
            #[doc = concat!($id, ": ", $text)]
            pub const $name: &$crate::rules::Rule = &$crate::rules::Rule {
                id: $id,
                level: plimsoll_record::Level::$level,
                text: $text,
                source: $source,
            };
        )+)+
        /// The rules of this file, in their order.
        pub(super) const $list: &[&$crate::rules::Rule] = &[$($($name,)+)+];
    };
}
pub(super) use rules;

/// Every rule, in the order of its sources.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [super::guide::GUIDE, super::launcher::LAUNCHER, super::ociconf::OCI_CONF].into_iter().flatten().copied()
}

/// The rule with an id, in any case of letters.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_sentences_are_sentences() {
        let mut seen = BTreeSet::new();
        for rule in all() {
            assert!(seen.insert(rule.id), "{} stands twice", rule.id);
            assert!(rule.text.ends_with('.') && rule.text.len() > 20, "{}: {}", rule.id, rule.text);
            assert!(!rule.source.is_empty(), "{}", rule.id);
        }
    }
}
