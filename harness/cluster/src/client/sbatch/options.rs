//! sbatch's options, from the script, the input variables and the command line, each stronger than the one before.

use std::ffi::OsString;

use super::directives;
use crate::array::{self, ArraySpec};
use crate::client::options::{Given, Parsed, Row, Takes, help, parse};
use crate::client::request::{JobOptions, Tool, table};
use crate::client::values::{self, OptionError};
use crate::time;
use crate::view::UnixTime;

const USAGE: &str = "sbatch [OPTIONS...] [SCRIPT [ARGUMENTS...]]";
/// The highest MaxArraySize that a cluster can have (slurm.conf(5)); the cluster's own is the controller's business.
const MAX_ARRAY_SIZE: u32 = 4_000_001;

const fn row(
    short: Option<char>,
    long: &'static str,
    takes: Takes,
    env: &'static [&'static str],
    help: &'static str,
) -> Row {
    Row { short, long, takes, env, help }
}

/// The options that sbatch has beside the shared ones.
static OWN: [Row; 6] = [
    row(Some('a'), "array", Takes::Value("INDICES"), &["SBATCH_ARRAY_INX"], "a job for each index: 0-15:4%2"),
    row(None, "no-requeue", Takes::Nothing, &["SBATCH_NO_REQUEUE"], "never start the job again"),
    row(None, "parsable", Takes::Nothing, &[], "print the job id alone"),
    row(None, "requeue", Takes::Nothing, &["SBATCH_REQUEUE"], "the job may be started again"),
    row(Some('W'), "wait", Takes::Nothing, &["SBATCH_WAIT"], "wait for the job's end, and exit as it did"),
    row(None, "wrap", Takes::Value("COMMAND"), &[], "make a script of this shell command"),
];

/// What sbatch was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SbatchOptions {
    /// What it shares with the other commands.
    pub shared: JobOptions,
    /// `--array`
    pub array: Option<ArraySpec>,
    /// `--parsable`
    pub parsable: bool,
    /// `--wait`
    pub wait: bool,
    /// `--wrap`
    pub wrap: Option<OsString>,
}

/// Takes a command line apart; variables are looked up with `env`.
pub fn split(args: &[OsString], env: &dyn Fn(&str) -> Option<OsString>) -> Result<Parsed, OptionError> {
    Ok(parse(&table(Tool::Sbatch, &OWN), args, false, env)?)
}

/// Lays the command line over what the script says.
pub fn read(parsed: &Parsed, script: &[u8]) -> Result<SbatchOptions, OptionError> {
    let rows = table(Tool::Sbatch, &OWN);
    let now = time::now();
    let mut options = SbatchOptions::default();
    for directive in directives::find(script) {
        let in_line = |error| OptionError::Directive {
            error: Box::new(error),
            line: directive.line,
            text: directive.text.clone(),
        };
        let inner =
            parse(&rows, &directive.words, false, &|_| None).map_err(|error| in_line(error.into()))?;
        if let Some(word) = inner.words.first() {
            let text = format!("Invalid directive found in batch script: {}", word.display());
            return Err(in_line(OptionError::Words(text)));
        }
        for given in &inner.given {
            options.take(given, now).map_err(in_line)?;
        }
    }
    for given in &parsed.given {
        options.take(given, now)?;
    }
    Ok(options)
}

impl SbatchOptions {
    fn take(&mut self, given: &Given, now: UnixTime) -> Result<(), OptionError> {
        if self.shared.take(given, now)? {
            return Ok(());
        }
        match given.name {
            "array" => {
                let array = array::parse(&values::text(given)?, MAX_ARRAY_SIZE);
                let refused = |error| OptionError::Words(format!("Batch job submission failed: {error}"));
                self.array = Some(array.map_err(refused)?);
            }
            "no-requeue" => self.shared.job.requeue = Some(false),
            "parsable" => self.parsable = true,
            "requeue" => self.shared.job.requeue = Some(true),
            "wait" => self.wait = true,
            "wrap" => self.wrap.clone_from(&given.value),
            _ => {}
        }
        Ok(())
    }
}

/// The text of `--help` or `--usage`.
pub fn help_text(usage_only: bool) -> String {
    if usage_only { format!("Usage: {USAGE}\n") } else { help(&table(Tool::Sbatch, &OWN), USAGE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &str, env: &[(&str, &str)], script: &str) -> Result<SbatchOptions, OptionError> {
        let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
        let look_up =
            |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        read(&split(&words, &look_up)?, script.as_bytes())
    }

    #[test]
    fn the_command_line_is_stronger_than_variables_and_those_than_the_script() {
        let script = "#!/bin/sh\n#SBATCH -p script -J script\n#SBATCH --output script -W\ntrue\n";
        let env = [("SBATCH_PARTITION", "variable"), ("SBATCH_JOB_NAME", "variable")];
        let options = options("--job-name=line", &env, script).unwrap();
        assert_eq!(options.shared.name, Some(("line".into(), true)));
        assert_eq!(options.shared.job.partition.as_deref(), Some("variable"));
        assert_eq!(options.shared.streams[1], Some("script".into()));
        assert!(options.wait);
    }

    #[test]
    fn an_array_is_read() {
        let array = options("--array=0-8:4%2", &[], "").unwrap().array.unwrap();
        assert_eq!((array.indices, array.max_running), (vec![0, 4, 8], Some(2)));
        let error = options("-a 1-x", &[], "").unwrap_err().to_string();
        assert_eq!(error, "Batch job submission failed: Invalid job array specification");
    }

    #[rstest::rstest]
    #[case("#SBATCH -n x", "Invalid numeric value \"x\" for --ntasks. (line 2 of the script: #SBATCH -n x)")]
    #[case("#SBATCH --foo", "unrecognized option '--foo' (line 2 of the script: #SBATCH --foo)")]
    #[case(
        "#SBATCH -J a b",
        "Invalid directive found in batch script: b (line 2 of the script: #SBATCH -J a b)"
    )]
    fn an_error_in_the_script_names_its_line(#[case] line: &str, #[case] message: &str) {
        let script = format!("#!/bin/sh\n{line}\n");
        assert_eq!(options("", &[], &script).unwrap_err().to_string(), message);
    }

    #[test]
    fn help_names_every_option() {
        insta::assert_snapshot!(help_text(false));
    }
}
