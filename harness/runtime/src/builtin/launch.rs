//! `create` and `run`, seen from the runtime: the container's first process is started, helped along, and noted.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, getpid, getuid};

use super::args::Launch;
use super::bundle::{Bundle, HookKind};
use super::container::{Dir, Root, Saved, Status};
use super::error::{Doing as _, Error, to};
use super::init::Init;
use super::namespaces::{self, Namespaces};
use super::process_tree;
use super::sync::{Sync, Word};
use super::{hooks, ids, terminal};
use crate::sys;

/// Signals that end this process while the container is not there yet to get them.
const ENDING: [i32; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];

/// A container with its first process ready for the program.
#[derive(Debug)]
pub(super) struct Made {
    /// Its directory.
    pub dir: Dir,
    /// What is noted of it.
    pub saved: Saved,
    /// Its first process.
    pub pid: Pid,
    /// The line to it.
    pub sync: Sync,
    /// The other end of its terminal, when the runtime keeps it.
    pub terminal: Option<OwnedFd>,
    /// This process's signals, blocked from now on; with `run` alone.
    pub signals: Option<SignalFd>,
}

/// Makes a container. With `waits_for_start` it waits for `start` and outlives this process; else it is tied to it,
/// unless it is to be detached.
pub(super) fn make(root: &Root, asked: &Launch, waits_for_start: bool) -> Result<Made, Error> {
    let bundle = Bundle::load(asked.bundle.as_deref(), asked.config.as_deref())?;
    let detached = waits_for_start || asked.detach;
    if bundle.terminal() && detached && asked.console_socket.is_none() {
        return Err(Error::Usage(
            "`process.terminal` is set: a console socket (--console-socket) is needed".into(),
        ));
    }
    let dir = root.reserve(&asked.id)?;
    let mut started = None;
    let made = try_make(&bundle, asked, &dir, waits_for_start, detached, &mut started);
    if made.is_err() {
        if let Some(pid) = started {
            namespaces::end(pid);
        }
        dir.remove()?;
    }
    made
}

fn try_make(
    bundle: &Bundle,
    asked: &Launch,
    dir: &Dir,
    waits_for_start: bool,
    detached: bool,
    started: &mut Option<Pid>,
) -> Result<Made, Error> {
    let mut saved = saved(bundle, &asked.id);
    dir.save(&saved)?;
    let fifo = if waits_for_start {
        dir.make_fifo()?;
        // Open for both, it does not wait for the other side now, and has no end when `start` closes it.
        let fifo = dir.fifo();
        let file = OpenOptions::new().read(true).write(true).open(&fifo).doing(|| to("open", &fifo))?;
        // The first process has the lock until it becomes the program, which is what `start` waits for.
        sys::lock(&file).doing(|| to("lock", &fifo))?;
        Some(file)
    } else {
        None
    };
    let console = asked.console_socket.as_deref().map(terminal::connect).transpose()?;
    let signals = if detached { None } else { Some(block_signals()?) };
    let namespaces = Namespaces::of(bundle, namespaces::privileged());
    let init = Init {
        bundle,
        in_user_namespace: namespaces.in_user(),
        fifo,
        console,
        preserve_fds: asked.preserve_fds,
        tied: !detached,
        state: saved.for_hooks(Status::Creating),
    };
    let (sync, pid) = namespaces.start(|sync| init.run(sync))?;
    *started = Some(pid);
    if namespaces.makes_user() {
        let user = bundle.process.user();
        let wanted = ids::Wanted {
            users: bundle.linux.uid_mappings().as_deref().unwrap_or_default(),
            groups: bundle.linux.gid_mappings().as_deref().unwrap_or_default(),
            uid: user.uid(),
            gid: user.gid(),
        };
        ids::map(pid, &wanted)?;
    }
    let hear = || hear(&sync, signals.as_ref());
    sync.say(&Word::Mapped);
    if !matches!(hear()?, Word::Mounted) {
        return Err(vanished());
    }
    saved.pid = pid.as_raw();
    saved.start_time = process_tree::find(pid.as_raw()).ok_or_else(vanished)?.start_time;
    let state = saved.for_hooks(Status::Creating);
    for kind in [HookKind::Prestart, HookKind::CreateRuntime] {
        hooks::run(bundle.hooks(kind), &state)?;
    }
    sync.say(&Word::Continue);
    let mut terminal = None;
    loop {
        match hear()? {
            Word::Terminal(fd) => terminal = Some(fd),
            Word::Ready => break,
            _ => return Err(vanished()),
        }
    }
    if let Some(path) = &asked.pid_file {
        write_pid(path, pid)?;
    }
    dir.save(&saved)?;
    Ok(Made { dir: dir.clone(), saved, pid, sync, terminal, signals })
}

fn saved(bundle: &Bundle, id: &str) -> Saved {
    let hooks = |kind| bundle.hooks(kind).to_vec();
    Saved {
        oci_version: bundle.spec.version().clone(),
        id: id.to_owned(),
        pid: 0,
        start_time: 0,
        maker: process_tree::find(getpid().as_raw()).unwrap_or_default(),
        bundle: bundle.dir.clone(),
        rootfs: bundle.rootfs.clone(),
        created: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string(),
        owner: getuid().as_raw(),
        annotations: bundle.spec.annotations().clone().unwrap_or_default().into_iter().collect(),
        poststart: hooks(HookKind::Poststart),
        poststop: hooks(HookKind::Poststop),
    }
}

/// The next word of the first process, which must not have failed.
fn hear(sync: &Sync, signals: Option<&SignalFd>) -> Result<Word, Error> {
    match hear_any(sync, signals)? {
        Word::Failed(text) => Err(Error::Inside(text)),
        Word::Closed => Err(vanished()),
        word => Ok(word),
    }
}

/// The next word of the first process, whatever it is; a signal that ends this one may come instead.
pub(super) fn hear_any(sync: &Sync, signals: Option<&SignalFd>) -> Result<Word, Error> {
    while let Some(signals) = signals {
        let mut fds =
            [PollFd::new(sync.as_fd(), PollFlags::POLLIN), PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            other => other.doing(|| "wait for the container".into())?,
        };
        let [heard, signalled] = fds.map(|fd| fd.any().unwrap_or(false));
        // A word comes first: once the container runs, signals are its own.
        if heard {
            break;
        }
        if signalled && let Ok(Some(info)) = signals.read_signal() {
            let signal = i32::try_from(info.ssi_signo).unwrap_or_default();
            if ENDING.contains(&signal) {
                return Err(Error::Interrupted(signal));
            }
        }
    }
    sync.hear()
}

fn vanished() -> Error {
    Error::Inside("the container's first process was killed before its program ran".into())
}

/// From here on signals are read, not suffered.
fn block_signals() -> Result<SignalFd, Error> {
    let what = || "take signals".to_owned();
    let mut set = SigSet::all();
    // Ignored, not blocked: a reader that went away is seen as an error of the write.
    set.remove(nix::sys::signal::SIGPIPE);
    set.thread_block().doing(what)?;
    SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).doing(what)
}

/// Writes a pid file, the whole or nothing: who waits for it reads it as soon as it is there.
fn write_pid(path: &Path, pid: Pid) -> Result<(), Error> {
    let mut temporary = path.to_owned().into_os_string();
    temporary.push(".tmp");
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o644).open(&temporary)?;
        file.write_all(pid.to_string().as_bytes())?;
        fs::rename(&temporary, path)
    };
    write().doing(|| to("write", path))
}
