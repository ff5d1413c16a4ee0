//! The operations on a container that is there: start, state, kill, delete and list.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::container::{Dir, Root, Saved, Status, owner_name};
use super::error::{Doing as _, Error, to};
use super::process_tree::{self, tree};
use super::{hooks, signals};
use crate::sys;

/// How long `delete --force` waits for a killed container: the kernel may have much memory to free.
const KILLED_WITHIN: Duration = Duration::from_secs(10);

/// Lets a created container's program run.
pub(super) fn start(root: &Root, id: &str) -> Result<(), Error> {
    let (dir, saved) = root.find(id)?;
    require(id, dir.status(&saved), &[Status::Created], "only a created one can be started")?;
    let fifo = dir.fifo();
    // Fails where nobody reads: the container has ended in this very moment.
    let opened = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(&fifo);
    let mut file = opened.doing(|| to("start the container by", &fifo))?;
    // Who removes the name starts the container; a second `start` finds none.
    fs::remove_file(&fifo).doing(|| to("start the container by", &fifo))?;
    file.write_all(&[0]).doing(|| to("start the container by", &fifo))?;
    sys::lock(&file).doing(|| to("wait for the program by", &fifo))?;
    hooks::run_all(&saved.poststart, &saved.for_hooks(Status::Running));
    Ok(())
}

/// Prints the state as JSON.
pub(super) fn state(root: &Root, id: &str) -> Result<(), Error> {
    let (dir, saved) = root.find(id)?;
    print(&format!("{:#}\n", saved.for_users(dir.status(&saved))))
}

/// Sends a signal to the first process, or to all.
pub(super) fn kill(root: &Root, id: &str, signal: &str, all: bool) -> Result<(), Error> {
    let number = signals::number(signal)?;
    let (dir, saved) = root.find(id)?;
    let status = dir.status(&saved);
    require(id, status, &[Status::Created, Status::Running], "there is no process to get a signal")?;
    let pids = if all { tree(saved.pid) } else { vec![saved.pid] };
    // Children first, or the end of the first process would take them away.
    for pid in pids.into_iter().rev() {
        match sys::send_signal(pid, number) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            other => other.doing(|| format!("send signal {signal} to process {pid}"))?,
        }
    }
    Ok(())
}

/// Removes a container.
pub(super) fn delete(root: &Root, id: &str, force: bool) -> Result<(), Error> {
    let (dir, saved) = match root.find(id) {
        Err(Error::NoContainer { .. }) if force => return Ok(()),
        other => other?,
    };
    let status = dir.status(&saved);
    if !force {
        let wanted = "kill it first, or use --force";
        require(id, status, &[Status::Created, Status::Stopped], wanted)?;
    }
    if status != Status::Stopped {
        end(&saved)?;
    }
    hooks::run_all(&saved.poststop, &saved.for_hooks(Status::Stopped));
    dir.remove()
}

/// Ends a container with all that belongs to it.
fn end(saved: &Saved) -> Result<(), Error> {
    if saved.pid == 0 {
        return Ok(());
    }
    let what = || format!("kill process {}", saved.pid);
    // Without a pid namespace the others would stay.
    for pid in tree(saved.pid).into_iter().rev() {
        match sys::send_signal(pid, libc::SIGKILL) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            other => other.doing(what)?,
        }
    }
    let Ok(process) = sys::process_fd(saved.pid.unsigned_abs()) else { return Ok(()) };
    let deadline = Instant::now() + KILLED_WITHIN;
    while process_tree::lives(saved.process()) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::from(io::ErrorKind::TimedOut)).doing(what);
        }
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let _ = poll(&mut [PollFd::new(process.as_fd(), PollFlags::POLLIN)], timeout);
    }
    Ok(())
}

/// Prints all containers.
pub(super) fn list(root: &Root, quiet: bool, json: bool) -> Result<(), Error> {
    let all = root.all()?;
    let state = |(dir, saved): &(Dir, Saved)| saved.for_users(dir.status(saved));
    if json {
        let states: Vec<_> = all.iter().map(state).collect();
        return print(&format!("{:#}\n", serde_json::Value::from(states)));
    }
    let mut text = String::new();
    if !quiet {
        text.push_str("ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER\n");
    }
    for (dir, saved) in &all {
        text.push_str(&saved.id);
        if !quiet {
            let (status, bundle) = (dir.status(saved), saved.bundle.display());
            let line = format!(
                "\t{}\t{status}\t{bundle}\t{}\t{}",
                saved.pid,
                saved.created,
                owner_name(saved.owner)
            );
            text.push_str(&line);
        }
        text.push('\n');
    }
    print(&text)
}

/// Standard output may be closed or full, which is an error as any other.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).doing(|| "print the answer".into())
}

fn require(id: &str, status: Status, good: &[Status], wanted: &'static str) -> Result<(), Error> {
    if good.contains(&status) { Ok(()) } else { Err(Error::Status { id: id.to_owned(), status, wanted }) }
}
