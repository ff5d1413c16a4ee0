//! The options of `sinfo`, and the question that they ask.

use std::ffi::OsString;

use super::fields::FIELDS;
use crate::client::columns::Layout;
use crate::client::options::{Row, Takes, UsageError, help, parse};
use crate::hostlist;

const USUAL: &str = "%#P %.5a %.10l %.6D %.6t %N";
const LONG: &str = "%#P %.5a %.10l %.10s %.4r %.8h %.10g %.6D %.11T %N";
const BY_NODE: &str = "%#N %.6D %.#P %6t";
const BY_NODE_LONG: &str = "%#N %.6D %.#P %.11T %4c %.8z %.6m %.8d %.6w %.8f %20E";
const SUMMARY: &str = "%#P %.5a %.10l %.16F %N";
const REASONS: &str = "%20E %9u %19H %N";
const REASONS_LONG: &str = "%20E %12U %19H %6t %N";

/// Names of states that `-t` takes.
const STATES: [&str; 17] = [
    "all",
    "alloc",
    "allocated",
    "comp",
    "completing",
    "down",
    "drain",
    "drained",
    "draining",
    "drng",
    "idle",
    "mix",
    "mixed",
    "no_respond",
    "unk",
    "unknown",
    "fail",
];

const fn row(
    short: Option<char>,
    long: &'static str,
    takes: Takes,
    env: &'static [&'static str],
    help: &'static str,
) -> Row {
    Row { short, long, takes, env, help }
}

static TABLE: &[Row] = &[
    row(Some('a'), "all", Takes::Nothing, &["SINFO_ALL"], "hidden partitions too (there are none)"),
    row(Some('d'), "dead", Takes::Nothing, &[], "nodes that do not answer"),
    row(Some('e'), "exact", Takes::Nothing, &[], "no ranges of values (there are none)"),
    row(Some('h'), "noheader", Takes::Nothing, &[], "no headings"),
    row(Some('l'), "long", Takes::Nothing, &[], "more columns"),
    row(Some('n'), "nodes", Takes::Value("HOSTS"), &[], "these nodes"),
    row(Some('N'), "Node", Takes::Nothing, &[], "a line for each node"),
    row(Some('o'), "format", Takes::Value("FORMAT"), &["SINFO_FORMAT"], "columns, as %[.][WIDTH]LETTER"),
    row(Some('O'), "Format", Takes::Value("LIST"), &[], "columns, as NAME[:[.]WIDTH],…"),
    row(Some('p'), "partition", Takes::Value("LIST"), &["SINFO_PARTITION"], "these partitions"),
    row(Some('r'), "responding", Takes::Nothing, &[], "nodes that answer"),
    row(Some('R'), "list-reasons", Takes::Nothing, &[], "why nodes are drained or down"),
    row(Some('s'), "summarize", Takes::Nothing, &[], "a line for each partition"),
    row(Some('t'), "states", Takes::Value("LIST"), &[], "nodes in these states"),
    row(Some('V'), "version", Takes::Nothing, &[], "the version of the cluster"),
    row(None, "help", Takes::Nothing, &[], "this text"),
    row(None, "usage", Takes::Nothing, &[], "this text"),
];

/// The columns.
pub(super) enum Format {
    /// One of the usual ones, with `#` for the widths of names.
    Usual(&'static str),
    /// Of `-o`.
    Letters(String),
    /// Of `-O`.
    Names(String),
}

/// What is asked for. An empty list asks for all.
pub(super) struct Query {
    pub(super) format: Format,
    pub(super) no_header: bool,
    pub(super) long: bool,
    pub(super) by_node: bool,
    pub(super) reasons: bool,
    pub(super) responding: bool,
    pub(super) dead: bool,
    pub(super) nodes: Vec<String>,
    pub(super) partitions: Vec<String>,
    pub(super) states: Vec<String>,
}

/// What the arguments ask.
pub(super) enum Asked {
    /// Nodes.
    Show(Box<Query>),
    /// The text of `--help`.
    Help(String),
    /// The version.
    Version,
}

/// Arguments that ask nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum OptionError {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error("Unrecognized option: {0}")]
    Word(String),
    #[error("Invalid node format specification: {0}")]
    Format(String),
    #[error("Bad state string: \"{0}\"; valid states: {valid}", valid = STATES.join(","))]
    State(String),
    #[error(transparent)]
    Nodes(#[from] hostlist::HostlistError),
}

/// Reads the arguments.
pub(super) fn read(args: &[OsString], env: &dyn Fn(&str) -> Option<OsString>) -> Result<Asked, OptionError> {
    let parsed = parse(TABLE, args, true, env)?;
    if let Some(word) = parsed.words.first() {
        return Err(OptionError::Word(word.to_string_lossy().into_owned()));
    }
    let has = |name: &str| parsed.given.iter().any(|given| given.name == name);
    let last = |name: &str| {
        let found = parsed.given.iter().enumerate().rfind(|(_, given)| given.name == name)?;
        Some((found.0, found.1.value.as_ref()?.to_string_lossy().into_owned()))
    };
    let items = |name: &str| -> Vec<String> {
        let text = last(name).map(|(_, text)| text).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    if has("help") || has("usage") {
        return Ok(Asked::Help(help(TABLE, "sinfo [OPTIONS]")));
    }
    if has("version") {
        return Ok(Asked::Version);
    }
    let (long, by_node, reasons) = (has("long"), has("Node"), has("list-reasons"));
    let usual = match (reasons, has("summarize"), by_node, long) {
        (true, _, _, true) => REASONS_LONG,
        (true, ..) => REASONS,
        (_, true, ..) => SUMMARY,
        (_, _, true, true) => BY_NODE_LONG,
        (_, _, true, false) => BY_NODE,
        (.., true) => LONG,
        _ => USUAL,
    };
    let format = match (last("format"), last("Format")) {
        (None, None) => Format::Usual(usual),
        (Some((at, _)), Some((behind, names))) if behind > at => Format::Names(names),
        (Some((_, letters)), _) => Format::Letters(letters),
        (None, Some((_, names))) => Format::Names(names),
    };
    let checked = match &format {
        Format::Usual(_) => Ok(()),
        Format::Letters(format) => Layout::percent(format, FIELDS).map(drop),
        Format::Names(format) => Layout::names(format, FIELDS).map(drop),
    };
    checked.map_err(OptionError::Format)?;
    let states: Vec<String> = items("states").iter().map(|state| state.to_ascii_lowercase()).collect();
    if let Some(state) = states.iter().find(|state| !STATES.contains(&state.as_str())) {
        return Err(OptionError::State(state.clone()));
    }
    let nodes = last("nodes").map(|(_, nodes)| nodes).unwrap_or_default();
    Ok(Asked::Show(Box::new(Query {
        format,
        no_header: has("noheader"),
        long,
        by_node,
        reasons,
        responding: has("responding"),
        dead: has("dead"),
        nodes: hostlist::expand(&nodes)?,
        partitions: items("partition"),
        states,
    })))
}
