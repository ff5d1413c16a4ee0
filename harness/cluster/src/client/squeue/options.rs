//! The options of `squeue`, and the question that they ask.

use std::ffi::OsString;

use super::jobs::{self, JobRow};
use super::sort::{self, Key};
use super::steps::{self, StepRow};
use crate::client::columns::Layout;
use crate::client::options::{Given, Row, Takes, UsageError, help, parse};
use crate::hostlist;
use crate::view::{JobState, ParseStateError};

const JOBS: &str = "%.18i %.9P %.8j %.8u %.2t %.10M %.6D %R";
const JOBS_LONG: &str = "%.18i %.9P %.8j %.8u %.8T %.10M %.9l %.6D %R";
const STEPS: &str = "%.15i %.8j %.9P %.8u %.9M %N";

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
    row(Some('A'), "account", Takes::Value("LIST"), &["SQUEUE_ACCOUNT"], "jobs of these accounts"),
    row(Some('a'), "all", Takes::Nothing, &["SQUEUE_ALL"], "jobs in hidden partitions too (there are none)"),
    row(Some('r'), "array", Takes::Nothing, &["SQUEUE_ARRAY"], "a line for each job of an array"),
    row(Some('h'), "noheader", Takes::Nothing, &[], "no headings"),
    row(Some('j'), "jobs", Takes::Maybe("LIST"), &[], "these jobs"),
    row(Some('l'), "long", Takes::Nothing, &[], "more columns"),
    row(None, "me", Takes::Nothing, &[], "my own jobs"),
    row(Some('n'), "name", Takes::Value("LIST"), &["SQUEUE_NAMES"], "jobs of these names"),
    row(Some('o'), "format", Takes::Value("FORMAT"), &["SQUEUE_FORMAT"], "columns, as %[.][WIDTH]LETTER"),
    row(Some('O'), "Format", Takes::Value("LIST"), &["SQUEUE_FORMAT2"], "columns, as NAME[:[.]WIDTH],…"),
    row(Some('p'), "partition", Takes::Value("LIST"), &["SQUEUE_PARTITION"], "jobs in these partitions"),
    row(Some('s'), "steps", Takes::Maybe("LIST"), &[], "steps: all, or these"),
    row(Some('S'), "sort", Takes::Value("LIST"), &["SQUEUE_SORT"], "order, by letters of --format"),
    row(Some('t'), "states", Takes::Value("LIST"), &["SQUEUE_STATES"], "jobs in these states, or all"),
    row(Some('u'), "user", Takes::Value("LIST"), &["SQUEUE_USERS"], "jobs of these users"),
    row(Some('w'), "nodelist", Takes::Value("HOSTS"), &["SQUEUE_NODELIST"], "jobs on these nodes"),
    row(Some('V'), "version", Takes::Nothing, &[], "the version of the cluster"),
    row(None, "help", Takes::Nothing, &[], "this text"),
    row(None, "usage", Takes::Nothing, &[], "this text"),
];

/// A job as it is named: `12`, or `12_3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JobName {
    pub(super) id: u32,
    pub(super) task: Option<u32>,
}

/// Steps as they are named: `12.0`, `12_3.batch`, or `12` for all of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StepName {
    pub(super) job: JobName,
    pub(super) step: Option<String>,
}

/// The users that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Users(Vec<u32>);

impl Users {
    /// Whether nobody was named, or this user was.
    pub(super) fn is_none_or_has(&self, uid: u32) -> bool {
        self.0.is_empty() || self.0.contains(&uid)
    }
}

/// The columns.
pub(super) enum Format {
    Jobs(Layout<JobRow>),
    Steps(Layout<StepRow>),
}

/// What is asked for. An empty list asks for all.
pub(super) struct Query {
    pub(super) layout: Format,
    pub(super) sort: Vec<Key>,
    pub(super) no_header: bool,
    pub(super) long: bool,
    pub(super) arrays: bool,
    pub(super) jobs: Vec<JobName>,
    pub(super) steps: Vec<StepName>,
    pub(super) users: Users,
    pub(super) names: Vec<String>,
    pub(super) partitions: Vec<String>,
    pub(super) accounts: Vec<String>,
    pub(super) nodes: Vec<String>,
    /// None for those that are not over; an empty list for every state.
    pub(super) states: Option<Vec<JobState>>,
}

impl Query {
    /// Ids to ask the controller for.
    pub(super) fn job_ids(&self) -> Vec<u32> {
        self.jobs.iter().map(|job| job.id).collect()
    }

    /// Whether a job that is not known is an error: with one id it is, in a list it is passed over.
    pub(super) fn is_for_one_job(&self) -> bool {
        self.jobs.len() == 1
    }
}

/// What the arguments ask.
pub(super) enum Asked {
    /// Jobs or steps.
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
    #[error("Invalid job format specification: {0}")]
    JobFormat(String),
    #[error("Invalid job step format specification: {0}")]
    StepFormat(String),
    #[error("Invalid sort specification: {0}")]
    Sort(char),
    #[error("Invalid job id: {0}")]
    Job(String),
    #[error("Invalid user: {0}")]
    User(String),
    #[error("Invalid job state specified: {}", (.0).0)]
    State(ParseStateError),
    #[error(transparent)]
    Nodes(#[from] hostlist::HostlistError),
}

/// Reads the arguments.
pub(super) fn read(args: &[OsString], env: &dyn Fn(&str) -> Option<OsString>) -> Result<Asked, OptionError> {
    let mut parsed = parse(TABLE, args, true, env)?;
    let mut words = std::mem::take(&mut parsed.words).into_iter();
    // `-j 12` and `-s 12.0`: the value of these two may also be the next word.
    for given in &mut parsed.given {
        if matches!(given.name, "jobs" | "steps") && given.value.is_none() && given.from.is_none() {
            given.value = words.next();
        }
    }
    if let Some(word) = words.next() {
        return Err(OptionError::Word(word.to_string_lossy().into_owned()));
    }
    let has = |name: &str| parsed.given.iter().any(|given| given.name == name);
    if has("help") || has("usage") {
        return Ok(Asked::Help(help(TABLE, "squeue [OPTIONS]")));
    }
    if has("version") {
        return Ok(Asked::Version);
    }
    query(&parsed.given).map(|query| Asked::Show(Box::new(query)))
}

/// The last value of an option.
fn last<'a>(given: &'a [Given], name: &str) -> Option<(usize, String)> {
    let found = |(at, given): (usize, &'a Given)| {
        Some((at, given.value.as_ref()?.to_string_lossy().into_owned())).filter(|_| given.name == name)
    };
    given.iter().enumerate().filter_map(found).next_back()
}

fn query(given: &[Given]) -> Result<Query, OptionError> {
    let has = |name: &str| given.iter().any(|given| given.name == name);
    let value = |name: &str| last(given, name).map(|(_, value)| value);
    let list = |name: &str| -> Vec<String> {
        let text = value(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    let users = if has("me") {
        Users(vec![nix::unistd::geteuid().as_raw()])
    } else {
        Users(list("user").iter().map(|user| uid(user)).collect::<Result<_, _>>()?)
    };
    let states = match list("states") {
        states if states.is_empty() => None,
        states if states.iter().any(|state| state.eq_ignore_ascii_case("all")) => Some(Vec::new()),
        states => {
            let states = states.iter().map(|state| state.parse()).collect::<Result<_, _>>();
            Some(states.map_err(OptionError::State)?)
        }
    };
    let mut jobs = Vec::new();
    for item in split_outside_brackets(&value("jobs").unwrap_or_default()) {
        jobs.extend(job_names(item)?);
    }
    let steps = list("steps").iter().map(|item| step_name(item)).collect::<Result<_, _>>()?;
    let sort = value("sort").unwrap_or_else(|| sort::DEFAULT.to_owned());
    Ok(Query {
        layout: layout(given, has("long"))?,
        sort: sort::read(&sort).map_err(OptionError::Sort)?,
        no_header: has("noheader"),
        long: has("long"),
        arrays: has("array"),
        jobs,
        steps,
        users,
        names: list("name"),
        partitions: list("partition"),
        accounts: list("account"),
        nodes: hostlist::expand(&value("nodelist").unwrap_or_default())?,
        states,
    })
}

/// The columns: the last of `-o` and `-O`, or the usual ones.
fn layout(given: &[Given], long: bool) -> Result<Format, OptionError> {
    let letters = last(given, "format");
    let names = last(given, "Format");
    let by_name = names.filter(|(at, _)| letters.as_ref().is_none_or(|(before, _)| at > before));
    let letters = letters.map(|(_, format)| format);
    if given.iter().any(|given| given.name == "steps") {
        let layout = match by_name {
            Some((_, names)) => Layout::names(&names, steps::FIELDS),
            None => Layout::percent(letters.as_deref().unwrap_or(STEPS), steps::FIELDS),
        };
        return layout.map(Format::Steps).map_err(OptionError::StepFormat);
    }
    let usual = if long { JOBS_LONG } else { JOBS };
    let layout = match by_name {
        Some((_, names)) => Layout::names(&names, jobs::FIELDS),
        None => Layout::percent(letters.as_deref().unwrap_or(usual), jobs::FIELDS),
    };
    layout.map(Format::Jobs).map_err(OptionError::JobFormat)
}

fn uid(user: &str) -> Result<u32, OptionError> {
    if let Ok(uid) = user.parse() {
        return Ok(uid);
    }
    let entry = nix::unistd::User::from_name(user).ok().flatten();
    entry.map(|entry| entry.uid.as_raw()).ok_or_else(|| OptionError::User(user.to_owned()))
}

/// `12`, `12_3`, `12_[1-3,7]`.
fn job_names(text: &str) -> Result<Vec<JobName>, OptionError> {
    let bad = || OptionError::Job(text.to_owned());
    let (id, tasks) = text.split_once('_').map_or((text, None), |(id, tasks)| (id, Some(tasks)));
    let id = id.parse().map_err(|_| bad())?;
    let Some(tasks) = tasks else { return Ok(vec![JobName { id, task: None }]) };
    let tasks = crate::array::parse(tasks.trim_matches(['[', ']']), u32::MAX).map_err(|_| bad())?;
    Ok(tasks.indices.into_iter().map(|task| JobName { id, task: Some(task) }).collect())
}

fn step_name(text: &str) -> Result<StepName, OptionError> {
    let (job, step) = text.split_once('.').map_or((text, None), |(job, step)| (job, Some(step)));
    match job_names(job)?.as_slice() {
        [job] => Ok(StepName { job: *job, step: step.map(str::to_owned) }),
        _ => Err(OptionError::Job(text.to_owned())),
    }
}

/// Items between the commas that are in no bracket.
fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut inside = false;
    let split = text.split(move |character| {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        character == ',' && !inside
    });
    split.map(str::trim).filter(|item| !item.is_empty()).collect()
}
