//! The command line of the built-in runtime, from its words to its exit code.

use std::ffi::OsString;
use std::path::PathBuf;

use super::args::{self, Args, Command, HELP};
use super::container::Root;
use super::error::Error;
use super::launch;
use super::log::Log;
use super::{operations, spec, supervise};

/// Exit code of everything that failed, as crun and runc have it.
const FAILED: i32 = 1;

/// Version of the runtime specification that is followed.
const SPECIFICATION: &str = "1.2.0";

/// Runs the command line of the runtime called `name` (`crun`, `runc`, `plimsoll runtime`), that word left out; gives its
/// exit code. With `run` that is the program's, or 128 and the signal that ended it.
pub fn run(name: &str, args: &[OsString]) -> i32 {
    let (result, log) = match args::parse(args) {
        Ok(Args { root, log, command }) => (dispatch(name, root.as_ref(), command), log),
        Err(error) => (Err(error), Log::default()),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            log.error(&error);
            // Always by its true name: a double is not to be taken for the real program.
            eprintln!("plimsoll runtime: {error}");
            if let Error::Interrupted(signal) = error { 128 + signal } else { FAILED }
        }
    }
}

/// The same for a double, which says in the words of the runtime that it stands in for why it failed.
pub(crate) fn try_run(name: &str, args: &[OsString]) -> Result<i32, Failed> {
    let outcome =
        args::parse(args).and_then(|Args { root, command, .. }| dispatch(name, root.as_ref(), command));
    outcome.map_err(|error| match error {
        Error::Interrupted(signal) => Failed::Interrupted(signal),
        Error::NoContainer { id, .. } => Failed::NoContainer(id),
        other => Failed::Other(other.to_string()),
    })
}

/// Why an operation failed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// A signal came before there was a container to hand it to.
    Interrupted(i32),
    /// There is no container of this id.
    NoContainer(String),
    /// Anything else, in one sentence.
    Other(String),
}

fn dispatch(name: &str, root: Option<&PathBuf>, command: Command) -> Result<i32, Error> {
    let root = || Root::open(root.cloned());
    match command {
        Command::Help => operations::print(HELP)?,
        Command::Version => {
            let stands_in =
                if name == "plimsoll runtime" { String::new() } else { format!(" in place of {name}") };
            let version = env!("CARGO_PKG_VERSION");
            operations::print(&format!(
                "plimsoll runtime version {version}{stands_in}\nspec: {SPECIFICATION}\n"
            ))?;
        }
        Command::Create(asked) => {
            launch::make(&root()?, &asked, true)?;
        }
        Command::Run(asked) => {
            return supervise::to_the_end(launch::make(&root()?, &asked, false)?);
        }
        Command::Start(id) => operations::start(&root()?, &id)?,
        Command::State(id) => operations::state(&root()?, &id)?,
        Command::Kill { id, signal, all } => operations::kill(&root()?, &id, &signal, all)?,
        Command::Delete { id, force } => operations::delete(&root()?, &id, force)?,
        Command::List { quiet, json } => operations::list(&root()?, quiet, json)?,
        Command::Spec { bundle, rootless } => spec::write(bundle, rootless)?,
    }
    Ok(0)
}
