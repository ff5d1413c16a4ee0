//! Completeness (rules C-SET-1 to C-SET-5), and what the step would die of when the file is put to use.

use super::keys::Kind;
use super::load::{Loader, Set};
use super::shell;
use crate::Release;
use crate::conf::{Mode, Operation};
use crate::pattern;

/// Rules C-SET-1 to C-SET-4, skipped where `config.json` is ignored.
pub fn complete(loader: &mut Loader) {
    if loader.conf.ignore_file_config_json {
        return;
    }
    let has = |operation| loader.conf.operation(operation).is_some();
    let given: Vec<Operation> = Operation::ALL.into_iter().filter(|operation| has(*operation)).collect();
    if given.is_empty() {
        let message = "none of the six operations is given".to_owned();
        return note(
            loader,
            "oci-conf/no-operations",
            None,
            message,
            "give RunTimeRun, RunTimeKill and RunTimeDelete",
        );
    }
    let run = has(Operation::Run);
    let starts = [Operation::Create, Operation::Start].into_iter().find(|operation| has(*operation));
    if let (true, Some(other)) = (run, starts) {
        let message = format!("RunTimeRun and {} are both given", other.key());
        return note(
            loader,
            "oci-conf/both-modes",
            Some(other),
            message,
            "keep RunTimeRun alone, or create and start",
        );
    }
    if !run && starts.is_none() {
        let message =
            "neither RunTimeRun nor RunTimeCreate is given: nothing would start a container".to_owned();
        return note(loader, "oci-conf/no-start", Some(given[0]), message, "give RunTimeRun");
    }
    let query_demanded = !run || !loader.release.at_least(Release::V23_02);
    let needed = if run {
        vec![Operation::Kill, Operation::Delete]
    } else {
        vec![Operation::Create, Operation::Start, Operation::Kill, Operation::Delete]
    };
    let needed = needed.into_iter().chain(query_demanded.then_some(Operation::Query));
    let missing: Vec<Operation> = needed.filter(|operation| !has(*operation)).collect();
    for missing in missing {
        let code = match missing {
            Operation::Create => "oci-conf/missing-create",
            Operation::Start => "oci-conf/missing-start",
            Operation::Kill => "oci-conf/missing-kill",
            Operation::Delete => "oci-conf/missing-delete",
            Operation::Query | Operation::Run => "oci-conf/missing-query",
        };
        let mode = if run { "RunTimeRun" } else { "create/start" };
        let message = format!("{mode} needs {} as well", missing.key());
        let at = if run { Operation::Run } else { starts.unwrap_or(missing) };
        note(loader, code, Some(at), message, &format!("give {}", missing.key()));
    }
}

/// Notes something at an operation's key, or at the file's beginning.
fn note(loader: &mut Loader, code: &'static str, at: Option<Operation>, message: String, remedy: &str) {
    let set = at.and_then(|operation| loader.last(operation.key()));
    let (file, span) = set.map_or((0, (0, 0)), |set| (set.file, set.pair.key_span()));
    loader.note(code, file, span, message, remedy.to_owned());
}

/// What is found only when a step is launched: letters that cannot be expanded, quotes that the shell cannot close, and
/// C-SET-5.
pub fn expandable(loader: &mut Loader) {
    let release = loader.release;
    for set in loader.effective() {
        if !matches!(set.key.kind, Kind::Pattern | Kind::Operation(_)) {
            continue;
        }
        let Err(error) = pattern::check(&set.pair.value, release) else {
            if let (Kind::Operation(_), Some(at)) = (set.key.kind, shell::open_quote(&set.pair.value)) {
                open_quote(loader, &set, at);
            }
            continue;
        };
        let span = set.pair.span(error.at, error.at + error.letter.len());
        let known_to = |release: &Release| {
            error.letter.chars().nth(1).is_some_and(|letter| pattern::knows(letter, *release))
        };
        let (code, message, remedy) = if error.letter == "%" {
            (
                "oci-conf/trailing-percent",
                format!("{} ends in a single %", set.key.name),
                "write %% for a percent sign".to_owned(),
            )
        } else if let Some(since) = Release::ALL.into_iter().find(known_to) {
            (
                "oci-conf/letter-not-in-release",
                format!("{} is not known before {since}, and this is {release}", error.letter),
                format!("remove it, or run Slurm {since} or later"),
            )
        } else {
            (
                "oci-conf/unknown-letter",
                format!("{} stands for nothing", error.letter),
                format!("write %% for a percent sign, or one of {}", known(release)),
            )
        };
        loader.note(code, set.file, span, message, remedy);
        if error.letter == "%" {
            loader.fix(code, (span.0, 1), "%%");
        }
    }
    if loader.conf.ignore_file_config_json && loader.conf.mode() == Mode::CreateStart {
        let set = loader.last("IgnoreFileConfigJson").map(|set| (set.file, (set.pair.key_at, set.pair.end)));
        let (file, span) = set.unwrap_or((0, (0, 0)));
        let message =
            "IgnoreFileConfigJson works with RunTimeRun only: each task dies at its launch".to_owned();
        let remedy = "give RunTimeRun, or remove IgnoreFileConfigJson".to_owned();
        loader.note("oci-conf/ignore-without-run", file, span, message, remedy);
    }
}

/// The letters that a release knows, for a remedy.
fn known(release: Release) -> String {
    let letters = ('@'..='z').filter(|letter| pattern::knows(*letter, release));
    letters.map(|letter| format!("%{letter}")).collect::<Vec<_>>().join(" ")
}

/// A quote that the shell finds no partner of. One that begins a value may be Slurm's own: without a space behind it, a
/// quote that is not closed is part of the value (rule C-LEX-4).
fn open_quote(loader: &mut Loader, set: &Set, at: usize) {
    let code = "oci-conf/open-shell-quote";
    let (key, span) = (set.key.name, set.pair.span(at, at + 1));
    if let Some(hash) = set.pair.cut_at {
        let message = format!("a # cuts {key} short, and the shell looks for this quote's partner in vain");
        loader.note(code, set.file, span, message, "write \\# for the character itself".to_owned());
        return loader.fix(code, (hash, 0), "\\");
    }
    let message = format!("the shell that runs {key} looks for this quote's partner in vain");
    if !set.pair.quoted && at == 0 && set.pair.value.starts_with('"') {
        loader.note(code, set.file, span, message, "add a double quote at the value's end".to_owned());
        return loader.fix(code, (set.pair.end, 0), "\"");
    }
    loader.note(code, set.file, span, message, "add its partner, or remove it".to_owned());
}
