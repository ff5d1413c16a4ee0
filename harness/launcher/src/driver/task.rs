//! Section 3: a task's process before its command, and what it becomes.

use std::ffi::{CString, OsStr, OsString};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access, execve};

use super::prepare::DIRECTORY_MODE;
use super::types::{Container, LaunchError, Prepared, Task, TaskStdio};
use super::{fork, identity, lifecycle};
use crate::conf::{Mode, Operation};
use crate::env::{self, Env};
use crate::pattern::{self, Values};
use crate::step::{StepSpec, TaskSpec};
use crate::{Release, config_json, deviation};

/// Mode of generated files (rules L-TASK-4 and L-TASK-6).
pub(super) const FILE_MODE: u32 = 0o750;

/// What C prints for no text.
const NULL: &str = "(null)";
/// No words.
const NOTHING: &[OsString] = &[];

/// Where a program is looked for when the environment has no PATH.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The task's way to say what went wrong.
pub(super) struct Report {
    to: std::fs::File,
    says: bool,
}

impl Report {
    /// Says one line about what went wrong.
    pub fn say(&mut self, line: &str) {
        self.line("error", line);
    }

    /// Says why nothing goes on.
    pub fn fatal(&mut self, line: &str) {
        self.line("fatal", line);
    }

    fn line(&mut self, level: &str, line: &str) {
        // Nobody is left to hear that nobody hears.
        let _ = if self.says { writeln!(self.to, "{level}: {line}") } else { Ok(()) };
    }
}

impl Prepared {
    /// Starts a task; returns at once. Its end is seen by waiting for its pid, and its wait status is the task's.
    #[expect(clippy::needless_pass_by_value, reason = "a task's ends of its streams go with this call")]
    pub fn spawn_task(&self, local_id: u32, stdio: TaskStdio) -> Result<Task, LaunchError> {
        let position = self.spec.tasks.iter().position(|task| task.local_id == local_id);
        let position = position.ok_or_else(|| LaunchError {
            errno: libc::EINVAL,
            message: format!("task {local_id} is not on node {}", self.spec.node_name),
        })?;
        if let Some(container) = &self.container
            && !self.spec.release.at_least(Release::V23_02)
        {
            self.write_config(container, position)?;
        }
        let started = fork::task(&stdio, |report| self.become_task(position, report)).map_err(|error| {
            LaunchError::at("cannot start a task of the step in", &self.spec.spool_dir, &error)
        })?;
        self.started.borrow_mut().push((local_id, started.pid));
        Ok(started)
    }

    /// The task's process from here on.
    fn become_task(&self, position: usize, report: OwnedFd) -> i32 {
        let mut report = Report { to: report.into(), says: deviation::may_say(self.spec.deviation) };
        self.try_become(position, &mut report).unwrap_or_else(|line| {
            report.say(&line);
            1
        })
    }

    fn try_become(&self, position: usize, report: &mut Report) -> Result<i32, String> {
        let (spec, task) = (&self.spec, &self.spec.tasks[position]);
        identity::become_user(&spec.user)
            .map_err(|error| format!("cannot become user {}: {}", spec.user.name, error.desc()))?;
        let mut env = self.env.clone();
        // 22.05 made the container's environment before its tasks existed.
        if self.container.is_none() || spec.release.at_least(Release::V23_02) {
            env::lay_over(&mut env, task.env.iter().cloned());
        }
        match &self.container {
            None => {
                if spec.release.has_open_defects() {
                    let pid = std::process::id().to_string();
                    env::lay_over(&mut env, vec![("SLURM_TASK_PID".into(), pid.into())]);
                }
                Ok(on_host(spec, task, &env, report))
            }
            Some(container) => {
                let dir = &container.layout.tasks[position];
                let bundle = container.config.as_ref().and_then(|config| config.pointer("/process/env"));
                env = deviation::environment(spec, task, bundle, env);
                if spec.release.is_later() {
                    let pid = std::process::id().to_string();
                    env::lay_over(&mut env, vec![("SLURM_TASK_PID".into(), pid.into())]);
                }
                // Before the exclusions: a PATH that is kept from the container finds its command all the same. 22.05 has
                // written its configuration already.
                let old = !spec.release.at_least(Release::V23_02);
                let found = if old { task.argv.clone() } else { resolve(&task.argv, &env) };
                let argv = deviation::command(spec, &task.argv, found);
                env::exclude(&mut env, container.conf.env_exclude.as_deref());
                write_files(spec, container, dir, &argv, &env)?;
                // Without a configuration nobody else can bring the step's environment into the container.
                let through = container.config.is_none() && spec.release.passes_environment();
                let mut runtime_env = if through { env } else { spec.daemon_env.clone() };
                env::exclude(&mut runtime_env, container.conf.runtime_env_exclude.as_deref());
                // The step's own directory on releases behind the first one.
                let cwd = if spec.release.is_later() { &spec.work_dir } else { dir };
                match std::env::set_current_dir(cwd) {
                    Err(_) if spec.release.is_later() => drop(std::env::set_current_dir("/tmp")),
                    entered => {
                        entered.map_err(|error| LaunchError::at("cannot enter", cwd, &error).message)?;
                    }
                }
                let expanded = match Expanded::of_task(spec, container, position, &argv) {
                    Err(why) if spec.release.is_later() => {
                        report.fatal(&why);
                        return Ok(1);
                    }
                    other => other?,
                };
                run(spec, container, &expanded, &runtime_env, report)
            }
        }
    }
}

/// Looks a command up on the host with the step's PATH (rule L-TASK-2); one that is not there stays as it is.
fn resolve(argv: &[OsString], env: &Env) -> Vec<OsString> {
    let mut argv = argv.to_vec();
    if let Some(first) = argv.first_mut()
        && let Some(found) = find(first, env)
    {
        *first = found.into();
    }
    argv
}

fn find(command: &OsStr, env: &Env) -> Option<PathBuf> {
    if command.is_empty() || command.as_bytes().contains(&b'/') {
        return None;
    }
    let path = env::get(env, "PATH").unwrap_or(OsStr::new(DEFAULT_PATH));
    std::env::split_paths(path)
        .map(|dir| dir.join(command))
        .find(|file| file.is_file() && access(file, AccessFlags::X_OK).is_ok())
}

/// The files of rules L-TASK-1, L-TASK-4 and L-TASK-6.
fn write_files(
    spec: &StepSpec,
    container: &Container,
    dir: &Path,
    argv: &[OsString],
    env: &Env,
) -> Result<(), String> {
    let user = &spec.user;
    let old = !spec.release.at_least(Release::V23_02);
    if !old {
        identity::make_dirs(dir, deviation::directory_mode(spec.deviation, DIRECTORY_MODE), user)
            .map_err(|error| LaunchError::at("cannot make the task's directory", dir, &error).message)?;
    }
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.join(name);
        let mode = deviation::file_mode(spec.deviation, name, FILE_MODE);
        identity::write_exclusively(&path, bytes, mode, user)
            .map_err(|error| LaunchError::at("cannot write", &path, &error).message)
    };
    if let Some(config) = container.config.as_ref().filter(|_| !old) {
        let release = spec.release;
        let spool = if release.at_least(Release::V25_05) { &container.layout.shown } else { dir };
        let task = config_json::Task {
            // Create refuses a terminal without a console socket, which no pattern names. On the guide's terms the
            // container has the task's pty all the same, by the streams that create hands down.
            pty: spec.pty && (release.has_open_defects() || container.conf.mode() == Mode::Run),
            rootfs: &container.rootfs,
            spool: release.at_least(Release::V23_02).then(|| (container.mount_spool_dir.clone(), spool)),
            batch: spec.batch.as_ref(),
            disable_hooks: &container.conf.disable_hooks,
            env,
            argv,
        };
        let written = config_json::rewrite(config.clone(), &task, release);
        let bytes = config_json::bytes(&deviation::config(spec, config, written), release);
        if deviation::overwrites_bundle(spec.deviation) {
            // Where it cannot, it shows in no case.
            let _ = std::fs::write(container.bundle.join("config.json"), &bytes);
        }
        write("config.json", &bytes)?;
    }
    match env::file(env, container.conf.create_env_file) {
        Some(bytes) => write("environment", &bytes),
        None => Ok(()),
    }
}

/// The six operations with their patterns expanded.
#[derive(Debug)]
pub(super) struct Expanded([(Operation, OsString); 6]);

impl Expanded {
    /// For a task, in its own process.
    fn of_task(
        spec: &StepSpec,
        container: &Container,
        position: usize,
        argv: &[OsString],
    ) -> Result<Self, String> {
        let pid = std::process::id();
        Self::with(spec, container, Some((position, pid, argv)))
    }

    /// For a task that has been, or for none (rule L-CLEAN-1).
    pub fn with(
        spec: &StepSpec,
        container: &Container,
        task: Option<(usize, u32, &[OsString])>,
    ) -> Result<Self, String> {
        // With no task meant the directory is the pattern's with -1 in the task's place.
        let none = &container.layout.no_task;
        let dir = task.map_or(none, |(position, ..)| &container.layout.tasks[position]);
        let old = !spec.release.at_least(Release::V23_02);
        let later = spec.release.is_later();
        let as_written = old || spec.release.joins_as_written();
        // From 25.05 on what only a task has is no path where none is meant.
        let none = later && !as_written && task.is_none();
        let env_file = match () {
            () if none => PathBuf::from(NULL),
            () if as_written => with_slash(dir).into(),
            () => dir.join("environment"),
        };
        // Releases behind the first one know the command of a container without a configuration alone.
        let known = |argv| if later && container.config.is_some() { NOTHING } else { argv };
        let values = Values {
            argv: task.map(|(.., argv)| known(argv)),
            bundle: match &container.config {
                // With no task meant they name the bundle that was asked for.
                Some(_) if task.is_some() || !later => dir,
                _ => &container.bundle,
            },
            env_file: &env_file,
            job_id: spec.job_id,
            step: spec.step,
            // 22.05 expands once, for the one task that it allows.
            task: match task {
                Some((position, ..)) => Some(spec.tasks[position].local_id),
                None => spec.tasks.first().map(|task| task.local_id).filter(|_| old),
            },
            node_name: &spec.node_name,
            user_name: &spec.user.name,
            uid: spec.user.uid,
            rootfs: &container.rootfs,
            spool_dir: if spec.release.joins_as_written() { dir } else { &container.layout.shown },
            // Patterns are expanded before there is a process.
            pid: task.map(|(_, pid, _)| pid).filter(|_| !later),
            work_dir: if none { Path::new(NULL) } else { &spec.work_dir },
        };
        let mut expanded = Operation::ALL.map(|operation| (operation, not_configured(operation)));
        // A clean-up of releases behind the first one looks at its own operations alone.
        let ends = |operation| matches!(operation, Operation::Query | Operation::Kill | Operation::Delete);
        let wanted = |operation| task.is_some() || !later || ends(operation);
        for (operation, command) in expanded.iter_mut().filter(|(operation, _)| wanted(*operation)) {
            let Some(pattern) = container.conf.operation(*operation) else { continue };
            match () {
                () if pattern.is_empty() && old => {
                    *command = format!("echo {} disabled; exit 1", operation.name()).into();
                }
                () if pattern.is_empty() && later => {}
                () => *command = expand(pattern, &values, spec.release)?,
            }
        }
        Ok(Self(expanded))
    }

    /// The command of an operation.
    pub fn command(&self, operation: Operation) -> &OsString {
        let found = self.0.iter().find(|(known, _)| *known == operation);
        &found.unwrap_or(&self.0[0]).1
    }
}

/// A pattern expanded, or why not in the release's own words.
fn expand(pattern: &str, values: &Values<'_>, release: Release) -> Result<OsString, String> {
    pattern::expand(pattern, values, release).map_err(|error| {
        let letter = error.letter.trim_start_matches('%');
        if release.is_later() {
            format!("_generate_pattern: unexpected replacement character: {letter}")
        } else {
            error.to_string()
        }
    })
}

/// The environment file's path as 22.05 and 24.11 put it together.
fn with_slash(dir: &Path) -> OsString {
    let mut path = dir.as_os_str().to_owned();
    path.push("/environment");
    path
}

/// What an operation does that is not configured (rule L-TASK-9).
fn not_configured(operation: Operation) -> OsString {
    format!("echo '{} never configured in oci.conf'; exit 1", operation.key()).into()
}

/// The container's command, in either mode.
fn run(
    spec: &StepSpec,
    container: &Container,
    expanded: &Expanded,
    runtime_env: &Env,
    report: &mut Report,
) -> Result<i32, String> {
    match container.conf.mode() {
        // Rule C-SET-5.
        Mode::CreateStart if container.config.is_none() && spec.release.is_later() => {
            report.fatal("IgnoreFileConfigJson=true and RunTimeStart are mutually exclusive");
            Ok(1)
        }
        Mode::CreateStart if container.config.is_none() => {
            Err("IgnoreFileConfigJson=true needs RunTimeRun: create/start has no bundle to create from"
                .to_owned())
        }
        Mode::CreateStart => {
            Ok(deviation::code(spec.deviation, lifecycle::run(spec, expanded, runtime_env, report)))
        }
        Mode::Run => {
            let command = expanded.command(Operation::Run).clone();
            let argv = ["sh".into(), "-c".into(), command];
            let (_, why) = exec(Path::new("/bin/sh"), &argv, runtime_env);
            Err(format!("cannot execute /bin/sh: {why}"))
        }
    }
}

/// A step without a container: its command itself. One that cannot be executed ends with the error's own number: 2 where
/// there is none, 13 where it is forbidden.
fn on_host(spec: &StepSpec, task: &TaskSpec, env: &Env, report: &mut Report) -> i32 {
    if let Err(error) = std::env::set_current_dir(&spec.work_dir) {
        let words = LaunchError::at("couldn't chdir to", &spec.work_dir, &error).message;
        report.say(&format!("{words}: going to /tmp instead"));
        let _ = std::env::set_current_dir("/tmp");
    }
    let argv = resolve(&task.argv, env);
    let program = argv.first().map(PathBuf::from).unwrap_or_default();
    let (errno, why) = exec(&program, &argv, env);
    report.say(&format!("execve(): {}: {why}", program.display()));
    errno
}

/// Becomes a program; comes back with the reason why not, as an errno and in words.
fn exec(program: &Path, argv: &[OsString], env: &Env) -> (i32, &'static str) {
    let c = |text: OsString| CString::new(text.into_vec());
    let program = c(program.as_os_str().to_owned());
    let argv: Result<Vec<CString>, _> = argv.iter().cloned().map(c).collect();
    let env: Result<Vec<CString>, _> = env::strings(env).map(c).collect();
    let (Ok(program), Ok(argv), Ok(env)) = (program, argv, env) else {
        return (libc::EINVAL, "an argument holds a NUL byte");
    };
    match execve(&program, &argv, &env) {
        Ok(never) => match never {},
        Err(error) => (error as i32, error.desc()),
    }
}
