//! The kill matrix: which case catches which defect, and whether that is enough.

use plimsoll_record::{Level, exit};
use serde::{Serialize, Serializer};

/// A case that failed with a defect and passes without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kill {
    /// The case.
    pub case: String,
    /// The profile it ran under.
    pub profile: String,
    /// What it said.
    pub reason: String,
}

/// A defect and what catches it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DefectRow {
    /// Its id.
    pub id: String,
    /// What is wrong.
    pub what: String,
    /// `runtime`, `launcher` or `client`.
    pub room: String,
    /// The ids of the cases that catch it.
    #[serde(serialize_with = "cases")]
    pub killed_by: Vec<Kill>,
    /// How many cases were tried.
    pub tried: usize,
    /// Why it is not judged here, where it is not.
    pub unsupported: Option<String>,
    /// Where the harness broke.
    pub errors: Vec<String>,
}

/// A case and what it catches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseRow {
    /// Its id.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// The ids of the defects that it catches.
    pub kills: Vec<String>,
    /// Why it is no pass without any defect, where it is none.
    pub unfit: Option<String>,
    /// What is absent here that it needs, where something is: it is not judged then.
    pub unsupported: Option<String>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Name and version of the format.
    pub schema: String,
    /// The defects, in the catalogue's order.
    pub defects: Vec<DefectRow>,
    /// The cases, in the catalogue's order; those of another release left out.
    pub cases: Vec<CaseRow>,
    /// Whether every defect was chosen, so that cases can be judged.
    pub whole: bool,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// Why each case caught what it caught: the defect's id, then the cases.
    pub reasons: Vec<(String, Vec<Kill>)>,
}

/// The format's name and version.
pub const SCHEMA: &str = "plimsoll.selftest/1.0";

fn cases<S: Serializer>(kills: &[Kill], to: S) -> Result<S::Ok, S::Error> {
    let mut ids: Vec<&str> = kills.iter().map(|kill| kill.case.as_str()).collect();
    ids.dedup();
    ids.serialize(to)
}

impl Matrix {
    /// Defects that nothing catches.
    pub fn uncaught(&self) -> impl Iterator<Item = &DefectRow> {
        self.defects.iter().filter(|row| row.unsupported.is_none() && row.killed_by.is_empty())
    }

    /// Defects that one case alone catches, of those that were tried.
    pub fn lonely(&self) -> impl Iterator<Item = &DefectRow> {
        self.defects.iter().filter(|row| {
            let mut ids = row.killed_by.iter().map(|kill| kill.case.as_str());
            ids.next().is_some_and(|first| ids.all(|id| id == first))
        })
    }

    /// Binding cases that catch nothing; none where not every defect was tried.
    pub fn blind(&self) -> impl Iterator<Item = &CaseRow> {
        let binding = |row: &&CaseRow| {
            row.level == Level::Must
                && row.kills.is_empty()
                && row.unfit.is_none()
                && row.unsupported.is_none()
        };
        self.cases.iter().filter(binding).filter(|_| self.whole)
    }

    /// Binding cases that do not pass without any defect, for another reason than that something is absent.
    pub fn unfit(&self) -> impl Iterator<Item = &CaseRow> {
        self.cases.iter().filter(|row| row.level == Level::Must && row.unfit.is_some())
    }

    /// The exit code of the contract.
    pub fn exit_code(&self) -> i32 {
        if self.interrupted {
            return exit::INTERRUPTED;
        }
        if self.defects.is_empty() {
            return exit::NOTHING_RAN;
        }
        let gap = self.uncaught().next().is_some()
            || self.blind().next().is_some()
            || self.unfit().next().is_some();
        i32::from(gap)
    }
}

#[cfg(test)]
pub(super) fn sample() -> Matrix {
    let kill = |case: &str| Kill {
        case: case.to_owned(),
        profile: "builtin-run".to_owned(),
        reason: "expected exit code 42; seen: exit code 0".to_owned(),
    };
    let row = |id: &str, killed_by: Vec<Kill>| DefectRow {
        id: id.to_owned(),
        what: "Something is wrong.".to_owned(),
        room: "runtime".to_owned(),
        killed_by,
        tried: 3,
        unsupported: None,
        errors: vec![],
    };
    let case = |id: &str, kills: &[&str]| CaseRow {
        id: id.to_owned(),
        level: Level::Must,
        kills: kills.iter().map(|id| (*id).to_owned()).collect(),
        unfit: None,
        unsupported: None,
    };
    Matrix {
        schema: SCHEMA.to_owned(),
        defects: vec![
            row("runtime.a", vec![kill("step.x"), kill("step.y")]),
            row("runtime.b", vec![kill("step.x")]),
            row("runtime.c", vec![]),
        ],
        cases: vec![
            case("step.x", &["runtime.a", "runtime.b"]),
            case("step.y", &["runtime.a"]),
            case("step.z", &[]),
        ],
        whole: true,
        interrupted: false,
        millis: 1200,
        reasons: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_named_and_fail() {
        let mut matrix = sample();
        assert_eq!(matrix.uncaught().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["runtime.c"]);
        assert_eq!(matrix.lonely().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["runtime.b"]);
        assert_eq!(matrix.blind().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["step.z"]);
        assert_eq!(matrix.exit_code(), exit::FAILED);
        matrix.defects.pop();
        assert_eq!(matrix.exit_code(), exit::FAILED);
        matrix.cases[2].unsupported = Some("nodes: there are none".to_owned());
        assert_eq!(matrix.exit_code(), exit::OK);
        matrix.cases[0].unfit = Some("it fails".to_owned());
        assert_eq!(matrix.exit_code(), exit::FAILED);
        matrix.interrupted = true;
        assert_eq!(matrix.exit_code(), exit::INTERRUPTED);
    }

    #[test]
    fn some_defects_alone_say_nothing_of_cases() {
        let matrix = Matrix { whole: false, ..sample() };
        assert_eq!(matrix.blind().count(), 0);
    }

    #[test]
    fn the_contract_holds() {
        let text = serde_json::to_value(sample()).unwrap();
        assert_eq!(text["defects"][0]["killed_by"], serde_json::json!(["step.x", "step.y"]));
        assert_eq!(text["cases"][0]["kills"], serde_json::json!(["runtime.a", "runtime.b"]));
    }
}
