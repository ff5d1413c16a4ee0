//! salloc's command line and input variables.

use std::ffi::OsString;

use crate::client::options::{Row, Takes, help, parse};
use crate::client::request::{JobOptions, Tool, table};
use crate::client::signals;
use crate::client::values::{self, OptionError};
use crate::time;

const USAGE: &str = "salloc [OPTIONS...] [COMMAND [ARGUMENTS...]]";

const fn row(
    short: Option<char>,
    long: &'static str,
    takes: Takes,
    env: &'static [&'static str],
    help: &'static str,
) -> Row {
    Row { short, long, takes, env, help }
}

/// The options that salloc has beside the shared ones.
static OWN: [Row; 4] = [
    row(None, "bell", Takes::Nothing, &["SALLOC_BELL"], "ring when the job is there (accepted, not done)"),
    row(
        Some('K'),
        "kill-command",
        Takes::Maybe("SIGNAL"),
        &["SALLOC_KILL_CMD"],
        "signal the command when the job ends before it",
    ),
    row(None, "no-bell", Takes::Nothing, &["SALLOC_NO_BELL"], "do not ring"),
    row(None, "no-shell", Takes::Nothing, &[], "leave the job without a command"),
];

/// What salloc was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SallocOptions {
    /// What it shares with the other commands.
    pub shared: JobOptions,
    /// `--kill-command`
    pub kill_command: Option<i32>,
    /// `--no-shell`
    pub no_shell: bool,
    /// The command and its arguments.
    pub command: Vec<OsString>,
}

/// Reads a command line; variables are looked up with `env`.
pub fn read(args: &[OsString], env: &dyn Fn(&str) -> Option<OsString>) -> Result<SallocOptions, OptionError> {
    let parsed = parse(&table(Tool::Salloc, &OWN), args, false, env)?;
    let now = time::now();
    let mut options = SallocOptions { command: parsed.words, ..SallocOptions::default() };
    for given in &parsed.given {
        if options.shared.take(given, now)? {
            continue;
        }
        match (given.name, &given.value) {
            ("kill-command", None) => options.kill_command = Some(libc::SIGTERM),
            ("kill-command", Some(_)) => {
                let signal = signals::parse(&values::text(given)?);
                options.kill_command = Some(signal.ok_or(OptionError::Specification("kill-command"))?);
            }
            ("no-shell", _) => options.no_shell = true,
            _ => {}
        }
    }
    Ok(options)
}

/// The text of `--help` or `--usage`.
pub fn help_text(usage_only: bool) -> String {
    if usage_only { format!("Usage: {USAGE}\n") } else { help(&table(Tool::Salloc, &OWN), USAGE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_end_at_the_command() {
        let words: Vec<OsString> = ["-N2", "-KUSR1", "srun", "-n", "3"].map(OsString::from).into();
        let options = read(&words, &|_| None).unwrap();
        assert_eq!((options.kill_command, options.no_shell), (Some(10), false));
        assert_eq!(options.command, words[2..]);
    }

    #[test]
    fn help_names_every_option() {
        insta::assert_snapshot!(help_text(false));
    }
}
