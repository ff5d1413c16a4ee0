//! A command of the cluster before it runs: `cx.srun().container(&bundle).sh("exit 42")`, then [`run`](Invocation::run) it
//! to its end or [`start`](Invocation::start) it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::bundle::{Bundle, ENTER, Proof};
use crate::context::Context;
use crate::defects;
use crate::outcome::Failure;
use crate::run::Run;
use crate::running::Running;

/// How long a command may take when nothing else is said. A step of the mock takes a twentieth of a second, of a real
/// release a few; this leaves room for a busy machine and is still soon enough for a hang to be seen.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The same where every step of a container is known to hang (R-OPEN-7): twenty times what a step takes there, so that a
/// release that is mended passes, and one that is not does not keep a run waiting.
pub const DEADLINE_OF_A_HANG: Duration = Duration::from_secs(4);

/// Where a fixture's programs leave their proof.
const PROOF_INSIDE: &str = "/.plimsoll/proof";

/// What a command reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Nothing.
    Null,
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// Whatever the case writes, until it closes it.
    Open,
    /// A terminal of this many columns and rows, which is its output as well.
    Terminal(u16, u16),
}

/// A command being put together. The options stand before the command that it runs, in the order given.
#[derive(Debug)]
#[must_use = "nothing runs before .run() or .start()"]
pub struct Invocation<'c> {
    pub(crate) cx: &'c Context<'c>,
    pub(crate) program: String,
    options: Vec<OsString>,
    inner: Vec<OsString>,
    /// Whether the command leaves its proof when a container is asked for.
    enters: bool,
    pub(crate) env: Vec<(OsString, Option<OsString>)>,
    pub(crate) cwd: Option<PathBuf>,
    pub(crate) input: Input,
    pub(crate) limit: Duration,
    bundle: Option<Bundle>,
    ranks: usize,
}

impl<'c> Invocation<'c> {
    pub(crate) fn new(cx: &'c Context<'c>, program: &str) -> Self {
        Self {
            cx,
            program: program.to_owned(),
            options: Vec::new(),
            inner: Vec::new(),
            enters: true,
            env: Vec::new(),
            cwd: None,
            input: Input::Null,
            limit: match defects::pervasive(cx.release(), cx.mode(), true) {
                Some(_) => DEADLINE_OF_A_HANG,
                None => DEADLINE,
            },
            bundle: None,
            ranks: 1,
        }
    }

    /// Options, as on the command line.
    pub fn opts<S: AsRef<OsStr>>(mut self, options: impl IntoIterator<Item = S>) -> Self {
        self.options.extend(options.into_iter().map(|option| option.as_ref().to_owned()));
        self
    }

    /// One option.
    pub fn opt(self, option: impl AsRef<OsStr>) -> Self {
        self.opts([option])
    }

    /// `--container`, and every rank of the command has to prove that it ran inside.
    pub fn container(self, bundle: &Bundle) -> Self {
        self.expects(bundle).opt("--container").opt(&bundle.dir)
    }

    /// Says in which container the command is to run without asking for it on the command line: a variable or a script
    /// does.
    pub fn expects(mut self, bundle: &Bundle) -> Self {
        self.bundle = Some(bundle.clone());
        match self.cx.target().proof_env() {
            Some(name) => self.env(name, format!("{}:{PROOF_INSIDE}", bundle.proof_dir.display())),
            None => self,
        }
    }

    /// Asks the target's plugin for a container, and every rank has to prove that it ran inside. Comes behind srun's own
    /// options.
    pub fn plugin(self, bundle: &Bundle) -> Self {
        let request = self.cx.target().plugin_request(&bundle.rootfs, &bundle.proof_dir);
        self.expects(bundle).opts(request)
    }

    /// `-n`: so many tasks.
    pub fn tasks(mut self, tasks: usize) -> Self {
        self.ranks = tasks;
        self.opts(["-n".to_owned(), tasks.to_string()])
    }

    /// `-N`: so many nodes; also so many tasks, unless [`tasks`](Self::tasks) says otherwise.
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.ranks = self.ranks.max(nodes);
        self.opts(["-N".to_owned(), nodes.to_string()])
    }

    /// The command to run, through a shell: of the container's where one is asked for.
    pub fn sh(self, script: &str) -> Self {
        self.cmd(["/bin/sh", "-c", script])
    }

    /// The command to run; in a container it is begun by the program that leaves the proof.
    pub fn cmd<S: AsRef<OsStr>>(mut self, command: impl IntoIterator<Item = S>) -> Self {
        self.inner = command.into_iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    /// The command to run, word for word: for cases about the command line itself. It leaves no proof.
    pub fn bare<S: AsRef<OsStr>>(mut self, command: impl IntoIterator<Item = S>) -> Self {
        self.enters = false;
        self.cmd(command)
    }

    /// `--wrap`: a script for sbatch, which in a container is begun by the program that leaves the proof.
    pub fn wrap(self, script: &str) -> Self {
        let enter = if self.bundle.is_some() { format!("{ENTER} ") } else { String::new() };
        self.opt("--wrap").opt(format!("{enter}/bin/sh -c {}", quoted(script)))
    }

    /// Sets a variable for the command.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Takes a variable away from the command.
    pub fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), None));
        self
    }

    /// The working directory; otherwise it is the cluster's shared folder.
    pub fn cwd(mut self, dir: impl AsRef<Path>) -> Self {
        self.cwd = Some(dir.as_ref().to_owned());
        self
    }

    /// What it reads, to the end; otherwise it is nothing.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// Its standard input stays open until [`Running::close_stdin`].
    pub fn open_stdin(mut self) -> Self {
        self.input = Input::Open;
        self
    }

    /// Gives it a terminal for its three streams; both outputs then arrive as standard output.
    pub fn terminal(mut self, columns: u16, rows: u16) -> Self {
        self.input = Input::Terminal(columns, rows);
        self
    }

    /// How long it may take; then it is ended and the case has failed.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it to its end.
    pub fn run(self) -> Result<Run, Failure> {
        self.start()?.wait()
    }

    /// Runs sbatch and waits for its job (`-W`): standard output is then the job's output file, with both of its streams,
    /// and the exit code is the job's.
    pub fn run_job(self) -> Result<Run, Failure> {
        let (cx, output) = (self.cx, self.cx.path("job"));
        let mut run = self.opt("-W").opt("-o").opt(&output).run()?;
        run.stdout = std::fs::read(&output).unwrap_or_default();
        // The evidence holds what sbatch printed; this is what the case looks at.
        cx.evidence().add("job-output", &run.stdout)?;
        cx.evidence().output(&mut run.claims, &run.stdout)?;
        Ok(run)
    }

    /// Starts it.
    pub fn start(self) -> Result<Running<'c>, Failure> {
        Running::start(self)
    }

    /// The arguments behind the program.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let mut arguments = self.options.clone();
        if self.bundle.is_some() && self.enters && !self.inner.is_empty() {
            arguments.push(ENTER.into());
        }
        arguments.extend(self.inner.iter().cloned());
        arguments
    }

    /// The command as the system runs it; the streams are still to be set.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.cx.cluster().command(&self.program);
        command.args(self.arguments());
        command.current_dir(self.cwd.as_deref().unwrap_or_else(|| self.cx.shared()));
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    pub(crate) fn proof(&self) -> Option<Proof> {
        self.bundle.clone().map(|bundle| Proof { bundle, ranks: self.ranks })
    }
}

/// A word for a shell, in single quotes.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_is_one_word_to_a_shell() {
        for word in ["a b", "it's", "$HOME", "", "'", "\n\\"] {
            let script = format!("printf %s {}", quoted(word));
            let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
            assert_eq!(output.stdout, word.as_bytes());
        }
    }
}
