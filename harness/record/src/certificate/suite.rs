//! Proof that the suite itself was sound: the kill matrix of `plimsoll selftest` for the same build.

use serde::{Deserialize, Serialize};

use crate::Level;

/// What is said of the suite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// Whether the matrix of this build shows that each defect is caught, and each binding case catches one.
    pub sound: bool,
    /// Known defects that were tried.
    pub defects: usize,
    /// Why it is not shown, where it is not.
    pub why: Option<String>,
}

#[derive(Deserialize)]
struct Matrix {
    #[serde(default)]
    program: Option<String>,
    #[serde(default)]
    whole: bool,
    #[serde(default)]
    interrupted: bool,
    defects: Vec<Defect>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Defect {
    id: String,
    killed_by: Vec<String>,
    unsupported: Option<String>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    level: Level,
    kills: Vec<String>,
    unfit: Option<String>,
    unsupported: Option<String>,
}

impl Suite {
    /// Judges a matrix, `selftest.json`, for the build whose SHA-256 is `program`.
    pub fn judge(matrix: Option<&[u8]>, program: Option<&str>) -> Self {
        let Some(text) = matrix else {
            let why =
                "no kill matrix was given: run `plimsoll selftest` and hand its file over with --selftest";
            return Self { why: Some(why.to_owned()), ..Self::default() };
        };
        let matrix: Matrix = match serde_json::from_slice(text) {
            Ok(matrix) => matrix,
            Err(cause) => {
                return Self {
                    why: Some(format!("the kill matrix cannot be read: {cause}")),
                    ..Self::default()
                };
            }
        };
        let why = why_not(&matrix, program);
        Self { sound: why.is_none(), defects: matrix.defects.len(), why }
    }
}

fn why_not(matrix: &Matrix, program: Option<&str>) -> Option<String> {
    if program.is_none() || matrix.program.as_deref() != program {
        return Some("the kill matrix is another build's".to_owned());
    }
    if !matrix.whole || matrix.interrupted || matrix.defects.is_empty() {
        return Some("the kill matrix is not of every defect".to_owned());
    }
    let uncaught = matrix.defects.iter().find(|one| one.killed_by.is_empty() && one.unsupported.is_none());
    if let Some(defect) = uncaught {
        return Some(format!("no case catches the defect {}", defect.id));
    }
    let judged = |case: &&Case| case.level == Level::Must && case.unsupported.is_none();
    for case in matrix.cases.iter().filter(judged) {
        if let Some(unfit) = &case.unfit {
            return Some(format!("{} does not pass without a defect: {unfit}", case.id));
        }
        if case.kills.is_empty() {
            return Some(format!("{} catches no defect", case.id));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(program: &str, killed_by: &[&str], kills: &[&str]) -> Vec<u8> {
        let json = serde_json::json!({
            "program": program, "whole": true, "interrupted": false,
            "defects": [{"id": "runtime.a", "killed_by": killed_by}],
            "cases": [{"id": "step.x", "level": "must", "kills": kills}]
        });
        serde_json::to_vec(&json).unwrap()
    }

    #[rstest::rstest]
    #[case(&matrix("abc", &["step.x"], &["runtime.a"]), None)]
    #[case(&matrix("other", &["step.x"], &["runtime.a"]), Some("another build's"))]
    #[case(&matrix("abc", &[], &["runtime.a"]), Some("no case catches the defect runtime.a"))]
    #[case(&matrix("abc", &["step.x"], &[]), Some("step.x catches no defect"))]
    #[case(b"{", Some("cannot be read"))]
    fn a_matrix_is_judged_and_not_believed(#[case] matrix: &[u8], #[case] why: Option<&str>) {
        let suite = Suite::judge(Some(matrix), Some("abc"));
        assert_eq!(suite.sound, why.is_none());
        assert!(why.is_none_or(|why| suite.why.as_ref().is_some_and(|said| said.contains(why))), "{suite:?}");
        assert!(!Suite::judge(Some(matrix), None).sound && !Suite::judge(None, Some("abc")).sound);
    }
}
