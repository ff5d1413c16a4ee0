//! The options that srun, sbatch and salloc share: one table of them, and what they ask of a job.

use std::ffi::OsString;
use std::path::PathBuf;

use super::options::{Given, Row, Takes};
use super::place::Place;
use super::say::Voice;
use super::signals::{self, Warn};
use super::values::{self, OptionError};
use crate::proto::control::JobRequest;
use crate::slurm_env::Env;
use crate::view::UnixTime;

/// The commands that ask for jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// srun
    Srun,
    /// sbatch
    Sbatch,
    /// salloc
    Salloc,
}

/// Input variables of one option for one command; none where the command lacks the option.
type Vars = Option<&'static [&'static str]>;

/// One option of several commands: the row without variables, and those of srun, sbatch and salloc.
struct Shared(Row, Vars, Vars, Vars);

const fn row(short: Option<char>, long: &'static str, takes: Takes, help: &'static str) -> Row {
    Row { short, long, takes, env: &[], help }
}

const NUMBER: Takes = Takes::Value("N");

/// Names of variables are those of the manual pages' INPUT ENVIRONMENT VARIABLES, the weakest first.
static SHARED: [Shared; 33] = [
    Shared(
        row(Some('A'), "account", Takes::Value("NAME"), "charge this account"),
        Some(&["SLURM_ACCOUNT"]),
        Some(&["SBATCH_ACCOUNT"]),
        Some(&["SALLOC_ACCOUNT"]),
    ),
    Shared(
        row(None, "begin", Takes::Value("TIME"), "start no earlier than this"),
        Some(&[]),
        Some(&[]),
        Some(&[]),
    ),
    Shared(
        row(Some('c'), "cpus-per-task", NUMBER, "CPUs of each task"),
        Some(&["SRUN_CPUS_PER_TASK"]),
        Some(&[]),
        Some(&[]),
    ),
    Shared(
        row(Some('D'), "chdir", Takes::Value("DIR"), "work in this directory"),
        Some(&["SLURM_REMOTE_CWD"]),
        Some(&[]),
        Some(&[]),
    ),
    Shared(
        row(None, "comment", Takes::Value("TEXT"), "a comment on the job"),
        Some(&[]),
        Some(&[]),
        Some(&[]),
    ),
    Shared(
        row(Some('C'), "constraint", Takes::Value("LIST"), "features that the nodes have"),
        Some(&["SLURM_CONSTRAINT"]),
        Some(&["SBATCH_CONSTRAINT"]),
        Some(&["SALLOC_CONSTRAINT"]),
    ),
    Shared(
        row(None, "container", Takes::Value("BUNDLE"), "run in this OCI bundle"),
        Some(&["SRUN_CONTAINER"]),
        Some(&["SBATCH_CONTAINER"]),
        Some(&["SALLOC_CONTAINER"]),
    ),
    Shared(
        row(None, "container-id", Takes::Value("ID"), "the container's id"),
        Some(&["SRUN_CONTAINER_ID"]),
        Some(&["SBATCH_CONTAINER_ID"]),
        Some(&["SALLOC_CONTAINER_ID"]),
    ),
    Shared(
        row(Some('d'), "dependency", Takes::Value("LIST"), "wait for other jobs"),
        Some(&["SLURM_DEPENDENCY"]),
        Some(&[]),
        Some(&[]),
    ),
    Shared(
        row(Some('m'), "distribution", Takes::Value("HOW"), "block or cyclic"),
        Some(&["SLURM_DISTRIBUTION"]),
        Some(&["SBATCH_DISTRIBUTION"]),
        Some(&[]),
    ),
    Shared(
        row(Some('e'), "error", Takes::Value("FILE"), "where standard error goes"),
        Some(&["SLURM_STDERRMODE"]),
        Some(&["SBATCH_ERROR"]),
        None,
    ),
    Shared(
        row(Some('x'), "exclude", Takes::Value("HOSTS"), "keep off these nodes"),
        Some(&[]),
        Some(&[]),
        Some(&[]),
    ),
    Shared(
        row(None, "exclusive", Takes::Maybe("user"), "share nothing with others"),
        Some(&["SLURM_EXCLUSIVE"]),
        Some(&["SBATCH_EXCLUSIVE"]),
        Some(&["SALLOC_EXCLUSIVE"]),
    ),
    Shared(
        row(None, "export", Takes::Value("LIST"), "variables that go along: ALL, NONE, NIL, names"),
        Some(&["SLURM_EXPORT_ENV", "SRUN_EXPORT_ENV"]),
        Some(&["SBATCH_EXPORT"]),
        None,
    ),
    Shared(row(None, "help", Takes::Nothing, "show this"), Some(&[]), Some(&[]), Some(&[])),
    Shared(row(Some('H'), "hold", Takes::Nothing, "wait to be released"), Some(&[]), Some(&[]), Some(&[])),
    Shared(
        row(Some('I'), "immediate", Takes::Maybe("SECONDS"), "fail rather than wait"),
        Some(&["SLURM_IMMEDIATE"]),
        None,
        Some(&["SALLOC_IMMEDIATE"]),
    ),
    Shared(
        row(Some('i'), "input", Takes::Value("FILE"), "where standard input comes from"),
        Some(&["SLURM_STDINMODE"]),
        Some(&["SBATCH_INPUT"]),
        None,
    ),
    Shared(
        row(Some('J'), "job-name", Takes::Value("NAME"), "the job's name"),
        Some(&["SLURM_JOB_NAME"]),
        Some(&["SBATCH_JOB_NAME"]),
        Some(&["SALLOC_JOB_NAME"]),
    ),
    Shared(
        row(None, "mem", Takes::Value("SIZE"), "memory of a node, in MiB or with K, M, G, T"),
        Some(&["SLURM_MEM_PER_NODE"]),
        Some(&["SBATCH_MEM_PER_NODE"]),
        Some(&["SALLOC_MEM_PER_NODE"]),
    ),
    Shared(row(Some('w'), "nodelist", Takes::Value("HOSTS"), "these nodes"), Some(&[]), Some(&[]), Some(&[])),
    Shared(
        row(Some('N'), "nodes", Takes::Value("MIN[-MAX]"), "how many nodes"),
        Some(&["SLURM_JOB_NUM_NODES", "SLURM_NNODES"]),
        Some(&[]),
        Some(&[]),
    ),
    Shared(
        row(Some('n'), "ntasks", NUMBER, "how many tasks"),
        Some(&["SLURM_NPROCS", "SLURM_NTASKS"]),
        Some(&[]),
        Some(&[]),
    ),
    Shared(
        row(None, "ntasks-per-node", NUMBER, "tasks on each node"),
        Some(&["SLURM_NTASKS_PER_NODE"]),
        Some(&[]),
        Some(&[]),
    ),
    Shared(
        row(None, "open-mode", Takes::Value("append|truncate"), "how output files are opened"),
        Some(&["SLURM_OPEN_MODE"]),
        Some(&["SBATCH_OPEN_MODE"]),
        None,
    ),
    Shared(
        row(Some('o'), "output", Takes::Value("FILE"), "where standard output goes"),
        Some(&["SLURM_STDOUTMODE"]),
        Some(&["SBATCH_OUTPUT"]),
        None,
    ),
    Shared(
        row(Some('p'), "partition", Takes::Value("NAME"), "this partition"),
        Some(&["SLURM_PARTITION"]),
        Some(&["SBATCH_PARTITION"]),
        Some(&["SALLOC_PARTITION"]),
    ),
    Shared(
        row(Some('q'), "qos", Takes::Value("NAME"), "quality of service"),
        Some(&["SLURM_QOS"]),
        Some(&["SBATCH_QOS"]),
        Some(&["SALLOC_QOS"]),
    ),
    Shared(row(Some('Q'), "quiet", Takes::Nothing, "errors only"), Some(&[]), Some(&[]), Some(&[])),
    Shared(
        row(None, "signal", Takes::Value("[B:]SIG[@SECONDS]"), "a signal ahead of the time limit"),
        Some(&["SLURM_SIGNAL"]),
        Some(&["SBATCH_SIGNAL"]),
        Some(&["SALLOC_SIGNAL"]),
    ),
    Shared(
        row(Some('t'), "time", Takes::Value("TIME"), "time limit"),
        Some(&["SLURM_TIMELIMIT"]),
        Some(&["SBATCH_TIMELIMIT"]),
        Some(&["SALLOC_TIMELIMIT"]),
    ),
    Shared(row(None, "usage", Takes::Nothing, "show a short form of this"), Some(&[]), Some(&[]), Some(&[])),
    Shared(row(Some('v'), "verbose", Takes::Nothing, "say more"), Some(&[]), Some(&[]), Some(&[])),
];

/// The option that every command has beside those of [`table`].
const VERSION: Row = row(Some('V'), "version", Takes::Nothing, "show the release");

/// The options of a command: the shared ones and its `own`.
pub fn table(tool: Tool, own: &[Row]) -> Vec<Row> {
    let shared = SHARED.iter().filter_map(|Shared(row, srun, sbatch, salloc)| {
        let env = match tool {
            Tool::Srun => *srun,
            Tool::Sbatch => *sbatch,
            Tool::Salloc => *salloc,
        };
        env.map(|env| Row { env, ..*row })
    });
    shared.chain([VERSION]).chain(own.iter().copied()).collect()
}

/// What the shared options ask for. `None` is "nothing was said".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobOptions {
    /// What is asked of the job, where that needs nothing but the option.
    pub job: JobRequest,
    /// `--job-name`, and whether it comes from the command line.
    pub name: Option<(String, bool)>,
    /// Whether `-N` comes from a variable.
    pub nodes_from_env: bool,
    /// `--chdir` as written.
    pub chdir: Option<PathBuf>,
    /// `--export` as written.
    pub export: Option<OsString>,
    /// `--input`, `--output` and `--error` as written.
    pub streams: [Option<OsString>; 3],
    /// `--open-mode=append`
    pub append: bool,
    /// `--signal`
    pub warn: Option<Warn>,
    /// `--quiet`
    pub quiet: bool,
    /// `--verbose`, how often.
    pub verbose: u32,
    /// `--help`, `--usage` or `--version`.
    pub show: Option<&'static str>,
}

impl JobOptions {
    /// Takes one option in; false when it is none of the shared ones. `now` is for `--begin`.
    pub fn take(&mut self, given: &Given, now: UnixTime) -> Result<bool, OptionError> {
        let text = || values::text(given);
        let job = &mut self.job;
        match given.name {
            "account" => job.account = Some(text()?),
            "begin" => job.begin = Some(values::date(given, now)?),
            "chdir" => self.chdir = given.value.clone().map(PathBuf::from),
            "comment" => job.comment = Some(text()?),
            "constraint" => job.features = Some(text()?),
            "container" => job.container.clone_from(&given.value),
            "container-id" => job.container_id = Some(text()?),
            "cpus-per-task" => job.cpus_per_task = Some(values::positive(given)?),
            "dependency" => job.dependency = Some(text()?),
            "distribution" => job.distribution = Some(values::distribution(given)?),
            "error" => self.streams[2].clone_from(&given.value),
            "exclude" => job.exclude = values::hosts(given)?,
            "exclusive" => job.exclusive = true,
            "export" => self.export.clone_from(&given.value),
            "help" | "usage" | "version" => self.show = Some(given.name),
            "hold" => job.hold = true,
            "immediate" => job.immediate = values::immediate(given)?,
            "input" => self.streams[0].clone_from(&given.value),
            "job-name" => self.name = Some((text()?, given.from.is_none())),
            "mem" => job.mem_per_node = Some(values::memory(given)?),
            "nodelist" => job.nodelist = values::hosts(given)?,
            "nodes" => {
                job.nodes = Some(values::node_count(given)?);
                self.nodes_from_env = given.from.is_some();
            }
            "ntasks" => job.ntasks = Some(values::positive(given)?),
            "ntasks-per-node" => job.ntasks_per_node = Some(values::positive(given)?),
            "open-mode" => self.append = values::open_mode(given)?,
            "output" => self.streams[1].clone_from(&given.value),
            "partition" => job.partition = Some(text()?),
            "qos" => job.qos = Some(text()?),
            "quiet" => self.quiet = true,
            "signal" => {
                let warn = signals::parse_warn(&text()?);
                self.warn = Some(warn.ok_or(OptionError::Specification(given.name))?);
            }
            "time" => job.time_limit = Some(values::time_limit(given)?),
            "verbose" => self.verbose += 1,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The voice that was asked for.
    pub const fn voice(&self, tool: &'static str) -> Voice {
        Voice { tool, quiet: self.quiet, verbose: self.verbose }
    }

    /// The job that is asked for, from where the command runs and with `env`.
    pub fn into_request(self, name: String, command: Option<String>, env: Env, place: &Place) -> JobRequest {
        JobRequest {
            name,
            work_dir: place.work_dir(self.chdir.as_deref()),
            submit_dir: place.dir.clone(),
            submit_host: place.host.clone(),
            client_pid: place.pid,
            submit_line: place.line.clone(),
            env,
            command,
            ..self.job
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::parse;
    use super::*;

    fn options(tool: Tool, words: &str) -> Result<JobOptions, OptionError> {
        let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
        let parsed = parse(&table(tool, &[]), &words, false, &|_| None)?;
        let mut options = JobOptions::default();
        for given in &parsed.given {
            assert!(options.take(given, 100)?, "{} is taken", given.name);
        }
        Ok(options)
    }

    #[test]
    fn every_row_is_taken() {
        for tool in [Tool::Srun, Tool::Sbatch, Tool::Salloc] {
            for row in table(tool, &[]) {
                let value = match row.takes {
                    Takes::Nothing | Takes::Maybe(_) => None,
                    Takes::Value(_) => Some("x".into()),
                };
                let given = Given { name: row.long, value, from: None };
                assert!(!matches!(JobOptions::default().take(&given, 0), Ok(false)), "{}", row.long);
            }
        }
    }

    #[test]
    fn no_two_rows_share_a_name() {
        for tool in [Tool::Srun, Tool::Sbatch, Tool::Salloc] {
            let rows = table(tool, &[]);
            let longs: std::collections::BTreeSet<_> = rows.iter().map(|row| row.long).collect();
            let shorts: std::collections::BTreeSet<_> = rows.iter().filter_map(|row| row.short).collect();
            assert_eq!(longs.len(), rows.len());
            assert_eq!(shorts.len(), rows.iter().filter(|row| row.short.is_some()).count());
        }
    }

    #[test]
    fn a_job_is_asked_for() {
        let options =
            options(Tool::Sbatch, "-N2-4 -n 8 -c2 --mem=2G -w n[1-2] -t 1:00:00 --container ../b -J x")
                .unwrap();
        let place = Place { dir: "/here".into(), host: "login".into(), pid: 7, line: "sbatch -N2-4".into() };
        let job = options.into_request("x".into(), None, Env::new(), &place);
        assert_eq!((job.nodes, job.ntasks, job.cpus_per_task), (Some((2, 4)), Some(8), Some(2)));
        assert_eq!((job.mem_per_node, job.time_limit), (Some(2048), Some(Some(60))));
        assert_eq!(job.nodelist, ["n1", "n2"]);
        // Rule L-REQ-1: the bundle is passed as it was given.
        assert_eq!(job.container, Some("../b".into()));
        assert_eq!(job.work_dir, PathBuf::from("/here"));
    }
}
