//! Option tables: one row an option feeds the parser, the input variables and the help text of a client command.
//!
//! The manners are getopt's, as Slurm's users know them: options stop at the first other word, long names may be
//! abbreviated while that is unambiguous, an optional value is joined with `=` (long) or at once (short), and errors have
//! getopt's words. Chosen over clap, whose command of sixty options costs more at start-up than the rest of srun does.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;

/// Whether an option takes a value, and what the help text calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A switch.
    Nothing,
    /// `--name=VALUE`, `--name VALUE`, `-nVALUE` or `-n VALUE`.
    Value(&'static str),
    /// `--name`, `--name=VALUE`, `-n` or `-nVALUE`.
    Maybe(&'static str),
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The one-letter name, if it has one.
    pub short: Option<char>,
    /// The long name, without dashes: what [`Given::name`] says, whichever form was used.
    pub long: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Input variables that do what the option does, the weakest first. A switch's variable counts when it is set.
    pub env: &'static [&'static str],
    /// One line for `--help`.
    pub help: &'static str,
}

/// One option as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its long name.
    pub name: &'static str,
    /// Its value, if one was given. Never `None` for an option that takes a value.
    pub value: Option<OsString>,
    /// The input variable that it comes from; `None` for the command line.
    pub from: Option<&'static str>,
}

/// A command line taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Options in order: those of the environment first, so that a fold over them lets the command line win.
    pub given: Vec<Given>,
    /// The first word that is no option and all behind it.
    pub words: Vec<OsString>,
}

/// A command line that cannot be taken apart, in getopt's words (without the tool's name in front).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A long option that no row has.
    #[error("unrecognized option '--{0}'")]
    Unrecognized(String),
    /// A letter that no row has.
    #[error("invalid option -- '{0}'")]
    Invalid(char),
    /// An abbreviation of several options.
    #[error("option '--{0}' is ambiguous; possibilities: {1}")]
    Ambiguous(String, String),
    /// A value is missing behind a long option.
    #[error("option '--{0}' requires an argument")]
    LongRequires(String),
    /// A value is missing behind a letter.
    #[error("option requires an argument -- '{0}'")]
    ShortRequires(char),
    /// A value was given to a switch.
    #[error("option '--{0}' doesn't allow an argument")]
    Allows(String),
}

/// Takes `args` apart by `table`. With `permute` options may follow other words (squeue, scontrol); without, they stop at
/// the first one (srun, sbatch, salloc). Variables are looked up with `env`.
pub fn parse(
    table: &[Row],
    args: &[OsString],
    permute: bool,
    env: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Parsed, UsageError> {
    let mut parsed = Parsed { given: from_environment(table, env), words: Vec::new() };
    let mut lexer = lexopt::Parser::from_args(args.iter().cloned());
    lexer.set_short_equals(false);
    loop {
        match lexer.next() {
            Ok(Some(lexopt::Arg::Long(name))) => {
                let row = find_long(table, name)?;
                let value = match row.takes {
                    Takes::Nothing => None,
                    Takes::Maybe(_) => lexer.optional_value(),
                    Takes::Value(_) => match lexer.value() {
                        Ok(value) => Some(value),
                        Err(_) => return Err(UsageError::LongRequires(row.long.to_owned())),
                    },
                };
                if row.takes == Takes::Nothing && lexer.optional_value().is_some() {
                    return Err(UsageError::Allows(row.long.to_owned()));
                }
                parsed.given.push(Given { name: row.long, value, from: None });
            }
            Ok(Some(lexopt::Arg::Short(letter))) => {
                let row =
                    table.iter().find(|row| row.short == Some(letter)).ok_or(UsageError::Invalid(letter))?;
                let value = match row.takes {
                    Takes::Nothing => None,
                    Takes::Maybe(_) => lexer.optional_value(),
                    Takes::Value(_) => Some(lexer.value().map_err(|_| UsageError::ShortRequires(letter))?),
                };
                parsed.given.push(Given { name: row.long, value, from: None });
            }
            Ok(Some(lexopt::Arg::Value(word))) => {
                parsed.words.push(word);
                if !permute {
                    parsed.words.extend(lexer.raw_args().into_iter().flatten());
                    return Ok(parsed);
                }
            }
            Ok(None) => return Ok(parsed),
            Err(error) => return Err(UsageError::Unrecognized(error.to_string())),
        }
    }
}

/// The row of a long name, or of an unambiguous beginning of one.
fn find_long<'a>(table: &'a [Row], name: &str) -> Result<&'a Row, UsageError> {
    if let Some(row) = table.iter().find(|row| row.long == name) {
        return Ok(row);
    }
    let mut fitting = table.iter().filter(|row| row.long.starts_with(name));
    match (fitting.next(), fitting.next()) {
        (None, _) => Err(UsageError::Unrecognized(name.to_owned())),
        (Some(row), None) => Ok(row),
        (Some(_), Some(_)) => {
            let names: Vec<String> = table
                .iter()
                .filter(|row| row.long.starts_with(name))
                .map(|row| format!("'--{}'", row.long))
                .collect();
            Err(UsageError::Ambiguous(name.to_owned(), names.join(" ")))
        }
    }
}

/// What the input variables ask for, in the order of the table.
fn from_environment(table: &[Row], env: &dyn Fn(&str) -> Option<OsString>) -> Vec<Given> {
    let mut given = Vec::new();
    for row in table {
        for &variable in row.env {
            let Some(value) = env(variable) else { continue };
            let value = match row.takes {
                Takes::Nothing if value == *"0" => continue,
                Takes::Nothing => None,
                Takes::Maybe(_) if value.is_empty() => None,
                Takes::Value(_) if value.is_empty() => continue,
                Takes::Maybe(_) | Takes::Value(_) => Some(value),
            };
            given.push(Given { name: row.long, value, from: Some(variable) });
        }
    }
    given
}

/// Says a usage error as Slurm's clients do and gives the exit code.
pub fn complain(tool: &str, error: &UsageError) -> i32 {
    eprintln!("{tool}: {error}\nTry \"{tool} --help\" for more information");
    1
}

/// The text of `--help`: `usage` (the line behind `Usage: `) and one line an option.
pub fn help(table: &[Row], usage: &str) -> String {
    let mut text = format!("Usage: {usage}\n\nOptions:\n");
    for row in table {
        let mut names = row.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        names += "--";
        names += row.long;
        let _ = match row.takes {
            Takes::Nothing => Ok(()),
            Takes::Value(value) => write!(names, "={value}"),
            Takes::Maybe(value) => write!(names, "[={value}]"),
        };
        let _ = writeln!(text, "  {names:<33} {}", row.help);
    }
    text
}

/// The value of `name` in the process's own environment, for [`parse`].
pub fn process_env(name: &str) -> Option<OsString> {
    std::env::var_os(OsStr::new(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    static TABLE: [Row; 5] = [
        Row { short: Some('n'), long: "ntasks", takes: Takes::Value("N"), env: &["T_NTASKS"], help: "" },
        Row { short: Some('l'), long: "label", takes: Takes::Nothing, env: &["T_LABEL"], help: "" },
        Row { short: Some('K'), long: "kill-on-bad-exit", takes: Takes::Maybe("0|1"), env: &[], help: "" },
        Row { short: None, long: "container", takes: Takes::Value("PATH"), env: &[], help: "" },
        Row { short: None, long: "container-id", takes: Takes::Value("ID"), env: &[], help: "" },
    ];

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    fn parse_words(text: &str) -> Result<Parsed, UsageError> {
        parse(&TABLE, &words(text), false, &|_| None)
    }

    fn shown(parsed: &Parsed) -> Vec<String> {
        let show = |given: &Given| match &given.value {
            Some(value) => format!("{}={}", given.name, value.to_string_lossy()),
            None => given.name.to_owned(),
        };
        parsed.given.iter().map(show).collect()
    }

    #[rstest::rstest]
    #[case("-n3 -l cmd -n 4", &["ntasks=3", "label"], "cmd -n 4")]
    #[case("-ln 3 cmd", &["label", "ntasks=3"], "cmd")]
    #[case("-n=3", &["ntasks==3"], "")]
    #[case("--ntasks 3 -- -l", &["ntasks=3"], "-l")]
    #[case("--nta=3 - x", &["ntasks=3"], "- x")]
    #[case("-K1 -K --kill=0 0", &["kill-on-bad-exit=1", "kill-on-bad-exit", "kill-on-bad-exit=0"], "0")]
    #[case("--container --label true", &["container=--label"], "true")]
    fn takes_words_apart(#[case] given: &str, #[case] options: &[&str], #[case] rest: &str) {
        let parsed = parse_words(given).unwrap();
        assert_eq!(shown(&parsed), options);
        assert_eq!(parsed.words, words(rest));
    }

    #[rstest::rstest]
    #[case("--foo=1", "unrecognized option '--foo'")]
    #[case("-Y", "invalid option -- 'Y'")]
    #[case("--cont x", "option '--cont' is ambiguous; possibilities: '--container' '--container-id'")]
    #[case("--ntasks", "option '--ntasks' requires an argument")]
    #[case("-n", "option requires an argument -- 'n'")]
    #[case("--label=1", "option '--label' doesn't allow an argument")]
    fn complains_in_getopts_words(#[case] given: &str, #[case] message: &str) {
        assert_eq!(parse_words(given).unwrap_err().to_string(), message);
    }

    #[test]
    fn the_command_line_comes_behind_the_environment() {
        let env = |name: &str| match name {
            "T_NTASKS" => Some(OsString::from("7")),
            "T_LABEL" => Some(OsString::from("0")),
            _ => None,
        };
        let parsed = parse(&TABLE, &words("-n2 x"), false, &env).unwrap();
        assert_eq!(shown(&parsed), ["ntasks=7", "ntasks=2"]);
        assert_eq!(parsed.given[0].from, Some("T_NTASKS"));
    }

    #[test]
    fn options_may_follow_words_where_that_is_usual() {
        let parsed = parse(&TABLE, &words("12 -l 13"), true, &|_| None).unwrap();
        assert_eq!(parsed.words, words("12 13"));
        assert_eq!(shown(&parsed), ["label"]);
    }
}
