//! `plimsoll list`: what there is, as a table or as an array of objects with an `id` each.

use comfy_table::{ContentArrangement, Table, presets};
use plimsoll_fixtures::Fixture;
use plimsoll_launcher::Release;
use plimsoll_suites::case::Profiles;
use plimsoll_suites::machine::Machine;
use plimsoll_suites::need::Need;
use plimsoll_suites::selftest::{self, Defect};
use plimsoll_suites::target::{Target, mode_name};
use plimsoll_suites::{catalogue, rules};
use serde_json::{Value, json};

use super::args::{Format, Listed, RuntimeChoice};
use super::error::Error;
use super::{out, targets};

/// Lists.
pub fn run(what: Listed, format: Format) -> Result<i32, Error> {
    let (columns, rows): (&[&str], Vec<Value>) = match what {
        Listed::Cases => (&["id", "level", "tier", "rules", "title"], cases()),
        Listed::Rules => (&["id", "level", "cases", "text"], all_rules()),
        Listed::Profiles => (&["id", "runtime", "mode", "real", "why"], profiles()?),
        Listed::Needs => (&["id", "met", "found", "reason"], needs()?),
        Listed::Fixtures => (&["id", "about"], fixtures()),
        Listed::Defects => (&["id", "what"], defects()),
        Listed::Releases => (&["id", "version", "what"], releases()),
    };
    match format {
        Format::Json => print_json(&rows)?,
        Format::Human => out::line(table(columns, &rows)),
    }
    Ok(0)
}

/// Prints a value as indented JSON.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(Error::broken)?;
    out::line(text);
    Ok(())
}

/// A table of some columns of objects.
pub fn table(columns: &[&str], rows: &[Value]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(columns);
    for row in rows {
        table.add_row(columns.iter().map(|column| cell(&row[*column])));
    }
    table
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn cases() -> Vec<Value> {
    let one = |case: &'static plimsoll_suites::case::Case| {
        let releases = Release::ALL.into_iter().filter(|release| case.releases.has(*release));
        json!({
            "id": case.id,
            "title": case.title(),
            "level": case.level.name(),
            "tier": case.tier.name(),
            "rules": case.rules.iter().map(|rule| rule.id).collect::<Vec<_>>(),
            "needs": case.needs.iter().map(|need| need.name()).collect::<Vec<_>>(),
            "releases": releases.map(Release::name).collect::<Vec<_>>(),
            "profiles": match case.profiles {
                Profiles::Each => "each".to_owned(),
                Profiles::Plugin => "plugin".to_owned(),
                Profiles::Once => "one".to_owned(),
                Profiles::InMode(mode) => mode_name(mode).to_owned(),
                Profiles::OnceInMode(mode) => format!("one, {}", mode_name(mode)),
            },
            "defects": case.known.iter().map(|known| known.defect.id).collect::<Vec<_>>(),
        })
    };
    catalogue::all().map(one).collect()
}

fn all_rules() -> Vec<Value> {
    let one = |rule: &'static rules::Rule| {
        let mut row = json!({
            "id": rule.id,
            "level": rule.level.name(),
            "text": rule.text,
            "source": rule.source,
            "cases": catalogue::citing(rule).iter().map(|case| case.id).collect::<Vec<_>>(),
        });
        if let Some(reason) = rules::uncovered_reason(rule) {
            row["reason"] = json!(reason);
        }
        row
    };
    rules::all().map(one).collect()
}

fn profiles() -> Result<Vec<Value>, Error> {
    let program = std::env::current_exe().map_err(Error::broken)?;
    let targets = targets::choose(&[], RuntimeChoice::Auto, &program)?;
    let one = |target: &Target| {
        json!({
            "id": target.id,
            "runtime": target.runtime,
            "mode": target.mode_name(),
            "real": target.real,
            "why": target.why,
            "needs": target.needs.iter().map(|need| need.name()).collect::<Vec<_>>(),
        })
    };
    Ok(targets.iter().map(one).collect())
}

fn needs() -> Result<Vec<Value>, Error> {
    let machine = Machine::new(None).map_err(Error::usage)?;
    Ok(need_rows(&machine))
}

/// The needs of this machine, probed.
pub fn need_rows(machine: &Machine) -> Vec<Value> {
    let one = |need: Need| {
        let found = need.probe(machine);
        json!({
            "id": need.name(),
            "met": found.met,
            "found": found.what,
            "reason": need.reason(),
            "remedy": need.remedy(),
        })
    };
    Need::all().map(one).collect()
}

fn defects() -> Vec<Value> {
    let one = |defect: Defect| {
        json!({
            "id": defect.id(),
            "what": defect.what(),
            "room": defect.room_name(),
            "hints": defect.hints(),
        })
    };
    selftest::all().map(one).collect()
}

fn fixtures() -> Vec<Value> {
    Fixture::ALL
        .into_iter()
        .map(|fixture| json!({ "id": fixture.name(), "about": fixture.about() }))
        .collect()
}

fn releases() -> Vec<Value> {
    let one = |release: Release| {
        let what = match release {
            Release::Guide => "what the Containers Guide promises",
            _ => "the release's own rules, its open defects included",
        };
        json!({ "id": release.name(), "version": release.version(), "what": what })
    };
    Release::ALL.into_iter().rev().map(one).collect()
}
