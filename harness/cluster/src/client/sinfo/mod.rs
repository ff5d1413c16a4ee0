//! `sinfo`: the partitions and nodes of a cluster.

mod fields;
mod group;
mod options;

use std::ffi::OsString;
use std::io::Write as _;

use super::columns::{self, Layout};
use super::{ask, options::complain};
use crate::time;
use crate::view::{NodeView, PartitionView, UnixTime};
use fields::NodeRow;
use options::{Asked, Format, Query};

/// Runs `sinfo` with the arguments behind its name; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let query = match options::read(args, &super::options::process_env) {
        Ok(Asked::Show(query)) => *query,
        Ok(Asked::Help(text)) => {
            print!("{text}");
            return 0;
        }
        Ok(Asked::Version) => return ask::print_version("sinfo"),
        Err(options::OptionError::Usage(error)) => return complain("sinfo", &error),
        Err(error) => {
            eprintln!("sinfo: error: {error}");
            return 1;
        }
    };
    let (nodes, partitions) = match ask::nodes() {
        Ok(found) => found,
        Err(error) => {
            eprintln!("slurm_load_partitions: {error}");
            return 1;
        }
    };
    // A reader that has seen enough (`sinfo | head -1`) is no error.
    let text = render(&nodes, &partitions, &query, time::now());
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    0
}

/// What is printed.
fn render(nodes: &[NodeView], partitions: &[PartitionView], query: &Query, now: UnixTime) -> String {
    let mut lines = Vec::new();
    if query.long && !query.no_header {
        lines.push(columns::clock(now));
    }
    let layout = layout(query, nodes, partitions);
    if !query.no_header {
        lines.push(layout.heading());
    }
    let letters: String = layout.columns().filter_map(|column| column.letter).collect();
    lines.extend(group::rows(nodes, partitions, query, &letters).iter().map(|row| layout.line(row)));
    lines.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// The columns. In the usual ones a `#` stands for the width of the longest name.
fn layout(query: &Query, nodes: &[NodeView], partitions: &[PartitionView]) -> Layout<NodeRow> {
    let usual = match &query.format {
        Format::Letters(format) => format.clone(),
        Format::Names(format) => {
            if let Ok(layout) = Layout::names(format, fields::FIELDS) {
                return layout;
            }
            // The options were checked when they were read.
            String::new()
        }
        Format::Usual(format) => {
            let partition = partitions.iter().map(|one| one.name.len() + usize::from(one.default)).max();
            let node = nodes.iter().map(|one| one.name.len()).max();
            let partition = partition.unwrap_or(0).max("PARTITION".len());
            let node = node.unwrap_or(0).max("NODELIST ".len());
            format.replace("#P", &format!("{partition}P")).replace("#N", &format!("{node}N"))
        }
    };
    Layout::percent(&usual, fields::FIELDS).unwrap_or_default()
}

#[cfg(test)]
mod tests;
