//! What a case comes to. A fail of the product and a fault of the harness are told apart by type, from the first line.

use std::fmt;

use crate::need::Need;
use crate::rules::Rule;

/// What a case's function gives.
pub type Outcome = Result<(), Failure>;

/// Why a case is no pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The product did not do what a rule says.
    Failed(Mismatch),
    /// Something is absent that the case needs; the text says what was found.
    Unsupported(Need, String),
    /// The harness broke, which says nothing of the product.
    Broken(String),
    /// The run was interrupted; the case has no result.
    Interrupted,
}

/// What was expected, what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What the rule asks for.
    pub expected: String,
    /// What was seen instead; may have several lines.
    pub seen: String,
    /// The rule, where it is not the case's first one.
    pub rule: Option<&'static Rule>,
    /// Whether the command had not ended when its time was over.
    pub hung: bool,
}

impl Failure {
    /// A fail, from what was expected and what was seen.
    pub fn failed(expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self::Failed(Mismatch { expected: expected.into(), seen: seen.into(), rule: None, hung: false })
    }

    /// A fault of the harness: what it was about, and the cause.
    pub fn broken(what: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self::Broken(format!("{what}: {cause}"))
    }
}

/// Checks one condition: passes, or fails with what was expected and seen.
pub fn expect(holds: bool, expected: impl Into<String>, seen: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(Failure::failed(expected, seen)) }
}

/// Checks two values for equality; `what` names them: "the node's name".
pub fn expect_eq<T: PartialEq + fmt::Debug + ?Sized>(what: &str, seen: &T, expected: &T) -> Outcome {
    expect(seen == expected, format!("{what} is {expected:?}"), format!("it is {seen:?}"))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(Mismatch { expected, seen, .. }) => {
                let first = |text: &str| text.lines().next().unwrap_or("nothing").trim_end().to_owned();
                write!(f, "expected {}; seen: {}", first(expected), first(seen))
            }
            Self::Unsupported(need, found) => {
                write!(f, "{}: {found}; {}", need.name(), need.remedy())
            }
            Self::Broken(what) => f.write_str(what),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl From<std::io::Error> for Failure {
    /// An error of the system outside a product's command is the harness's own.
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}
