//! The verbs and options, as clap reads them (source: the command line's contract).

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use plimsoll_fixtures::Fixture;
use plimsoll_launcher::Release;

pub use super::choices::{DiffFormat, Format, LintFormat, Listed, ReportFormat, RuntimeChoice, WorldName};
pub use super::verb_args::{CertifyArgs, CompareArgs, SelftestArgs, ShellArgs, TierName};

/// Shows, case by case and with evidence, whether this Slurm, this oci.conf and this OCI runtime do together what the
/// Slurm Containers Guide promises.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 110, propagate_version = true)]
pub struct Face {
    /// When to use colours; auto heeds NO_COLOR and CLICOLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    pub color: Color,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run cases
    Run(Box<RunArgs>),
    /// Make a report of a record, the same as the run would have made
    Report {
        /// The record's folder [default: that of the last run here]
        record: Option<PathBuf>,
        /// Which report
        #[arg(long, default_value = "human")]
        format: ReportFormat,
        /// Write it to this file instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Run cases of a record again with the options it was made with; the new record stands beside it
    Rerun {
        /// The record's folder [default: that of the last run here]
        record: Option<PathBuf>,
        /// Only what failed, was flaky, or ended in an error
        #[arg(long)]
        failed: bool,
        /// Run each case so often [default: as often as the record did]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        stress: Option<u16>,
        /// The folder of the new record [default: plimsoll-out/RUN-ID]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// What standard output shows
        #[arg(long, default_value = "human")]
        format: Format,
    },
    /// Show what differs between two records: verdicts, evidence, times and where they were made
    Diff {
        /// The earlier record's folder
        before: PathBuf,
        /// The later record's folder
        after: PathBuf,
        /// How to show it
        #[arg(long, default_value = "human")]
        format: DiffFormat,
        /// Write it to this file instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Certify what a record shows, in one file that others can judge again
    Certify(CertifyArgs),
    /// Judge a certificate again, from the evidence that it holds
    Verify {
        /// The certificate
        bundle: PathBuf,
        /// A public key that it may be signed with, of minisign or OpenSSH; may be given more than once
        #[arg(long, value_name = "FILE")]
        key: Vec<PathBuf>,
        /// Exit with 1 also where a profile does not reach this
        #[arg(long, value_name = "TIER")]
        require: Option<TierName>,
        /// Take a catalogue that is not this program's own at its word
        #[arg(long)]
        any_catalogue: bool,
        /// How to show it
        #[arg(long, default_value = "human")]
        format: Format,
    },
    /// List what there is
    List {
        /// What to list
        what: Listed,
        /// How to show it
        #[arg(long, default_value = "human")]
        format: Format,
    },
    /// Explain a case, a rule, a need, a profile, a known defect or a code of lint
    Explain {
        /// Its id
        id: String,
    },
    /// Show what this machine can do, and try the runtimes outside Slurm
    Doctor {
        /// Instead remove what killed runs left behind: processes, mounts, folders, containers, networks
        #[arg(long, conflicts_with_all = ["user", "format", "node_checks", "prometheus"])]
        clean: bool,
        /// Whom to ask for; as root another user than root
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// Show it on one line of JSON, for tools that look after many nodes
        #[arg(long, conflicts_with = "format")]
        node_checks: bool,
        /// Also write it as metrics, for a node exporter's folder
        #[arg(long, value_name = "FILE")]
        prometheus: Option<PathBuf>,
        /// How to show it
        #[arg(long, default_value = "human")]
        format: Format,
    },
    /// Check an oci.conf, or the config.json of a bundle
    Lint {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Whose rules to check by
        #[arg(long, default_value = "guide", value_name = "RELEASE")]
        release: Release,
        /// Mend what can be mended without its owner, in the file itself
        #[arg(long)]
        fix: bool,
        /// How to show it
        #[arg(long, default_value = "human")]
        format: LintFormat,
    },
    /// Run the suite against every known defect, and show which case catches which
    Selftest(SelftestArgs),
    /// Start a cluster with srun, sbatch, salloc … on PATH and run a command or a shell in it
    Shell(ShellArgs),
    /// Build a fixture bundle
    Bundle {
        /// Which; `plimsoll list fixtures` names them
        fixture: Fixture,
        /// Where; a folder that is new or empty
        dir: PathBuf,
        /// As root: the user who is to run it [default: plimsoll, or the user behind sudo, as for run and shell]
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Run a runtime command and note everything about the call
    Record {
        /// The folder for the note
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// What the command does
        #[arg(long, value_name = "OP")]
        operation: String,
        /// The command
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
    /// Play the same scenarios on a real release and on the mock set to it, and show every difference
    Compare(CompareArgs),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages
    Man {
        /// The folder for them
        dir: PathBuf,
    },
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Which cases: parts of ids, or globs over them; all where none is given
    pub filter: Vec<String>,
    /// Where cases run
    #[arg(long, default_value = "mock", value_name = "WORLD")]
    pub world: WorldName,
    /// Which profile, by name or by the folder it is in; may be given more than once; all where none is
    #[arg(long, value_name = "NAME|DIR", value_delimiter = ',')]
    pub profile: Vec<String>,
    /// What drives a profile: the real program, the built-in double, or the double only where the program is missing
    #[arg(long, default_value = "auto", value_name = "WHICH")]
    pub runtime: RuntimeChoice,
    /// What the mock behaves like [default: guide]; on real daemons the release that is installed
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<Release>,
    /// The three answers of the profile `custom`.
    #[command(flatten)]
    pub custom: CustomArgs,
    /// Test this file instead of a profile
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "runtime"])]
    pub oci_conf: Option<PathBuf>,
    /// Nodes of the cluster, at least
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub nodes: u16,
    /// What may be used of a live cluster.
    #[command(flatten)]
    pub attach: AttachArgs,
    /// Cases at the same time [default: twice the cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// End at the first fail
    #[arg(long)]
    pub fail_fast: bool,
    /// Run each case so often
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub stress: u16,
    /// Shuffle the order; the same number gives the same order
    #[arg(long, default_value_t = 0, value_name = "N", hide_default_value = true)]
    pub seed: u64,
    /// Stretch every deadline by this factor
    #[arg(long, default_value_t = 1.0, value_name = "F", value_parser = factor)]
    pub time_scale: f64,
    /// Exit with 5 when something was unsupported
    #[arg(long)]
    pub pedantic: bool,
    /// Fails that somebody answers for: a TOML file of case, profile, reason, owner, link and last day
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// As root: run the client commands as this user [default: plimsoll, or the user behind sudo]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The folder of the record [default: plimsoll-out/RUN-ID]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Instead go on with the record in this folder, which was cut off: its options, what it has not run yet
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "filter", "world", "profile", "runtime", "release", "oci_conf", "nodes", "stress", "seed", "time_scale", "waivers",
        "user", "out", "jobs", "fail_fast", "AttachArgs",
    ])]
    pub resume: Option<PathBuf>,
    /// Also write the results as JUnit
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Also write the results as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Also write the results as TAP
    #[arg(long, value_name = "FILE")]
    pub tap: Option<PathBuf>,
    /// Also write the results and their evidence as one page for a browser
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Also write the results as metrics, for a node exporter's folder
    #[arg(long, value_name = "FILE")]
    pub prometheus: Option<PathBuf>,
    /// Annotate the failures for GitHub, and add to the job's summary [default: where GITHUB_ACTIONS is true]
    #[arg(long)]
    pub github: bool,
    /// What standard output shows
    #[arg(long, default_value = "human")]
    pub format: Format,
}

/// The three answers of the profile `custom`; those that are missing are asked for on a terminal.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "With --profile custom")]
#[expect(clippy::struct_field_names, reason = "they are the names of the options")]
pub struct CustomArgs {
    /// The runtime's program: a path, or a name on PATH
    #[arg(long, value_name = "PROGRAM")]
    pub custom_program: Option<PathBuf>,
    /// What stands behind the program in every call, such as --root=/run/user/%U/
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    pub custom_options: Option<String>,
    /// How it is driven
    #[arg(long, value_name = "HOW")]
    pub custom_mode: Option<CustomMode>,
}

/// How a runtime of one's own is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CustomMode {
    /// By `run`.
    Run,
    /// By `create` and `start`.
    CreateStart,
    /// Without operations: it takes a root file system and a command.
    Exec,
}

/// Options of the world `attach`.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "With --world attach")]
pub struct AttachArgs {
    /// A folder that every node sees, for bundles and output files
    #[arg(long, value_name = "DIR")]
    pub shared: Option<PathBuf>,
    /// The partition [default: the cluster's]
    #[arg(long, value_name = "NAME")]
    pub partition: Option<String>,
    /// The account [default: the user's]
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// The most minutes that a job may take
    #[arg(long, default_value_t = 2, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..))]
    pub time_limit: u32,
    /// A word that every srun gets; may be given more than once
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    pub srun_arg: Vec<String>,
}

/// Reads a factor: a number above 0.
pub(super) fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor > 0.0 && factor.is_finite() => Ok(factor),
        _ => Err("a number above 0 is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_parser_is_sound() {
        Face::command().debug_assert();
    }

    #[rstest::rstest]
    #[case("0.5", true)]
    #[case("0", false)]
    #[case("-1", false)]
    #[case("inf", false)]
    #[case("x", false)]
    fn factors_are_above_nothing(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(factor(text).is_ok(), fits);
    }
}
