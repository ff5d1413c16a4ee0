//! The options of `scontrol`.

use std::ffi::OsString;

use super::text::Style;
use crate::client::options::{Row, Takes, UsageError, help, parse, process_env};

/// Said when there is nothing to do: there is no interactive mode here.
pub(super) const NO_COMMAND: &str = "scontrol: error: no command given; see scontrol --help";

const fn row(
    short: Option<char>,
    long: &'static str,
    env: &'static [&'static str],
    help: &'static str,
) -> Row {
    Row { short, long, takes: Takes::Nothing, env, help }
}

static TABLE: &[Row] = &[
    row(Some('a'), "all", &["SCONTROL_ALL"], "hidden partitions too (there are none)"),
    row(Some('d'), "details", &[], "more about each"),
    row(Some('o'), "oneliner", &[], "a line for each"),
    row(Some('Q'), "quiet", &[], "no errors"),
    row(Some('V'), "version", &[], "the version of the cluster"),
    row(Some('h'), "help", &[], "this text"),
];

const COMMANDS: &str = "
Commands:
  show job|step|node|partition [ID], show config, show hostnames|hostlist|hostlistsorted [LIST]
  hold|release|requeue|requeuehold|suspend|resume JOB[,JOB]
  update NodeName=LIST State=STATE [Reason=WHY], update JobId=JOB TimeLimit=TIME
  write batch_script JOB [FILE|-]
  ping, version, shutdown
";

/// A command as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<String>,
    pub(super) style: Style,
    pub(super) quiet: bool,
}

/// What the arguments ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Command(Command),
    Help(String),
    Version,
}

/// Reads the arguments.
pub(super) fn read(args: &[OsString]) -> Result<Asked, UsageError> {
    let parsed = parse(TABLE, args, true, &process_env)?;
    let has = |name: &str| parsed.given.iter().any(|given| given.name == name);
    if has("help") {
        return Ok(Asked::Help(help(TABLE, "scontrol [OPTIONS] COMMAND") + COMMANDS));
    }
    if has("version") {
        return Ok(Asked::Version);
    }
    Ok(Asked::Command(Command {
        words: parsed.words.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        style: Style { details: has("details"), oneliner: has("oneliner") },
        quiet: has("quiet"),
    }))
}
