//! `scontrol`: shows what the controller knows, and changes it.

mod change;
mod config;
mod job;
mod node;
mod options;
mod partition;
mod show;
mod step;
#[cfg(test)]
mod tests;
mod text;
mod update;

use std::ffi::OsString;
use std::io::Write as _;

use super::ask::{self, AskError};
use super::options::complain;
use crate::hostlist::HostlistError;
use options::Asked;

/// Why a command was not done. Slurm's words, with its prefixes, on standard error.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The controller did not answer, or refused; in front, the call that Slurm would name.
    #[error("{0} error: {1}")]
    Call(&'static str, AskError),
    /// It refused a change of one job.
    #[error("{1} for job {0}")]
    Job(String, AskError),
    /// There is no such thing.
    #[error("{0} not found")]
    Missing(String),
    /// A host list that cannot be read.
    #[error("scontrol: error: {0}")]
    Hosts(#[from] HostlistError),
    /// Anything else.
    #[error("{0}")]
    Words(String),
}

/// What a command prints.
type Printed = Result<String, Failure>;

/// Runs `scontrol` with the arguments behind its name; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let command = match options::read(args) {
        Ok(Asked::Command(command)) => command,
        Ok(Asked::Help(text)) => {
            print!("{text}");
            return 0;
        }
        Ok(Asked::Version) => return ask::print_version("scontrol"),
        Err(error) => return complain("scontrol", &error),
    };
    match execute(&command) {
        Ok(text) => {
            // A reader that has seen enough (`scontrol show job | head -1`) is no error.
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            0
        }
        Err(failure) => {
            if !command.quiet {
                eprintln!("{failure}");
            }
            1
        }
    }
}

/// Does one command.
fn execute(command: &options::Command) -> Printed {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let (verb, rest) = words.split_first().ok_or_else(|| Failure::Words(options::NO_COMMAND.to_owned()))?;
    match (verb.to_ascii_lowercase().as_str(), rest) {
        ("show", [entity, rest @ ..]) => show::show(entity, rest, command.style),
        ("show", []) => Err(Failure::Words("too few arguments for keyword:show".to_owned())),
        ("ping", []) => show::ping(),
        ("version", []) => show::version(),
        ("shutdown", []) => change::shutdown(),
        ("write", ["batch_script", id, rest @ ..]) => change::write_script(id, rest),
        ("update", pairs) => update::update(pairs),
        (verb, [list]) if change::VERBS.contains(&verb) => change::change(verb, list),
        (verb, _) if change::VERBS.contains(&verb) => {
            Err(Failure::Words(format!("{verb} takes one argument, a list of job ids")))
        }
        ("ping" | "version" | "shutdown" | "write", _) => {
            Err(Failure::Words(format!("wrong arguments for keyword:{verb}")))
        }
        _ => Err(Failure::Words(format!("invalid keyword: {verb}"))),
    }
}
