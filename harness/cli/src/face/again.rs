//! Running from a record: `plimsoll run --resume DIR` goes on with one that was cut off, `plimsoll rerun` runs its cases
//! again. Both take the options from the record itself.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use plimsoll_record::{Event, Record, RecordWriter, RunInfo, Verdict, exit, folder};
use plimsoll_suites::runner::Pair;

use super::args::{Face, Format, RunArgs, Verb};
use super::error::Error;
use super::run::{Job, carry_out};

/// What `rerun` does otherwise than the record.
#[derive(Debug)]
pub struct Change {
    /// Only what went wrong.
    pub failed: bool,
    /// How often each case.
    pub stress: Option<u16>,
    /// The new record's folder.
    pub out: Option<PathBuf>,
    /// What standard output shows.
    pub format: Format,
}

/// A run that was cut off.
#[derive(Debug)]
pub struct Earlier {
    dir: PathBuf,
    events: Vec<Event>,
    info: RunInfo,
}

/// What a run that is continued goes on with: its description, its folder, its writer, and its events so far.
type Continued = (RunInfo, PathBuf, RecordWriter, Vec<Event>);

/// Goes on with a record; its reports are those that are asked for now.
pub fn resume(dir: &Path, now: &RunArgs) -> Result<i32, Error> {
    let dir = absolute(&folder::named(Some(dir)))?;
    let events = folder::read_events(&dir).map_err(Error::usage)?;
    let info = started(&events, &dir)?.clone();
    let reports = [&now.junit, &now.json, &now.tap, &now.html];
    let [junit, json, tap, html] = reports.map(|path| path.as_deref().map(absolute).transpose());
    let recorded = options(&info, &dir)?;
    let options = RunArgs {
        out: Some(dir.clone()),
        junit: junit?,
        json: json?,
        tap: tap?,
        html: html?,
        prometheus: now.prometheus.as_deref().map(absolute).transpose()?,
        github: now.github,
        format: now.format,
        pedantic: recorded.pedantic || now.pedantic,
        ..recorded
    };
    let (command, selection) = (info.command.clone(), info.selection.clone());
    carry_out(&options, Job { command, selection, earlier: Some(Earlier { dir, events, info }) })
}

/// Runs the cases of a record again, all or those that went wrong.
pub fn rerun(record: Option<&Path>, change: &Change) -> Result<i32, Error> {
    let dir = absolute(&folder::named(record))?;
    let events = folder::read_events(&dir).map_err(Error::usage)?;
    let info = started(&events, &dir)?.clone();
    let selection = if change.failed { Some(failed(&events, &dir)?) } else { info.selection.clone() };
    // A place of the new record's own, named before the folder is changed to that of the earlier run.
    let out = change.out.as_deref().map(absolute).transpose()?;
    let recorded = options(&info, &dir)?;
    let options = RunArgs {
        out,
        junit: None,
        json: None,
        tap: None,
        html: None,
        prometheus: None,
        format: change.format,
        stress: change.stress.unwrap_or(recorded.stress),
        ..recorded
    };
    carry_out(&options, Job { command: info.command, selection, earlier: None })
}

/// The case and profile of each result that is no pass and should be one.
fn failed(events: &[Event], dir: &Path) -> Result<Vec<(String, String)>, Error> {
    let record = Record::from_events(events).ok_or_else(|| nothing(dir))?;
    let wrong = |verdict| matches!(verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error);
    let failed: Vec<(String, String)> = record
        .results()
        .filter(|result| wrong(result.verdict))
        .map(|result| (result.case.clone(), result.profile.clone()))
        .collect();
    if failed.is_empty() {
        let message =
            format!("nothing failed in {}; leave --failed out to run all of it again", dir.display());
        return Err(Error { message, code: exit::NOTHING_RAN });
    }
    Ok(failed)
}

fn started<'a>(events: &'a [Event], dir: &Path) -> Result<&'a RunInfo, Error> {
    match events.first() {
        Some(Event::RunStarted { run, .. }) => Ok(run),
        _ => Err(nothing(dir)),
    }
}

fn nothing(dir: &Path) -> Error {
    Error::usage(format!("{} holds no run; name the folder of a record", dir.display()))
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|cause| Error::usage(format!("cannot use {}: {cause}", path.display())))
}

/// The options that a record was made with. Paths on its command line mean what they meant then: the working directory
/// becomes the one it was made in.
fn options(info: &RunInfo, dir: &Path) -> Result<RunArgs, Error> {
    let unreadable = |cause: String| {
        Error::usage(format!(
            "cannot take the options from {}: {cause}; run it anew with `plimsoll run`",
            dir.display()
        ))
    };
    let face = Face::try_parse_from(&info.command)
        .map_err(|error| unreadable(error.to_string().lines().next().unwrap_or_default().to_owned()))?;
    let Verb::Run(options) = face.verb else {
        return Err(unreadable(format!("it was made by `{}`", info.command.join(" "))));
    };
    if let Some(folder) = &info.folder {
        std::env::set_current_dir(folder)
            .map_err(|cause| unreadable(format!("its folder {folder}: {cause}")))?;
    }
    Ok(*options)
}

impl Earlier {
    /// Opens the record again, and takes from `pairs` what it has results of. What differs from `now` in what is tested
    /// stops it: one record is about one thing.
    pub fn go_on(self, now: &RunInfo, pairs: &mut Vec<Pair<'_>>) -> Result<Continued, Error> {
        let Self { dir, mut events, info } = self;
        if let Some(what) = changed(&info, now) {
            return Err(Error::usage(format!(
                "cannot continue the record in {}: {what} changed since it was begun; run it anew, and compare both with \
                 `plimsoll diff`",
                dir.display()
            )));
        }
        let mut writer = RecordWriter::resume(&dir).map_err(Error::usage)?;
        let done: HashSet<(&str, &str, usize)> = events
            .iter()
            .filter_map(|event| match event {
                Event::CaseFinished { result } => Some((
                    result.case.as_str(),
                    result.profile.as_str(),
                    folder::attempt_of(&result.evidence),
                )),
                _ => None,
            })
            .collect();
        pairs.retain(|pair| !done.contains(&(pair.case.id, pair.target.id.as_str(), pair.attempt)));
        for pair in pairs.iter() {
            let evidence = dir.join(folder::evidence_of(pair.case.id, &pair.target.id, pair.attempt));
            clear(&evidence).map_err(|cause| {
                Error::broken(format!("cannot clear {}: {cause}; remove it yourself", evidence.display()))
            })?;
        }
        let resumed = Event::RunResumed { started: now.started.clone() };
        writer.append(&resumed).map_err(Error::broken)?;
        events.push(resumed);
        Ok((RunInfo { jobs: now.jobs, ..info }, dir, writer, events))
    }
}

/// What is not as it was when the record was begun.
fn changed(then: &RunInfo, now: &RunInfo) -> Option<String> {
    if then.program.is_some() && then.program != now.program {
        return Some("the program plimsoll".to_owned());
    }
    if then.release != now.release {
        return Some("the release".to_owned());
    }
    let differs = |index: usize| then.profiles.get(index) != now.profiles.get(index);
    let index = (0..then.profiles.len().max(now.profiles.len())).find(|index| differs(*index))?;
    let profile = now.profiles.get(index).or(then.profiles.get(index))?;
    Some(format!("what drives profile {}, or its oci.conf,", profile.id))
}

/// Removes what a case left that had begun and not ended; the folders of its other attempts are below that of the first.
fn clear(evidence: &Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(evidence) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("attempt-") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
