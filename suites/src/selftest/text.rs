//! The matrix for people: each room's defects with what catches them, then the gaps.

use std::fmt::Write as _;

use super::{DefectRow, Matrix};

/// How many cases of a defect are named.
const NAMED: usize = 4;

/// Renders a matrix.
pub fn render(matrix: &Matrix) -> String {
    let mut out = String::new();
    let mut room = "";
    for row in &matrix.defects {
        if row.room != room {
            room = &row.room;
            // Writing to a string cannot fail.
            let _ = writeln!(out, "\n{room}");
        }
        let _ = writeln!(out, "  {:<38} {}", row.id, caught_by(row));
    }
    list(
        &mut out,
        "caught by one case only",
        matrix.lonely().map(|row| format!("{} ({} of {} tried)", row.id, row.killed_by[0].case, row.tried)),
    );
    list(&mut out, "CAUGHT BY NO CASE", matrix.uncaught().map(|row| format!("{}: {}", row.id, row.what)));
    list(&mut out, "BINDING CASES THAT CATCH NOTHING", matrix.blind().map(|row| row.id.clone()));
    list(
        &mut out,
        "CASES THAT DO NOT PASS WITHOUT A DEFECT",
        matrix.unfit().map(|row| format!("{}: {}", row.id, row.unfit.as_deref().unwrap_or_default())),
    );
    list(
        &mut out,
        "the harness broke",
        matrix.defects.iter().flat_map(|row| row.errors.iter().map(|error| format!("{}: {error}", row.id))),
    );
    let judged: Vec<&DefectRow> = matrix.defects.iter().filter(|row| row.unsupported.is_none()).collect();
    let caught = judged.iter().filter(|row| !row.killed_by.is_empty()).count();
    let useful = matrix.cases.iter().filter(|row| !row.kills.is_empty()).count();
    let tried: usize = matrix.defects.iter().map(|row| row.tried).sum();
    let _ = writeln!(
        out,
        "\n{caught} of {} defects caught; {useful} of {} cases catch one; {tried} runs with a defect in {:.1} s{}",
        judged.len(),
        matrix.cases.len(),
        std::time::Duration::from_millis(matrix.millis).as_secs_f64(),
        if matrix.interrupted { "; interrupted" } else { "" }
    );
    out
}

fn caught_by(row: &DefectRow) -> String {
    if let Some(reason) = &row.unsupported {
        return format!("unsupported: {reason}");
    }
    let mut ids: Vec<&str> = row.killed_by.iter().map(|kill| kill.case.as_str()).collect();
    ids.dedup();
    match ids.len() {
        0 => format!("NOT CAUGHT by {} cases", row.tried),
        count if count > NAMED => format!("{} and {} more", ids[..NAMED].join(", "), count - NAMED),
        _ => ids.join(", "),
    }
}

fn list(out: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}: {}", lines.len());
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::sample;
    use super::*;

    #[test]
    fn gaps_stand_out() {
        insta::assert_snapshot!(render(&sample()));
    }
}
