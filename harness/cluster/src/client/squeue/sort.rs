//! The order of lines: `-S` with the letters of `-o`.

use std::cmp::Ordering;

use super::jobs::{FIELDS, JobRow};

/// One letter of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    letter: char,
    descending: bool,
}

/// What squeue does unless told otherwise: by partition, then by state, then the highest priority first.
pub(super) const DEFAULT: &str = "P,t,-p";

/// Reads an order; the error is the letter that is not known.
pub(super) fn read(text: &str) -> Result<Vec<Key>, char> {
    let mut keys = Vec::new();
    let mut descending = false;
    for character in text.chars() {
        match character {
            ',' | ' ' | '+' => descending = false,
            '-' => descending = true,
            letter if FIELDS.iter().any(|column| column.letter == Some(letter)) => {
                keys.push(Key { letter, descending });
                descending = false;
            }
            letter => return Err(letter),
        }
    }
    Ok(keys)
}

/// Sorts; jobs that are alike keep their order.
pub(super) fn jobs(mut rows: Vec<JobRow>, keys: &[Key]) -> Vec<JobRow> {
    rows.sort_by(|left, right| {
        keys.iter().fold(Ordering::Equal, |order, key| {
            order.then_with(|| {
                let order = compare(key.letter, left, right);
                if key.descending { order.reverse() } else { order }
            })
        })
    });
    rows
}

fn compare(letter: char, left: &JobRow, right: &JobRow) -> Ordering {
    match number(letter, left).zip(number(letter, right)) {
        Some((left, right)) => left.cmp(&right),
        None => text(letter, left).cmp(&text(letter, right)),
    }
}

/// What is ordered as a number.
fn number(letter: char, row: &JobRow) -> Option<i64> {
    let job = &row.job;
    Some(match letter {
        'i' | 'A' => i64::from(job.id),
        'F' => i64::from(job.array.as_ref().map_or(job.id, |array| array.job_id)),
        'K' => i64::from(job.array.as_ref().map_or(0, |array| array.task_id)),
        'U' => i64::from(job.uid),
        'G' => i64::from(job.gid),
        't' | 'T' => job.state as i64,
        'D' => i64::from(job.num_nodes),
        'C' => i64::from(job.num_cpus),
        'c' => i64::from(job.cpus_per_task),
        'm' => i64::try_from(job.mem_per_node.unwrap_or(0)).unwrap_or(i64::MAX),
        'M' => i64::try_from(job.run_time(row.now)).unwrap_or(i64::MAX),
        'l' => job.time_limit.map_or(i64::MAX, i64::from),
        'L' => row.time_left().unwrap_or(i64::MAX),
        'S' => job.start_time,
        'e' => job.end_time,
        'V' => job.submit_time,
        'p' | 'Q' => i64::from(job.priority),
        _ => return None,
    })
}

fn text(letter: char, row: &JobRow) -> String {
    let column = FIELDS.iter().find(|column| column.letter == Some(letter));
    column.map(|column| (column.value)(row)).unwrap_or_default()
}
