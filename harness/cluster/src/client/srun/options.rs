//! srun's command line and input variables.

use std::ffi::OsString;

use super::plugin;
use crate::client::options::{Row, Takes, help, parse};
use crate::client::request::{JobOptions, Tool, table};
use crate::client::values::{self, OptionError};
use crate::time;

const USAGE: &str = "srun [OPTIONS...] COMMAND [ARGUMENTS...]";

const fn row(
    short: Option<char>,
    long: &'static str,
    takes: Takes,
    env: &'static [&'static str],
    help: &'static str,
) -> Row {
    Row { short, long, takes, env, help }
}

/// The options that srun has beside the shared ones.
static OWN: [Row; 10] = [
    row(None, "cpu-bind", Takes::Value("HOW"), &["SLURM_CPU_BIND"], "bind tasks to CPUs"),
    row(None, "external-launcher", Takes::Nothing, &[], "start the daemons of another launcher"),
    row(None, "jobid", Takes::Value("ID"), &["SLURM_JOBID", "SLURM_JOB_ID"], "run inside this job"),
    row(
        Some('K'),
        "kill-on-bad-exit",
        Takes::Maybe("0|1"),
        &["SLURM_KILL_BAD_EXIT"],
        "end the step when a task fails",
    ),
    row(Some('l'), "label", Takes::Nothing, &["SLURM_LABELIO"], "put the rank in front of each line"),
    row(None, "mpi", Takes::Value("TYPE"), &["SLURM_MPI_TYPE"], "how MPI starts; list names what there is"),
    row(None, "overlap", Takes::Nothing, &["SLURM_OVERLAP"], "share CPUs with other steps of the job"),
    row(None, "pty", Takes::Nothing, &[], "give rank 0 a terminal"),
    row(
        Some('u'),
        "unbuffered",
        Takes::Nothing,
        &["SLURM_UNBUFFEREDIO"],
        "hand output on at once (always done)",
    ),
    row(
        Some('W'),
        "wait",
        Takes::Value("SECONDS"),
        &["SLURM_WAIT"],
        "end the step so long after its first task; 0 waits for all",
    ),
];

/// What srun was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SrunOptions {
    /// What it shares with the other commands.
    pub shared: JobOptions,
    /// `--cpu-bind`
    pub cpu_bind: Option<String>,
    /// `--external-launcher`
    pub external_launcher: bool,
    /// The job to run in: `--jobid`, or the one that srun is called in.
    pub job_id: Option<u32>,
    /// `--kill-on-bad-exit`
    pub kill_on_bad_exit: Option<bool>,
    /// `--label`
    pub label: bool,
    /// `--mpi`
    pub mpi: Option<String>,
    /// `--overlap`
    pub overlap: bool,
    /// `--pty`
    pub pty: bool,
    /// `--wait`
    pub wait: Option<u32>,
    /// The command and its arguments.
    pub command: Vec<OsString>,
}

/// Reads a command line; variables are looked up with `env`.
pub fn read(args: &[OsString], env: &dyn Fn(&str) -> Option<OsString>) -> Result<SrunOptions, OptionError> {
    let mut rows = table(Tool::Srun, &OWN);
    if plugin::loaded(env) {
        rows.extend(plugin::OPTIONS);
    }
    let parsed = parse(&rows, args, false, env)?;
    let now = time::now();
    let command = plugin::wrapped(&parsed.given, parsed.words);
    let mut options = SrunOptions { command, ..SrunOptions::default() };
    for given in &parsed.given {
        if options.shared.take(given, now)? {
            continue;
        }
        match given.name {
            "cpu-bind" => options.cpu_bind = Some(plain_binding(&values::text(given)?)),
            "external-launcher" => options.external_launcher = true,
            "jobid" => options.job_id = Some(values::positive(given)?),
            "kill-on-bad-exit" => options.kill_on_bad_exit = Some(values::switch(given)?),
            "label" => options.label = true,
            "mpi" => options.mpi = Some(values::text(given)?),
            "overlap" => options.overlap = true,
            "pty" => options.pty = true,
            "wait" => options.wait = Some(values::number(given)?),
            _ => {}
        }
    }
    Ok(options)
}

/// A binding without the words on how much is said about it, which tasks find in front of it in SLURM_CPU_BIND.
fn plain_binding(text: &str) -> String {
    let text = text.strip_prefix("quiet,").or_else(|| text.strip_prefix("verbose,")).unwrap_or(text);
    text.to_owned()
}

/// The text of `--help` or `--usage`.
pub fn help_text(usage_only: bool) -> String {
    if usage_only { format!("Usage: {USAGE}\n") } else { help(&table(Tool::Srun, &OWN), USAGE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_call_of_an_mpi_launcher_is_understood() {
        let text = "--external-launcher --ntasks-per-node=1 --kill-on-bad-exit --mpi=none --cpu-bind=none \
                    --ntasks=2 prted -x";
        let options = read(&words(text), &|_| None).unwrap();
        assert!(options.external_launcher);
        assert_eq!(options.kill_on_bad_exit, Some(true));
        assert_eq!((options.mpi.as_deref(), options.cpu_bind.as_deref()), (Some("none"), Some("none")));
        assert_eq!((options.shared.job.ntasks, options.shared.job.ntasks_per_node), (Some(2), Some(1)));
        assert_eq!(options.command, words("prted -x"));
    }

    #[test]
    fn an_allocation_is_known_by_its_variables() {
        let env = |name: &str| match name {
            "SLURM_JOB_ID" => Some("7".into()),
            "SLURM_NTASKS" => Some("4".into()),
            "SLURM_NNODES" => Some("2".into()),
            "SRUN_CONTAINER" => Some("/b".into()),
            "SLURM_CPU_BIND" => Some("quiet,none".into()),
            _ => None,
        };
        let options = read(&words("-n 3 x"), &env).unwrap();
        assert_eq!(options.job_id, Some(7));
        assert_eq!(options.shared.job.ntasks, Some(3));
        assert_eq!((options.shared.job.nodes, options.shared.nodes_from_env), (Some((2, 2)), true));
        assert_eq!(options.shared.job.container, Some("/b".into()));
        assert_eq!(options.cpu_bind.as_deref(), Some("none"));
    }

    #[test]
    fn help_names_every_option() {
        insta::assert_snapshot!(help_text(false));
    }
}
