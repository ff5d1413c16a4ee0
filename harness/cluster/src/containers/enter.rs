//! The local end of a command inside a node: `plimsoll enter SOCKET UID:GID PROGRAM ARGS…`. It hands its own streams,
//! environment and working directory to the node's agent, passes every signal on, and ends as the command does. When it is
//! killed its connection ends, and the agent kills the command.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::process::ExitStatus;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::order::{As, Order};
use super::remote::Remote;

/// What a shell says of a command that cannot be run.
const CANNOT_RUN: i32 = 126;

/// Signals that are passed on; SIGKILL and SIGSTOP cannot be, and the others mean faults of this program itself.
const PASSED: [Signal; 12] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGTERM,
    Signal::SIGCONT,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGWINCH,
];

/// Runs a command inside a node; gives its exit code.
pub fn run(args: &[OsString]) -> i32 {
    let Some((socket, order)) = order(args) else {
        eprintln!("plimsoll enter: usage: plimsoll enter SOCKET UID:GID PROGRAM ARGS…");
        return 2;
    };
    match through(&socket, order) {
        Ok(status) => end_as(status),
        Err(error) => {
            let program = args.get(2).map(|word| word.to_string_lossy()).unwrap_or_default();
            eprintln!(
                "plimsoll enter: cannot run {program} through {}: {error}",
                Path::new(&socket).display()
            );
            CANNOT_RUN
        }
    }
}

fn order(args: &[OsString]) -> Option<(OsString, Order)> {
    let [socket, ids, command @ ..] = args else { return None };
    let (uid, gid) = ids.to_str()?.split_once(':')?;
    let who = As::Ids { uid: uid.parse().ok()?, gid: gid.parse().ok()? };
    let cwd = env::current_dir().unwrap_or_else(|_| "/".into());
    let order = Order {
        argv: command.iter().map(|word| word.as_bytes().to_vec()).collect(),
        env: env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect(),
        cwd: cwd.into_os_string().into_vec(),
        who,
    };
    (!command.is_empty()).then(|| (socket.clone(), order))
}

fn through(socket: &OsString, order: Order) -> io::Result<ExitStatus> {
    // Blocked before the command starts, so that none is lost and none ends this program before it.
    let passed: SigSet = PASSED.into_iter().collect();
    passed.thread_block()?;
    let signals = SignalFd::with_flags(&passed, SfdFlags::SFD_CLOEXEC)?;
    let (input, output, error) = (io::stdin(), io::stdout(), io::stderr());
    let remote = Remote::start(Path::new(socket), order, [input.as_fd(), output.as_fd(), error.as_fd()])?;
    loop {
        let mut ready = [
            PollFd::new(remote.connection().as_fd(), PollFlags::POLLIN),
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut ready, PollTimeout::NONE)?;
        let said = |at: usize| ready[at].any().unwrap_or(true);
        if said(0) {
            return remote.wait();
        }
        if said(1)
            && let Some(signal) = signals.read_signal()?
        {
            // One that ended meanwhile needs it no more.
            let _ = remote.signal(i32::try_from(signal.ssi_signo).unwrap_or_default());
        }
    }
}

/// Ends as the command did, by its signal where one ended it.
fn end_as(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    let Some(signal) = status.signal().and_then(|number| Signal::try_from(number).ok()) else {
        return status.code().unwrap_or(CANNOT_RUN);
    };
    // Its core, if any, is inside; this program's own would say nothing.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let plain = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler is installed, the system's own way of ending is put back.
    #[expect(unsafe_code, reason = "putting back a signal's own action has no safe form")]
    let _ = unsafe { sigaction(signal, &plain) };
    let _ = SigSet::all().thread_unblock();
    let _ = raise(signal);
    128 + signal as i32
}
