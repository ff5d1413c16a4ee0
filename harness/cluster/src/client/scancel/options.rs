//! scancel's command line, and the jobs that its filters let through.

use std::ffi::OsString;

use super::target::{self, Named};
use crate::client::options::{Given, Row, Takes, help, parse};
use crate::client::signals;
use crate::client::values::{self, OptionError};
use crate::view::{JobState, JobView};

const USAGE: &str = "scancel [OPTIONS...] [JOB_ID[_TASK_ID][.STEP_ID]...]";

const fn row(
    short: Option<char>,
    long: &'static str,
    takes: Takes,
    env: &'static [&'static str],
    help: &'static str,
) -> Row {
    Row { short, long, takes, env, help }
}

static ROWS: [Row; 16] = [
    row(Some('A'), "account", Takes::Value("NAME"), &["SCANCEL_ACCOUNT"], "jobs of this account"),
    row(Some('b'), "batch", Takes::Nothing, &["SCANCEL_BATCH"], "signal the batch script only"),
    row(Some('f'), "full", Takes::Nothing, &["SCANCEL_FULL"], "signal the batch script and its children too"),
    row(None, "help", Takes::Nothing, &[], "show this"),
    row(None, "me", Takes::Nothing, &[], "jobs of your own"),
    row(Some('n'), "name", Takes::Value("NAME"), &["SCANCEL_NAME"], "jobs of this name"),
    row(None, "jobname", Takes::Value("NAME"), &[], "the same"),
    row(Some('w'), "nodelist", Takes::Value("HOSTS"), &[], "jobs on these nodes"),
    row(Some('p'), "partition", Takes::Value("NAME"), &["SCANCEL_PARTITION"], "jobs of this partition"),
    row(Some('Q'), "quiet", Takes::Nothing, &[], "no errors about jobs"),
    row(Some('s'), "signal", Takes::Value("SIGNAL"), &[], "send this signal instead of ending"),
    row(Some('t'), "state", Takes::Value("STATE"), &["SCANCEL_STATE"], "pending, running or suspended jobs"),
    row(None, "usage", Takes::Nothing, &[], "show a short form of this"),
    row(Some('u'), "user", Takes::Value("NAME"), &["SCANCEL_USER"], "jobs of this user"),
    row(Some('v'), "verbose", Takes::Nothing, &["SCANCEL_VERBOSE"], "say more"),
    row(Some('V'), "version", Takes::Nothing, &[], "show the release"),
];

/// What scancel was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScancelOptions {
    /// `--batch`
    pub batch: bool,
    /// `--full`
    pub full: bool,
    /// `--quiet`
    pub quiet: bool,
    /// `--verbose`
    pub verbose: u32,
    /// `--signal`
    pub signal: Option<i32>,
    /// `--help`, `--usage` or `--version`
    pub show: Option<&'static str>,
    /// Jobs and steps that are named.
    pub named: Vec<Named>,
    /// What jobs must be like.
    pub filter: Filter,
}

/// What jobs must be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    account: Option<String>,
    name: Option<String>,
    nodes: Vec<String>,
    partition: Option<String>,
    states: Vec<JobState>,
    uid: Option<u32>,
}

impl Filter {
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it lets a job through.
    pub fn lets(&self, job: &JobView) -> bool {
        !job.state.is_over()
            && self.account.as_ref().is_none_or(|account| job.account.as_ref() == Some(account))
            && self.name.as_ref().is_none_or(|name| job.name == *name)
            && (self.nodes.is_empty() || job.nodes.iter().any(|node| self.nodes.contains(node)))
            && self.partition.as_ref().is_none_or(|partition| job.partition == *partition)
            && (self.states.is_empty() || self.states.contains(&job.state))
            && self.uid.is_none_or(|uid| job.uid == uid)
    }
}

/// Reads a command line; variables are looked up with `env`.
pub fn read(
    args: &[OsString],
    env: &dyn Fn(&str) -> Option<OsString>,
) -> Result<ScancelOptions, OptionError> {
    let parsed = parse(&ROWS, args, true, env)?;
    let mut options = ScancelOptions::default();
    for given in &parsed.given {
        options.take(given)?;
    }
    for word in &parsed.words {
        let word = word.to_string_lossy();
        let named = target::parse(&word).map_err(|error| OptionError::Words(error.to_string()))?;
        options.named.extend(named);
    }
    Ok(options)
}

impl ScancelOptions {
    fn take(&mut self, given: &Given) -> Result<(), OptionError> {
        let text = || values::text(given);
        match given.name {
            "account" => self.filter.account = Some(text()?),
            "batch" => self.batch = true,
            "full" => self.full = true,
            "me" => self.filter.uid = Some(nix::unistd::getuid().as_raw()),
            "name" | "jobname" => self.filter.name = Some(text()?),
            "nodelist" => self.filter.nodes = values::hosts(given)?,
            "partition" => self.filter.partition = Some(text()?),
            "quiet" => self.quiet = true,
            "signal" => {
                let text = text()?;
                let unknown = || OptionError::Words(format!("Unknown job signal: {text}"));
                self.signal = Some(signals::parse(&text).ok_or_else(unknown)?);
            }
            "state" => self.filter.states = states(&text()?)?,
            "user" => self.filter.uid = Some(uid(&text()?)?),
            "verbose" => self.verbose += 1,
            other => self.show = Some(other),
        }
        Ok(())
    }
}

fn states(text: &str) -> Result<Vec<JobState>, OptionError> {
    let read = |word: &str| match word.parse() {
        Ok(state @ (JobState::Pending | JobState::Running | JobState::Suspended)) => Ok(state),
        _ => Err(OptionError::Words(format!(
            "Invalid job state specified: {word}; valid job states are PENDING, RUNNING, and SUSPENDED"
        ))),
    };
    text.split(',').map(read).collect()
}

fn uid(text: &str) -> Result<u32, OptionError> {
    let named = nix::unistd::User::from_name(text).ok().flatten();
    let uid = named.map(|user| user.uid.as_raw()).or_else(|| text.parse().ok());
    uid.ok_or_else(|| OptionError::Words(format!("Invalid user name: {text}")))
}

/// The text of `--help` or `--usage`.
pub fn help_text(usage_only: bool) -> String {
    if usage_only { format!("Usage: {USAGE}\n") } else { help(&ROWS, USAGE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &str) -> Result<ScancelOptions, OptionError> {
        let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
        read(&words, &|_| None)
    }

    #[test]
    fn options_may_follow_ids() {
        let options = options("5 6.0 -s usr1 -b --state=pd").unwrap();
        assert_eq!((options.named.len(), options.signal, options.batch), (2, Some(10), true));
        assert_eq!(options.filter.states, [JobState::Pending]);
        assert!(!options.filter.is_empty());
    }

    #[rstest::rstest]
    #[case("-s FOO 1", "Unknown job signal: FOO")]
    #[case("abc", "Invalid job id abc")]
    #[case("-u no-such-user", "Invalid user name: no-such-user")]
    #[case(
        "-t failed",
        "Invalid job state specified: failed; valid job states are PENDING, RUNNING, and SUSPENDED"
    )]
    fn refusals(#[case] words: &str, #[case] message: &str) {
        assert_eq!(options(words).unwrap_err().to_string(), message);
    }

    #[test]
    fn help_names_every_option() {
        insta::assert_snapshot!(help_text(false));
    }
}
