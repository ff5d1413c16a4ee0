//! From orders to running tasks: the batch script's spooling, the streams, the launcher.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, chown, fchown};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use plimsoll_launcher::driver::{self, LaunchError, Prepared, TaskStdio};
use plimsoll_launcher::step::{BatchFiles, StepSpec, User};

use super::tasks::{self, Ends, Started};
use crate::proto::node::{StepIo, StepLaunch};
use crate::proto::stream::InputFor;

/// What came of a launch; on a failure the tasks that run already are to be ended.
#[derive(Debug, Default)]
pub struct Launch {
    /// The step, for its clean-up; none when set-up failed.
    pub prepared: Option<Prepared>,
    /// The tasks that were started.
    pub started: Vec<Started>,
    /// Our ends of their streams, by rank.
    pub ends: Vec<(u32, Ends)>,
    /// Why it failed.
    pub failure: Option<LaunchError>,
}

fn failed(what: &str, path: &Path, error: &io::Error) -> LaunchError {
    LaunchError {
        errno: error.raw_os_error().unwrap_or(libc::EIO),
        message: format!("{what} {}: {}", path.display(), crate::stepd::launch::words(error)),
    }
}

/// An error without the `(os error 2)` that Rust adds.
pub fn words(error: &io::Error) -> String {
    error
        .raw_os_error()
        .map_or_else(|| error.to_string(), |code| nix::errno::Errno::from_raw(code).desc().to_owned())
}

/// Opens a file with the rights of `user`.
fn as_user<T>(user: &User, what: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    driver::as_user(user, what)?
}

/// Writes the batch script to its spool folder, for its user alone.
fn spool_script(path: &Path, script: &[u8], user: &User) -> io::Result<()> {
    if let Some(folder) = path.parent()
        && !folder.exists()
    {
        std::fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
        if geteuid().is_root() {
            chown(folder, None, Some(user.gid))?;
        }
    }
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o700).open(path)?;
    file.write_all(script)?;
    if geteuid().is_root() {
        fchown(&file, Some(user.uid), None)?;
    }
    Ok(())
}

fn open_files(files: &BatchFiles, append: bool, user: &User) -> Result<TaskStdio, LaunchError> {
    let output = |path: &Path, append: bool| -> Result<File, LaunchError> {
        let mut options = OpenOptions::new();
        options.create(true).mode(0o666);
        // Two descriptors of one file must not write over one another, so both append, the first from the start.
        options.append(true);
        let open = || {
            let file = options.open(path)?;
            if !append && file.metadata()?.is_file() {
                file.set_len(0)?;
            }
            Ok(file)
        };
        as_user(user, open).map_err(|error| failed("Could not open output file", path, &error))
    };
    let stdin = as_user(user, || File::open(&files.stdin))
        .map_err(|error| failed("Could not open stdin file", &files.stdin, &error))?;
    let stdout = output(&files.stdout, append)?;
    let stderr = if files.stderr == files.stdout {
        output(&files.stderr, true)?
    } else {
        output(&files.stderr, append)?
    };
    Ok(TaskStdio {
        stdin: stdin.into(),
        stdout: stdout.into(),
        stderr: stderr.into(),
        controlling_terminal: false,
    })
}

/// Where a batch step's complaints go.
pub fn error_file(spec: &StepSpec, launched: bool) -> Option<File> {
    // A release whose launch failed says nothing, and makes no file to say it in.
    if !launched && spec.release.has_open_defects() {
        return None;
    }
    let path: PathBuf = spec.batch.as_ref()?.stderr.clone();
    as_user(&spec.user, || OpenOptions::new().append(true).create(true).open(path)).ok()
}

/// Launches the step.
pub fn launch(what: &StepLaunch, log: &mut dyn FnMut(String)) -> Launch {
    let mut launch = Launch::default();
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(what.umask));
    if let Err(error) = try_launch(what, log, &mut launch) {
        launch.failure = Some(error);
    }
    launch
}

fn try_launch(
    what: &StepLaunch,
    log: &mut dyn FnMut(String),
    launch: &mut Launch,
) -> Result<(), LaunchError> {
    let spec = &what.spec;
    if let (StepIo::Files { script, .. }, Some(files)) = (&what.io, &spec.batch) {
        spool_script(&files.script, script, &spec.user)
            .map_err(|error| failed("Could not write the batch script", &files.script, &error))?;
    }
    let prepared = launch.prepared.insert(driver::set_up(spec.clone(), log)?);
    for task in &spec.tasks {
        let gets_input = match what.input {
            InputFor::All => true,
            InputFor::None => false,
            InputFor::Task(rank) => rank == task.global_id,
        };
        let own =
            |error: io::Error| failed("Could not make the streams of a task of", &spec.spool_dir, &error);
        let (stdio, ends) = match (&what.io, &spec.batch) {
            (StepIo::Files { append, .. }, Some(files)) => {
                (open_files(files, *append, &spec.user)?, Ends::default())
            }
            _ if spec.pty && task.global_id == 0 => {
                let size = what.window.unwrap_or((80, 24));
                tasks::terminal(size, (spec.user.uid, spec.user.gid)).map_err(own)?
            }
            _ => tasks::pipes(gets_input && !spec.pty).map_err(own)?,
        };
        let started = prepared.spawn_task(task.local_id, stdio)?;
        launch.started.push(Started { rank: task.global_id, task: started, exit: None });
        launch.ends.push((task.global_id, ends));
    }
    Ok(())
}

/// Removes the spooled batch script and its folder.
pub fn remove_script(spec: &StepSpec) {
    if let Some(files) = &spec.batch {
        let _ = std::fs::remove_file(&files.script);
        if let Some(folder) = files.script.parent() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}
