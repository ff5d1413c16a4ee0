//! From the command line to the verb that it names.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser as _;
use owo_colors::OwoColorize as _;
use plimsoll_fixtures::{Fixture, Owner};
use plimsoll_suites::machine::Machine;

use super::args::{Color, Face, Verb};
use super::error::Error;
use super::{again, certify, clean, diff, doctor, explain, lint, list, manual, out, report, shell};

/// Runs `plimsoll` with the arguments behind its name; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let program = OsString::from("plimsoll");
    let face = match Face::try_parse_from(std::iter::once(&program).chain(args)) {
        Ok(face) => face,
        Err(error) => {
            // Help and version are no errors; a closed standard output has nobody to tell of it.
            let _ = error.print();
            return error.exit_code();
        }
    };
    let choice = match face.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::AlwaysAnsi,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
    // What the harness does about daemons that misbehave, for who looks for a fault of ours: PLIMSOLL_LOG=debug.
    env_logger::Builder::from_env(env_logger::Env::new().filter("PLIMSOLL_LOG")).init();
    match verb(face.verb, args) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("{} {error}", "error:".red().bold());
            error.code
        }
    }
}

fn verb(verb: Verb, args: &[OsString]) -> Result<i32, Error> {
    match verb {
        Verb::Run(options) => super::run::run(&options, args),
        Verb::Report { record, format, out } => report::run(record.as_deref(), format, out.as_deref()),
        Verb::Rerun { record, failed, stress, out, format } => {
            again::rerun(record.as_deref(), &again::Change { failed, stress, out, format })
        }
        Verb::Diff { before, after, format, out } => diff::run(&before, &after, format, out.as_ref()),
        Verb::Certify(options) => certify::certify(&options),
        Verb::Verify { bundle, key, require, any_catalogue, format } => {
            certify::verify(&bundle, &key, require, any_catalogue, format)
        }
        Verb::List { what, format } => list::run(what, format),
        Verb::Explain { id } => explain::run(&id),
        Verb::Doctor { clean: true, .. } => Ok(clean::run()),
        Verb::Doctor { user, format, node_checks, prometheus, .. } => {
            doctor::run(user.as_deref(), format, node_checks, prometheus.as_deref())
        }
        Verb::Lint { files, release, fix, format } => lint::run(&files, release, format, fix),
        Verb::Selftest(options) => super::selftest::run(&options),
        Verb::Shell(options) => shell::run(&options),
        Verb::Bundle { fixture, dir, user } => bundle(fixture, &dir, user.as_deref()),
        Verb::Record { .. } => Ok(plimsoll_runtime::recorder::run(args.get(1..).unwrap_or_default())),
        Verb::Compare(options) => super::compare::run(&options),
        Verb::Completions { shell } => manual::completions(shell),
        Verb::Man { dir } => manual::pages(&dir),
    }
}

/// Builds a plain bundle for the user whom `run` and `shell` would take, since it runs under its owner alone, and says
/// where it is.
fn bundle(fixture: Fixture, dir: &Path, user: Option<&str>) -> Result<i32, Error> {
    let user = Machine::new(user).map_err(Error::usage)?.user;
    let owner = Owner { uid: user.uid, gid: user.gid };
    let bundle = plimsoll_fixtures::build(fixture, dir, owner).map_err(Error::usage)?;
    out::line(bundle.dir.display());
    Ok(0)
}
